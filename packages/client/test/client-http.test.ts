import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiError, createClient, type Job, JobFailedError, type Upload } from '@gravity/client';
import { loadConfig, startServer } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const user = { username: 'client', password: 'a long enough password' };
let folder: string;
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gravity-client-'));
  const overrides = { dataDir: folder, port: 0, bcryptCost: 4, logLevel: 'error', fileSources: [] } as const;
  server = await startServer(loadConfig({}, overrides));
  const open = createClient({ baseUrl: server.url });
  await open.registerUser({ body: { ...user, email: 'client@example.org' } });
}, 30_000);
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

const plan = {
  start_time: '2021-07-17T00:00:00Z',
  end_time: '2021-07-17T05:59:59Z',
  satellites: ['GRACE-C', 'GRACE-D'],
  degree_max: 6,
};

describe('against a server', () => {
  test('logs in by itself, follows a job to its end, and tells each state', async () => {
    const client = createClient({ baseUrl: server.url, credentials: user });
    const seen: Job[] = [];
    const { id } = await client.createPlan({ body: plan });
    const job = await client.waitForJob(id, { onUpdate: (state) => seen.push(state) });
    expect(job).toMatchObject({ id, type: 'plan', status: 'completed' });
    expect(seen.at(-1)?.status).toBe('completed');
    const kinds: string[] = [];
    for await (const { kind } of client.jobEvents(id)) kinds.push(kind);
    expect(kinds).toContain('status');
  });

  test('an access token the server refuses is renewed once, by requests at the same time together', async () => {
    const pairs: string[] = [];
    const open = createClient({ baseUrl: server.url });
    const { refresh_token: refreshToken } = await open.login({ body: user });
    const client = createClient({
      baseUrl: server.url,
      credentials: { accessToken: 'ended', refreshToken },
      onTokens: ({ access_token: token }) => pairs.push(token),
    });
    const answers = await Promise.all([client.getCurrentUser(), client.listJobs(), client.getCurrentUser()]);
    expect(answers[0]).toMatchObject({ username: user.username });
    // a refresh token works once: a second renewal would have been taken for theft
    expect(pairs).toHaveLength(1);
  });

  test('the same idempotency key gives the same job', async () => {
    const client = createClient({ baseUrl: server.url, credentials: user });
    const headers = { 'idempotency-key': 'plan-of-17-july' };
    const [a, b] = [
      await client.createPlan({ headers, body: plan }),
      await client.createPlan({ headers, body: plan }),
    ];
    expect(b.id).toBe(a.id);
    expect((await client.createPlan({ body: plan })).id).not.toBe(a.id);
  });

  test('an upload is checked against the sum announced', async () => {
    const client = createClient({ baseUrl: server.url, credentials: user });
    const body = new TextEncoder().encode('time,x\n');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const upload = (await client.createUpload({ query: { name: 'a.csv', sha256 }, body })) as Upload;
    expect(upload).toMatchObject({ bytes: body.length, sha256 });
    const other = client.createUpload({ query: { name: 'a.csv', sha256: '0'.repeat(64) }, body });
    await expect(other).rejects.toMatchObject({ name: 'ApiError', status: 422 });
  });

  test('errors name the field; a cancelled job is an error with the job in it', async () => {
    const client = createClient({ baseUrl: server.url, credentials: user });
    const refused: ApiError = await client
      .createPlan({ body: { ...plan, degree_max: 0 } })
      .catch((error) => error);
    expect(refused).toMatchObject({ status: 422, problem: { errors: [{ field: 'degree_max' }] } });
    const dependent = await client.createProcess({ body: { ...process, plan_id: undefined } as never });
    await expect(client.waitForJob(dependent.id)).rejects.toBeInstanceOf(JobFailedError);
  });
});

/** Interval without data: the job starts and fails. */
const process = {
  algorithm: 'variational',
  degree_max: 6,
  regularization: { kaula: 1e-5, tikhonov: 0 },
  output_products: ['coefficients'],
  start_time: plan.start_time,
  end_time: plan.end_time,
  satellites: plan.satellites,
};

describe('against a server under pressure', () => {
  let busy: Server;
  const asked: { readonly method: string; readonly key: string | undefined; readonly at: number }[] = [];
  let refusals = 0;
  let status = 503;
  beforeAll(async () => {
    busy = createServer((request, response) => {
      const key = request.headers['idempotency-key'];
      asked.push({ method: request.method!, key: key as string | undefined, at: performance.now() });
      if (refusals-- > 0) response.writeHead(status, { 'retry-after': '1' }).end('{}');
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"1"}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => busy.once('listening', resolve));
  });
  afterAll(() => busy.close());

  test.each([503, 429])('%i: waits as long as Retry-After asks, then sends the same key', async (code) => {
    asked.length = 0;
    refusals = 1;
    status = code;
    const baseUrl = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const client = createClient({ baseUrl, backoffSeconds: 0.001 });
    await client.createPlan({ body: plan });
    expect(asked.map(({ method }) => method)).toEqual(['POST', 'POST']);
    expect(asked[0]?.key).toMatch(/./);
    expect(asked[1]?.key).toBe(asked[0]?.key);
    // one second was asked for; timers may fire a millisecond early
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThan(990);
  });

  test('gives up after the attempts allowed', async () => {
    asked.length = 0;
    refusals = 10;
    status = 503;
    const baseUrl = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const client = createClient({ baseUrl, attempts: 2 });
    await expect(client.listJobs()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    expect(asked).toHaveLength(2);
  });
});
