import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { checkStorageQuota } from '../../jobs/quotas.js';
import { createUploadId, uploadKey } from '../../uploads.js';
import { byteLimit, limitBody } from '../byte-limit.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { HttpError, invalidField } from '../errors.js';
import { Sha256, UploadLinkSchema, UploadSchema } from '../schemas/uploads.js';
import { createUploadLink } from '../upload-link.js';

/** The last part of the name in characters every object store takes. */
function safeFileName(name: string, field: string): string {
  const safe = basename(name.replaceAll('\\', '/'))
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.]+/, '')
    .replace(/[.]+$/, '')
    .slice(-150);
  if (safe === '') throw invalidField(field, 'is no file name');
  return safe;
}

/** The parser of forms throws bare errors; those of a broken connection come out of the stream. */
function brokenBody(error: unknown): unknown {
  const { message, code, statusCode } = error as Error & { code?: string; statusCode?: number };
  if (statusCode !== undefined) return error;
  if (/^(Multipart: |Unexpected end of|Unsupported Content-Type|The needle|Part terminated)/.test(message)) {
    return new HttpError(400, 'The form cannot be read: it is cut off or has no valid boundary');
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new HttpError(400, 'The connection broke before the file was complete');
  }
  return error;
}

/** The one file of a multipart form, or the body itself with its name in the query. */
async function incomingFile(
  request: FastifyRequest,
  queryName: string | undefined,
): Promise<{ readonly name: string; readonly data: Readable; truncated(): boolean }> {
  if (request.isMultipart()) {
    const part = await request.file().catch((error: Error) => {
      throw brokenBody(error);
    });
    if (part === undefined) throw invalidField('file', 'the form has no file');
    return { name: queryName ?? part.filename, data: part.file, truncated: () => part.file.truncated };
  }
  if (queryName === undefined) throw invalidField('name', 'is required: the file name, as a query parameter');
  const body = request.body as Readable | undefined;
  if (body === undefined) throw new HttpError(400, 'The body is empty; a file is expected');
  return { name: queryName, data: body, truncated: () => false };
}

/** Uploads go as a stream to the temp bucket; nothing of the size of a file is held in memory. */
export async function uploadRoutes(api: Api, context: AppContext): Promise<void> {
  const { config, objects } = context;
  await api.register(multipart, {
    throwFileSizeLimit: false,
    limits: { files: 1, fields: 10, parts: 11, fileSize: config.uploadLimitBytes, headerPairs: 50 },
  });
  api.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  api.removeContentTypeParser('application/json');
  api.post(
    '/ops/uploads',
    {
      config: { longBody: true },
      bodyLimit: config.uploadLimitBytes,
      schema: {
        operationId: 'createUpload',
        tags: ['operations'],
        summary: 'Upload a file, or ask for a link to send it by',
        description:
          'As multipart/form-data with one file, or as the bare body with `?name=`. Give data_source of the answer to POST /ops/ingest. `?sha256=` is checked when given. ' +
          'With `application/json` {file_name, bytes, sha256?} and no `?name=` the answer is a signed link: send the bytes with the `method` and `headers` given to `url` before `expires_at`.',
        consumes: ['application/octet-stream', 'multipart/form-data', 'application/json'],
        querystring: Type.Object(
          {
            name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
            sha256: Type.Optional(Sha256),
          },
          { additionalProperties: false },
        ),
        response: { 201: Type.Union([UploadSchema, UploadLinkSchema]) },
      },
    },
    async (request, reply) => {
      const userId = principalOf(request).id;
      await checkStorageQuota(context.db.kysely, config.quotas, userId);
      const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
      if (isJson && request.query.name === undefined) {
        const link = await createUploadLink(request, userId, context, safeFileName);
        return reply.code(201).header('cache-control', 'no-store').send(link);
      }
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > config.uploadLimitBytes + 65_536) {
        throw new HttpError(413, `The file is larger than allowed (${config.uploadLimitBytes} bytes)`);
      }
      const file = await incomingFile(request, request.query.name);
      const fileName = safeFileName(file.name, 'name');
      const uploadId = createUploadId(userId);
      const key = uploadKey(uploadId, fileName);
      const limited = limitBody(file.data, byteLimit(config.uploadLimitBytes));
      const { sha256: expectedSha256 } = request.query;
      const stored = await objects
        .put('temp', key, limited, expectedSha256 === undefined ? {} : { expectedSha256 })
        .catch((error: unknown) => {
          throw brokenBody(error);
        });
      if (file.truncated()) {
        await objects.delete('temp', key);
        throw new HttpError(413, `The file is larger than allowed (${config.uploadLimitBytes} bytes)`);
      }
      if (stored.bytes === 0) {
        await objects.delete('temp', key);
        throw invalidField('file', 'is empty');
      }
      return reply.code(201).send({
        upload_id: uploadId,
        data_source: `upload:${uploadId}`,
        file_name: fileName,
        bytes: stored.bytes,
        sha256: stored.sha256,
      });
    },
  );
}
