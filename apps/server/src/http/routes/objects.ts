import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Bucket } from '../../storage/object-store.js';
import { isEmbeddedStore } from '../../storage/open-object-store.js';
import type { SignedQuery } from '../../storage/presign.js';
import { byteLimit, exactBytes, limitBody } from '../byte-limit.js';
import type { Api, AppContext } from '../context.js';
import { HttpError, notFound } from '../errors.js';
import { Timestamp } from '../schemas/common.js';
import { sendObject } from '../send-object.js';

const Query = Type.Object({
  expires: Type.Optional(Type.String({ maxLength: 20 })),
  method: Type.Optional(Type.String({ maxLength: 10 })),
  signature: Type.Optional(Type.String({ maxLength: 200 })),
  bytes: Type.Optional(Type.String({ maxLength: 20, description: 'Size the link was made for.' })),
  sha256: Type.Optional(Type.String({ maxLength: 64, description: 'SHA-256 the link was made for.' })),
});
const Params = Type.Object({ bucket: Type.String({ maxLength: 64 }), '*': Type.String({ maxLength: 1024 }) });

const StoredSchema = Type.Object(
  {
    bucket: Type.String(),
    key: Type.String(),
    bytes: Type.Number(),
    sha256: Type.String(),
    last_modified: Timestamp,
  },
  { title: 'StoredObject' },
);

const refusals = {
  missing: 'This address needs a signature',
  expired: 'This link has expired',
  method: 'This link is for another method',
  signature: 'The signature of this link is not valid',
} as const;

/** Links signed by the embedded store. With S3 they point to the store itself and never come here. */
export async function objectRoutes(api: Api, { config, objects }: AppContext): Promise<void> {
  if (!isEmbeddedStore(objects)) return;
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const verified = (request: {
    readonly method: string;
    readonly params: { readonly bucket: string; readonly '*': string };
    readonly query: SignedQuery;
  }): { readonly bucket: Bucket; readonly key: string } => {
    const { bucket, '*': key } = request.params;
    const verdict = objects.verifyPresigned({ method: request.method, bucket, key, query: request.query });
    if (!verdict.ok) throw new HttpError(403, refusals[verdict.reason]);
    // Only names that were signed come this far, and only names of this type are signed.
    return { bucket: bucket as Bucket, key };
  };
  const tags = ['objects'];

  api.get(
    '/objects/:bucket/*',
    {
      compress: false,
      config: { streams: true },
      schema: {
        operationId: 'getObject',
        tags,
        summary: 'Download by a signed link',
        params: Params,
        querystring: Query,
        produces: ['application/octet-stream'],
      },
    },
    async (request, reply) => {
      const { bucket, key } = verified(request);
      const object = await objects.head(bucket, key);
      if (object === undefined) throw notFound('Object');
      return sendObject(request, reply, objects, { ...object, fileName: basename(key) });
    },
  );

  api.put(
    '/objects/:bucket/*',
    {
      config: { longBody: true },
      bodyLimit: config.uploadLimitBytes,
      schema: {
        operationId: 'putObject',
        tags,
        summary: 'Upload by a signed link',
        consumes: ['application/octet-stream'],
        params: Params,
        querystring: Query,
        response: { 200: StoredSchema },
      },
    },
    async (request) => {
      const { bucket, key } = verified(request);
      const body = request.body as Readable | undefined;
      if (body === undefined) throw new HttpError(400, 'The body is empty; a file is expected');
      const { bytes, sha256: expectedSha256 } = request.query;
      const limited = bytes === undefined ? byteLimit(config.uploadLimitBytes) : exactBytes(Number(bytes));
      const stored = await objects.put(
        bucket,
        key,
        limitBody(body, limited),
        expectedSha256 === undefined ? {} : { expectedSha256 },
      );
      return {
        bucket: stored.bucket,
        key: stored.key,
        bytes: stored.bytes,
        sha256: stored.sha256,
        last_modified: stored.lastModified.toISOString(),
      };
    },
  );
}
