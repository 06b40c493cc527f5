import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver of webhooks on this machine, and what it got. */
export interface Receiver {
  readonly url: string;
  readonly got: { readonly path: string; readonly headers: Record<string, string>; readonly body: string }[];
  /** Statuses of the next answers; then 204. */
  answers: number[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const receiver = { got: [] as Receiver['got'], answers: [] as number[] };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      receiver.got.push({
        path: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
      });
      response.writeHead(receiver.answers.shift() ?? 204, { location: 'http://169.254.169.254/' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
