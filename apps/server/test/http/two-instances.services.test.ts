import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand, type ServerProcess, spawnServer } from '../../../../test/support/server-process.js';
import { temporaryFolder, waitFor } from '../helpers.js';
import { manual, password } from '../http-harness.js';
import { type Balancer, CLIENT_HEADER, startBalancer } from '../services/balancer.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { type RedisServer, startRedis } from '../services/redis.js';

const folder = temporaryFolder();
let postgres: PostgresServer;
let redis: RedisServer;
let balancer: Balancer;
let database: pg.Pool;
let env: Record<string, string> = {};
const instances: ServerProcess[] = [];

/** Both on one machine and one data folder, as two processes of one host would be. */
const start = () => spawnServer({ dataDir: join(folder.path, 'data'), env });

beforeAll(async () => {
  [postgres, redis, balancer] = await Promise.all([startPostgres(), startRedis(), startBalancer()]);
  const databaseUrl = await postgres.createDatabase();
  database = new pg.Pool({ connectionString: databaseUrl });
  env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    JWT_SECRET_KEY: 'two instances need the same secret',
    GRAVITY_QUEUES: 'none',
    GRAVITY_MONITOR_PORT: 'off',
    GRAVITY_TRUST_PROXY: '1',
    GRAVITY_RATE_LIMIT_PER_MINUTE: '400',
  };
  // Both at once on an empty database: one of them makes the schema, the other waits for it.
  instances.push(...(await Promise.all([start(), start()])));
  balancer.setBackends(instances.map(({ url }) => url));
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.kill()));
  await database.end();
  await balancer.close();
  await redis.remove();
  await postgres.remove();
  folder.remove();
});

let clients = 0;
/** An address of its own, so that tests do not use up each other's rate. */
const newClient = () => `198.51.100.${(clients += 1)}`;

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked into field by field
  readonly body: any;
}

async function send(
  base: string,
  method: string,
  path: string,
  options: {
    readonly json?: unknown;
    readonly token?: string;
    readonly client?: string;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<Reply> {
  const { json, token, client = '198.51.100.250', headers } = options;
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      // The balancer makes the address from the one header; straight to an instance this is the one proxy's word.
      [CLIENT_HEADER]: client,
      'x-forwarded-for': client,
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : undefined };
}

const register = (base: string, username: string) =>
  send(base, 'POST', '/auth/register', {
    json: { username, email: `${username}@example.org`, password },
    client: newClient(),
  });
const login = async (base: string, username: string) =>
  (await send(base, 'POST', '/auth/token', { json: { username, password }, client: newClient() })).body as {
    access_token: string;
    refresh_token: string;
  };
const tally = (replies: readonly Reply[]): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_v, i) => make(i));

it('makes one admin of the first users, however they arrive', async () => {
  const replies = await Promise.all(times(8, (i) => register(instances[i % 2].url, `first${i}`)));
  expect(tally(replies)).toEqual({ 201: 8 });
  expect(replies.filter(({ body }) => body.role === 'admin')).toHaveLength(1);
  // The same name at both: one of them gets it.
  const twins = await Promise.all(times(6, (i) => register(instances[i % 2].url, 'twin')));
  expect(tally(twins)).toEqual({ 201: 1, 409: 5 });
});

it('counts the request rate of a client over both', async () => {
  const client = newClient();
  const replies = await Promise.all(times(450, () => send(balancer.url, 'GET', '/auth/me', { client })));
  expect(tally(replies)).toEqual({ 401: 400, 429: 50 });
  const other = await send(balancer.url, 'GET', '/auth/me', { client: newClient() });
  expect(other.status).toBe(401);
});

it('counts failed logins over both, and locks out on both', async () => {
  await register(balancer.url, 'guessed');
  const client = newClient();
  const attempt = (base: string, word: string) =>
    send(base, 'POST', '/auth/token', { json: { username: 'guessed', password: word }, client });
  const replies = await Promise.all(times(16, () => attempt(balancer.url, 'a wrong guess')));
  expect(tally(replies)).toEqual({ 401: 10, 429: 6 });
  for (const { url } of instances) expect((await attempt(url, password)).status).toBe(429);
});

it('knows on one what the other has registered, logged in, revoked and disabled', async () => {
  const [a, b] = instances.map(({ url }) => url);
  await register(a, 'wanderer');
  const first = await login(b, 'wanderer');
  const me = (base: string, token: string) => send(base, 'GET', '/auth/me', { token });
  expect((await me(a, first.access_token)).body.username).toBe('wanderer');
  expect((await send(a, 'POST', '/auth/logout', { token: first.access_token })).status).toBe(204);
  // At once: no process keeps sessions.
  expect((await me(b, first.access_token)).status).toBe(401);

  const second = await login(a, 'wanderer');
  const refresh = (base: string) =>
    send(base, 'POST', '/auth/refresh', { json: { refresh_token: second.refresh_token } });
  const rotated = await Promise.all([refresh(a), refresh(b)]);
  // A refresh token works once, also at the same time in two places; the second use ends the login everywhere.
  expect(tally(rotated)).toEqual({ 200: 1, 401: 1 });
  for (const base of [a, b]) expect((await me(base, second.access_token)).status).toBe(401);

  const third = await login(b, 'wanderer');
  const key = await send(a, 'POST', '/auth/api-keys', {
    token: third.access_token,
    json: { name: 'roaming' },
  });
  const withKey = (base: string) => send(base, 'GET', '/auth/me', { headers: { 'x-api-key': key.body.key } });
  expect((await withKey(b)).status).toBe(200);
  const removed = await send(b, 'DELETE', `/auth/api-keys/${key.body.id}`, { token: third.access_token });
  expect(removed.status).toBe(204);
  expect((await withKey(a)).status).toBe(401);

  const { rows } = await database.query(`select username from users where role = 'admin'`);
  const admin = await login(a, rows[0].username);
  const user = (await me(a, third.access_token)).body.id;
  const disabled = await send(a, 'PATCH', `/users/${user}`, {
    token: admin.access_token,
    json: { disabled: true },
  });
  expect(disabled.status).toBe(200);
  expect((await me(b, third.access_token)).status).toBe(401);
});

it('makes one job of one Idempotency-Key sent to both at once', async () => {
  await register(balancer.url, 'planner');
  const { access_token: token } = await login(balancer.url, 'planner');
  const key = randomUUID();
  const replies = await Promise.all(
    times(12, (i) =>
      send(instances[i % 2].url, 'POST', '/ops/plan', {
        token,
        json: manual.plan,
        headers: { 'idempotency-key': key },
      }),
    ),
  );
  expect(tally(replies)).toEqual({ 201: 12 });
  expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
  expect(replies.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(11);
  const { rows } = await database.query(
    'select count(*)::int from processing_jobs where idempotency_key = $1',
    [key],
  );
  expect(rows[0].count).toBe(1);
});

it('streams on one the events of a job that is made and cancelled on the other', async () => {
  const [a, b] = instances.map(({ url }) => url);
  await register(a, 'watcher');
  const { access_token: token } = await login(a, 'watcher');
  const job = await send(b, 'POST', '/ops/plan', { token, json: manual.plan });
  const response = await fetch(`${a}/ops/jobs/${job.body.id}/events`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
  });
  let text = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? [])
      text += decoder.decode(chunk as Uint8Array, { stream: true });
  })();
  await waitFor('the first event', async () => text.includes('Accepted'));
  const cancelled = performance.now();
  expect((await send(b, 'DELETE', `/ops/jobs/${job.body.id}`, { token })).status).toBe(200);
  await reading;
  expect(text).toContain('"status":"cancelled"');
  // Redis tells the other instance at once; without it the stream would look within three seconds.
  expect(performance.now() - cancelled).toBeLessThan(2500);
});

it('goes on when one is killed: nothing accepted is lost, every answer is audited once', async () => {
  const client = newClient();
  await register(balancer.url, 'steady');
  const { access_token: token } = await login(balancer.url, 'steady');
  const answered: Reply[] = [];
  let broken = 0;
  const one = async (): Promise<void> => {
    const options = { token, json: manual.plan, client, headers: { 'idempotency-key': randomUUID() } };
    const reply = await send(balancer.url, 'POST', '/ops/plan', options).catch(() => undefined);
    if (reply === undefined) broken += 1;
    else answered.push(reply);
  };
  const lanes = times(6, async () => {
    for (let i = 0; i < 40; i++) await one();
  });
  await waitFor('some answers', async () => answered.length > 60);
  await instances[0].kill();
  await Promise.all(lanes);
  expect(tally(answered)).toEqual({ 201: answered.length });
  // Each lane has at most one request at the instance that was killed.
  expect(broken).toBeLessThanOrEqual(6);
  expect(answered.length + broken).toBe(240);
  expect((await send(balancer.url, 'GET', '/health')).body.components.redis.status).toBe('ok');

  const ids = answered.map(({ body }) => body.id);
  const jobs = await database.query('select count(*)::int from processing_jobs where id = any($1)', [ids]);
  expect(jobs.rows[0].count).toBe(ids.length);

  // The next start takes the journal over; the survivor would within a minute.
  instances[0] = await start();
  balancer.setBackends(instances.map(({ url }) => url));
  const requests = answered.map(({ headers }) => headers.get('x-request-id'));
  const audited = () =>
    database.query('select count(*)::int from audit_logs where request_id = any($1) and status = 201', [
      requests,
    ]);
  await waitFor('the audit rows', async () => (await audited()).rows[0].count >= requests.length);
  expect((await audited()).rows[0].count).toBe(requests.length);
  const doubled = await database.query(
    'select request_id from audit_logs group by request_id having count(*) > 1',
  );
  expect(doubled.rows).toEqual([]);
  const address = await database.query('select distinct ip from audit_logs where request_id = any($1)', [
    requests,
  ]);
  expect(address.rows).toEqual([{ ip: client }]);
});

it('has a database and an object store that agree, as `gravity check` finds', async () => {
  const { JWT_SECRET_KEY: _secret, ...services } = env;
  const { code, stdout, stderr } = await runCommand(
    ['check', '--data-dir', join(folder.path, 'data'), '--json'],
    {
      env: services,
    },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ consistent: true, examples: [] });
  expect(code).toBe(0);
});
