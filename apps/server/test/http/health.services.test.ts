import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../helpers.js';
import { type Harness, openHarness } from '../http-harness.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { type CuttableProxy, startProxy } from '../services/proxy.js';
import { type RedisServer, startRedis } from '../services/redis.js';

let postgres: PostgresServer;
let redis: RedisServer;
let toPostgres: CuttableProxy;
let toRedis: CuttableProxy;
let harness: Harness;
let token: string;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  [toPostgres, toRedis] = await Promise.all([startProxy(postgres.port), startProxy(redis.port)]);
  const url = new URL(await postgres.createDatabase());
  url.port = String(toPostgres.port);
  harness = await openHarness({
    databaseUrl: url.href,
    redisUrl: `redis://127.0.0.1:${toRedis.port}`,
    redisPrefix: 'health',
  });
  ({ token } = await harness.addUser('admin'));
});
afterAll(async () => {
  await harness.close();
  await Promise.all([toPostgres.close(), toRedis.close()]);
  await Promise.all([postgres.remove(), redis.remove()]);
});

const health = () => harness.request('GET', '/health');
const until = (what: string, status: string) =>
  waitFor(what, async () => (await health()).body.status === status);

it('names engine and version of PostgreSQL, and Redis', async () => {
  const { status, body } = await health();
  expect(status).toBe(200);
  expect(body.status).toBe('ok');
  expect(body.components.database).toMatchObject({ status: 'ok', engine: 'postgresql' });
  expect(body.components.database.version).toMatch(/^\d+\.\d+/);
  expect(body.components.redis).toMatchObject({ status: 'ok' });
});

it('is degraded without Redis and serves all the same', async () => {
  await toRedis.cut();
  await until('the outage', 'degraded');
  const { status, body } = await health();
  expect(status).toBe(200);
  expect(body.components.redis.status).toBe('down');
  expect((await harness.request('GET', '/auth/me', { token })).status).toBe(200);
  expect((await harness.request('GET', '/health/ready')).status).toBe(200);
  await toRedis.mend();
  await until('the recovery', 'ok');
});

it('is down without PostgreSQL, answers 503 in time, and recovers by itself', async () => {
  await toPostgres.cut();
  await until('the outage', 'down');
  expect((await health()).status).toBe(503);
  expect((await harness.request('GET', '/health/ready')).status).toBe(503);
  expect((await harness.request('GET', '/health/live')).status).toBe(200);
  expect((await harness.request('GET', '/metrics')).text).toContain('gravity_database_up 0');
  const start = performance.now();
  const refused = await harness.request('GET', '/auth/me', { token });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  // A client should learn of it before its own patience ends.
  expect(performance.now() - start).toBeLessThan(15_000);
  await toPostgres.mend();
  await until('the recovery', 'ok');
  expect((await harness.request('GET', '/auth/me', { token })).status).toBe(200);
  // The row of the refused request waited in the journal.
  await waitFor('the audit row', async () => {
    const { body } = await harness.request('GET', '/audit?status=503', { token });
    return body.items?.some(({ resource }: { resource: string }) => resource === '/auth/me');
  });
});
