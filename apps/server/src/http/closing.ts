import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const lookMilliseconds = 50;
const graceMilliseconds = 10_000;

/**
 * A signal for long answers that the server closes. Requests under way may end within the grace time. Connections
 * without one are cut at once: Node itself waits for those that were opened in advance and never used, as browsers do.
 */
export function installClosing(app: FastifyInstance): AbortSignal {
  const closing = new AbortController();
  const requestsOf = new Map<Socket, number>();
  const { server } = app;
  server.on('connection', (socket) => {
    requestsOf.set(socket, 0);
    socket.once('close', () => requestsOf.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    requestsOf.set(socket, (requestsOf.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const count = requestsOf.get(socket);
      if (count !== undefined) requestsOf.set(socket, count - 1);
    });
  });
  app.addHook('preClose', async () => {
    closing.abort();
    if (!server.listening) return;
    const end = performance.now() + graceMilliseconds;
    const timer = setInterval(() => {
      for (const [socket, requests] of requestsOf)
        if (requests === 0 || performance.now() > end) socket.destroy();
    }, lookMilliseconds);
    server.once('close', () => clearInterval(timer));
  });
  return closing.signal;
}
