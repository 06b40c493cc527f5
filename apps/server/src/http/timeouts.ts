import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.js';

/** A handler that has not answered by then gives 503; files and streams are let run. */
const HANDLER_MILLISECONDS = 60_000;

/** Bounds the time a body may take to arrive and a handler to answer, on every route added after this. */
export function installTimeouts(app: FastifyInstance, bodySeconds: number): void {
  app.addHook('onRoute', (route) => {
    const { streams, longBody } = route.config ?? {};
    if (streams === true || longBody === true || route.compress === false) return;
    route.handlerTimeout ??= HANDLER_MILLISECONDS;
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.routeOptions.config.longBody === true) return;
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && (length === undefined || length === '0')) return;
    const timer = setTimeout(() => {
      const error = new HttpError(408, `The body did not arrive within ${bodySeconds} s`);
      // The rest of the body must not be taken for the next request.
      reply.header('connection', 'close');
      // Destroying the body would take the connection with it, and the answer.
      if (payload.listenerCount('error') > 0) payload.emit('error', error);
      else request.raw.destroy();
    }, bodySeconds * 1000);
    const done = () => clearTimeout(timer);
    payload.once('end', done);
    payload.once('close', done);
  });
}
