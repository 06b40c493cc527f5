import type { FastifyInstance } from 'fastify';
import { etagOfText, matchesEtag } from './conditional.js';

/**
 * Every JSON answer to GET has an ETag, and 304 is sent to whoever holds it, unless the route says otherwise. Weak: the
 * same answer may leave compressed or not.
 */
export function installEtags(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (!isReading || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    if (reply.hasHeader('etag') || String(reply.getHeader('cache-control')).includes('no-store'))
      return payload;
    if (!String(reply.getHeader('content-type')).includes('json')) return payload;
    const etag = `W/${etagOfText(payload)}`;
    reply.header('etag', etag);
    // What a caller may see depends on who it is.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache');
    if (!reply.hasHeader('vary')) reply.header('vary', 'authorization, x-api-key');
    if (!matchesEtag(request.headers['if-none-match'], etag.slice(2))) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
}
