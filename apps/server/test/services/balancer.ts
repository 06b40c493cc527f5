import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Balancer {
  readonly url: string;
  /** Addresses of the servers behind, e.g. http://127.0.0.1:4711 */
  setBackends(urls: readonly string[]): void;
  close(): Promise<void>;
}

/** Name the client goes by; what a proxy would take from the connection. */
export const CLIENT_HEADER = 'x-test-client';

/**
 * One port in front of several servers: each request goes to the next one. A server that refuses the connection is
 * skipped, as it was sent nothing; a request that breaks off is not repeated.
 */
export async function startBalancer(): Promise<Balancer> {
  // No kept connections: a request on one that died would break though it never arrived.
  const agent = new Agent({ keepAlive: false });
  let backends: readonly string[] = [];
  let turn = 0;
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const client = String(incoming.headers[CLIENT_HEADER] ?? incoming.socket.remoteAddress);
    turn += 1;
    const first = turn;
    const pass = (tries: number): void => {
      const backend = new URL(backends[(first + tries) % backends.length]);
      const forwarded = request(
        {
          agent,
          host: backend.hostname,
          port: backend.port,
          method: incoming.method,
          path: incoming.url,
          headers: { ...incoming.headers, 'x-forwarded-for': client },
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
          answer.on('error', () => outgoing.destroy());
        },
      );
      forwarded.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' && tries > 1) pass(tries - 1);
        else outgoing.destroy();
      });
      outgoing.on('close', () => forwarded.destroy());
      forwarded.end(body);
    };
    pass(backends.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    setBackends: (urls) => {
      backends = urls;
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
