import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bucket, ObjectStore } from '../storage/object-store.js';
import { attachment, matchesEtag, parseRange } from './conditional.js';

export interface ServedObject {
  readonly bucket: Bucket;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly fileName: string;
}

/** Streams an object, whole or one range of it, with its checksum (RFC 9530) and name. */
export async function sendObject(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: ObjectStore,
  object: ServedObject,
): Promise<unknown> {
  const etag = `"${object.sha256}"`;
  reply
    .header('etag', etag)
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache')
    .header('x-checksum-sha256', object.sha256);
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const ifRange = request.headers['if-range'];
  const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
  const range = parseRange(wanted, object.bytes);
  const length = range === undefined ? object.bytes : range.end - range.start + 1;
  reply
    .type(object.contentType)
    .header('content-disposition', attachment(object.fileName))
    .header('content-length', length);
  if (range === undefined) {
    const digest = Buffer.from(object.sha256, 'hex').toString('base64');
    reply.header('repr-digest', `sha-256=:${digest}:`);
  } else {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${object.bytes}`);
  }
  // An empty stream leaves the content length alone; no payload at all would set it to 0.
  const head = request.method === 'HEAD';
  return reply.send(head ? Readable.from([]) : await objects.get(object.bucket, object.key, range));
}
