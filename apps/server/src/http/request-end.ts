import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What nginx writes for a client that went away before the answer was complete. */
export const clientClosedRequest = 499;

type EndListener = (
  request: FastifyRequest,
  status: number,
  elapsedMilliseconds: number,
  reply: FastifyReply,
) => void;

/** Calls listeners once per request when its answer is out or its client gone. */
export interface RequestEnd {
  listen(listener: EndListener): void;
}

/** Fastify's onResponse does not see answers cut off by the client, so the connection is watched too. */
export function installRequestEnd(app: FastifyInstance): RequestEnd {
  const listeners: EndListener[] = [];
  const ended = new WeakSet<FastifyRequest>();
  const end = (request: FastifyRequest, reply: FastifyReply, status: number) => {
    if (ended.has(request)) return;
    ended.add(request);
    for (const listener of listeners) listener(request, status, reply.elapsedTime, reply);
  };
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      end(request, reply, reply.raw.writableFinished ? reply.statusCode : clientClosedRequest);
    });
  });
  app.addHook('onResponse', async (request, reply) => end(request, reply, reply.statusCode));
  return { listen: (listener) => listeners.push(listener) };
}
