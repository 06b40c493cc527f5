import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { createUploadId, uploadKey } from '../uploads.js';
import type { AppContext } from './context.js';
import { HttpError, invalidField, invalidFields } from './errors.js';
import { UploadLinkRequestSchema, type UploadLinkSchema } from './schemas/uploads.js';
import { fieldErrors } from './validation.js';

const MAX_REQUEST_BYTES = 16_384;
const EXPIRES_SECONDS = 3600;
/** What S3 takes in one PUT. */
const MAX_LINK_BYTES = 5 * 1024 ** 3;

async function readJson(body: Readable | undefined): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_REQUEST_BYTES) {
      throw new HttpError(413, 'The description of a file is expected; send a JSON file itself with ?name=');
    }
    chunks.push(chunk as Buffer);
  }
  if (bytes === 0) throw new HttpError(400, 'The body is empty; JSON is expected');
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new HttpError(400, `The body is not valid JSON: ${(error as Error).message}`);
  }
}

/** A signed link by which the user sends one file of exactly the size announced past this server, or to it. */
export async function createUploadLink(
  request: FastifyRequest,
  userId: string,
  { objects, config }: Pick<AppContext, 'objects' | 'config'>,
  safeFileName: (name: string, field: string) => string,
): Promise<Static<typeof UploadLinkSchema>> {
  const wish = (await readJson(request.body as Readable | undefined)) as Static<
    typeof UploadLinkRequestSchema
  >;
  const validate = request.compileValidationSchema(UploadLinkRequestSchema, 'body');
  if (!validate(wish)) throw invalidFields(fieldErrors(validate.errors as never));
  const { bytes, sha256 } = wish;
  if (bytes > config.uploadLimitBytes) {
    throw new HttpError(413, `The file is larger than allowed (${config.uploadLimitBytes} bytes)`);
  }
  if (bytes > MAX_LINK_BYTES) {
    throw invalidField(
      'bytes',
      `a link takes at most ${MAX_LINK_BYTES} bytes; send the file to this address`,
    );
  }
  const fileName = safeFileName(wish.file_name, 'file_name');
  const uploadId = createUploadId(userId);
  const key = uploadKey(uploadId, fileName, sha256);
  const expiresAt = new Date(Date.now() + EXPIRES_SECONDS * 1000);
  const { url, headers } = await objects.presignUpload('temp', key, EXPIRES_SECONDS, { bytes, sha256 });
  return {
    upload_id: uploadId,
    data_source: `upload:${uploadId}`,
    file_name: fileName,
    method: 'PUT',
    url,
    headers: { ...headers },
    expires_at: expiresAt.toISOString(),
  };
}
