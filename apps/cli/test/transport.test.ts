import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ApiError,
  ConnectionError,
  createGravityClient,
  createTransport,
  retryAfterSeconds,
} from '@gravity/cli';
import { afterEach, describe, expect, test } from 'vitest';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;
let server: Server | undefined;
let seen: { method?: string; url?: string; key?: string }[] = [];

async function serve(handler: Handler): Promise<string> {
  seen = [];
  server = createServer((request, response) => {
    seen.push({
      method: request.method,
      url: request.url,
      key: request.headers['idempotency-key'] as string,
    });
    handler(request, response, seen.length);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const quick = { backoffSeconds: 0.01 };

describe('transport', () => {
  test('repeats a GET after 503 and gives the later answer', async () => {
    const baseUrl = await serve((_q, r, n) => (n < 3 ? json(r, 503, {}) : json(r, 200, { n })));
    expect(await createTransport({ baseUrl, ...quick }).json('/x')).toEqual({ n: 3 });
  });

  test('gives up after the stated number of attempts', async () => {
    const baseUrl = await serve((_q, r) => json(r, 503, { detail: 'busy' }));
    await expect(createTransport({ baseUrl, ...quick, attempts: 3 }).send('/x')).rejects.toThrow(
      'GET /x: 503 busy',
    );
    expect(seen).toHaveLength(3);
  });

  test('does not repeat a POST, nor a client error', async () => {
    const baseUrl = await serve((q, r) => json(r, q.method === 'POST' ? 503 : 404, {}));
    const transport = createTransport({ baseUrl, ...quick });
    await expect(transport.send('/x', { method: 'POST', json: {} })).rejects.toBeInstanceOf(ApiError);
    await expect(transport.send('/x')).rejects.toBeInstanceOf(ApiError);
    expect(seen).toHaveLength(2);
  });

  test('repeats the start of a job with the same idempotency key', async () => {
    const baseUrl = await serve((q, r, n) => (n < 2 ? q.socket.destroy() : json(r, 201, { id: 'j', n })));
    const client = createGravityClient({ baseUrl, ...quick });
    expect(
      await client.catalog({ product_ids: [], metadata: {}, publish: false, archive: false }),
    ).toMatchObject({
      id: 'j',
    });
    expect(seen).toHaveLength(2);
    expect(seen[0].key).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[1].key).toBe(seen[0].key);
  });

  test('waits as long as Retry-After asks', async () => {
    const baseUrl = await serve((_q, r, n) =>
      n === 1 ? json(r, 429, {}, { 'retry-after': '1' }) : json(r, 200, {}),
    );
    const start = performance.now();
    await createTransport({ baseUrl, ...quick }).send('/x');
    // the timer may fire a few milliseconds early
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  test('shows the fields of a problem', async () => {
    const problem = {
      detail: 'Validation failed',
      errors: [{ field: 'satellites', message: 'At least one satellite required' }],
    };
    const baseUrl = await serve((_q, r) =>
      json(r, 422, problem, { 'content-type': 'application/problem+json' }),
    );
    const error: ApiError = await createTransport({ baseUrl })
      .send('/ops/plan', { method: 'POST', json: {} })
      .then(
        () => expect.unreachable(),
        (e: ApiError) => e,
      );
    expect(error.message).toBe(
      'POST /ops/plan: 422 Validation failed\n  satellites: At least one satellite required',
    );
    expect(error.problem).toEqual(problem);
  });

  test('says that nobody answers', async () => {
    const baseUrl = await serve(() => {});
    server!.close();
    const transport = createTransport({ baseUrl, attempts: 1 });
    await expect(transport.send('/x')).rejects.toThrow(/connection refused.*is the server running/);
  });

  test('ends a request that takes too long, but not one without limit', async () => {
    const baseUrl = await serve((_q, r) => setTimeout(() => json(r, 200, {}), 300));
    const transport = createTransport({ baseUrl, timeoutSeconds: 0.05, attempts: 1 });
    await expect(transport.send('/x')).rejects.toThrow(ConnectionError);
    await expect(transport.send('/x')).rejects.toThrow('no answer within 0.05 s');
    expect((await transport.send('/x', { timeoutSeconds: 0 })).status).toBe(200);
  });

  test('an abort is not repeated', async () => {
    const controller = new AbortController();
    const baseUrl = await serve(() => controller.abort());
    await expect(
      createTransport({ baseUrl, ...quick }).send('/x', { signal: controller.signal }),
    ).rejects.toThrow(/abort/i);
    expect(seen).toHaveLength(1);
  });

  test('Retry-After as a number and as a date', () => {
    expect(retryAfterSeconds('7')).toBe(7);
    expect(retryAfterSeconds('Fri, 01 Jan 2027 00:00:10 GMT', Date.UTC(2027, 0, 1))).toBe(10);
    expect(retryAfterSeconds('Fri, 01 Jan 2027 00:00:10 GMT', Date.UTC(2028, 0, 1))).toBe(0);
    expect(retryAfterSeconds('soon')).toBeUndefined();
    expect(retryAfterSeconds(null)).toBeUndefined();
  });
});
