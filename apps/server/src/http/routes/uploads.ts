import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { createUploadId, uploadPrefix } from '../../uploads.js';
import { byteLimit } from '../byte-limit.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { HttpError, invalidField } from '../errors.js';

const UploadSchema = Type.Object(
  {
    upload_id: Type.String(),
    data_source: Type.String({ description: 'For POST /ops/ingest.' }),
    file_name: Type.String(),
    bytes: Type.Number(),
    sha256: Type.String(),
  },
  { title: 'Upload' },
);

/** The last part of the name in characters every object store takes. */
function safeFileName(name: string): string {
  const safe = basename(name.replaceAll('\\', '/'))
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.]+/, '')
    .replace(/[.]+$/, '')
    .slice(-150);
  if (safe === '') throw invalidField('name', 'is no file name');
  return safe;
}

/** The one file of a multipart form, or the body itself with its name in the query. */
async function incomingFile(
  request: FastifyRequest,
  queryName: string | undefined,
): Promise<{ readonly name: string; readonly data: Readable; truncated(): boolean }> {
  if (request.isMultipart()) {
    const part = await request.file();
    if (part === undefined) throw invalidField('file', 'the form has no file');
    return { name: queryName ?? part.filename, data: part.file, truncated: () => part.file.truncated };
  }
  if (queryName === undefined) throw invalidField('name', 'is required: the file name, as a query parameter');
  const body = request.body as Readable | undefined;
  if (body === undefined) throw new HttpError(400, 'The body is empty; a file is expected');
  return { name: queryName, data: body, truncated: () => false };
}

/** Uploads go as a stream to the temp bucket; nothing of the size of a file is held in memory. */
export async function uploadRoutes(api: Api, { config, objects }: AppContext): Promise<void> {
  await api.register(multipart, {
    throwFileSizeLimit: false,
    limits: { files: 1, fields: 10, parts: 11, fileSize: config.uploadLimitBytes, headerPairs: 50 },
  });
  api.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  api.removeContentTypeParser('application/json');
  api.post(
    '/ops/uploads',
    {
      config: { access: 'operator' },
      bodyLimit: config.uploadLimitBytes,
      schema: {
        operationId: 'createUpload',
        tags: ['operations'],
        summary: 'Upload a file',
        description:
          'As multipart/form-data with one file, or as the bare body with `?name=`. Give data_source of the answer to POST /ops/ingest. `?sha256=` is checked when given.',
        consumes: ['application/octet-stream', 'multipart/form-data'],
        querystring: Type.Object(
          {
            name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
            sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 hex digits' })),
          },
          { additionalProperties: false },
        ),
        response: { 201: UploadSchema },
      },
    },
    async (request, reply) => {
      const userId = principalOf(request).id;
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > config.uploadLimitBytes + 65_536) {
        throw new HttpError(413, `The file is larger than allowed (${config.uploadLimitBytes} bytes)`);
      }
      const file = await incomingFile(request, request.query.name);
      const fileName = safeFileName(file.name);
      const uploadId = createUploadId(userId);
      const key = uploadPrefix(uploadId) + fileName;
      const limited = byteLimit(config.uploadLimitBytes);
      // An error of either side reaches `put` through the destroyed stream.
      pipeline(file.data, limited, () => undefined);
      const { sha256: expectedSha256 } = request.query;
      const stored = await objects.put(
        'temp',
        key,
        limited,
        expectedSha256 === undefined ? {} : { expectedSha256 },
      );
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
