import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, openHarness } from '../http-harness.js';

let harness: Harness;
const runner = { running: true };
const state = { ready: true, looks: 0 };
let extra: () => Promise<{ status?: 'degraded'; lag_seconds?: number } | undefined> = async () => undefined;

beforeAll(async () => {
  harness = await openHarness(
    { trustProxy: 1 },
    {
      runner: { status: () => runner },
      isReady: () => state.ready,
      probes: {
        extra: () => extra(),
        counted: async () => {
          state.looks += 1;
          return undefined;
        },
      },
    },
  );
});
afterAll(() => harness.close());

/** An answer is kept for a second. */
const afterwards = async (url: string) => {
  await new Promise((resolve) => setTimeout(resolve, 1100));
  return harness.request('GET', url);
};

it('names every part with its figures', async () => {
  const { status, body, headers } = await harness.request('GET', '/health');
  expect(status).toBe(200);
  expect(headers['cache-control']).toBe('no-store');
  expect(body.status).toBe('ok');
  expect(Object.keys(body.components).sort()).toEqual([
    'counted',
    'database',
    'disk',
    'extra',
    'jobs',
    'object_store',
  ]);
  // The engine's own name for its version: "17.5" and the like.
  expect(body.components.database).toMatchObject({
    status: 'ok',
    engine: 'pglite',
    version: expect.stringMatching(/^\d+\.\d+/),
    milliseconds: expect.any(Number),
  });
  expect(body.components.disk.free_bytes).toBeGreaterThan(0);
  expect(body.components.disk.free_bytes).toBeLessThanOrEqual(body.components.disk.size_bytes);
  // What the contract had before the components.
  expect(body.checks).toMatchObject({ database: { status: 'up' }, runner: { status: 'up' } });
});

it('looks at its parts once a second, however often it is asked', async () => {
  await afterwards('/health');
  const before = state.looks;
  const start = performance.now();
  await Promise.all(Array.from({ length: 50 }, () => harness.request('GET', '/health')));
  expect(state.looks - before).toBeLessThanOrEqual(Math.floor((performance.now() - start) / 1000) + 1);
});

it('serves on, degraded, without a part of less weight, and says so once in the log', async () => {
  extra = async () => {
    throw new Error('connect ECONNREFUSED redis.internal:6379');
  };
  const answer = await afterwards('/health');
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    status: 'degraded',
    components: { database: { status: 'ok' }, extra: { status: 'down' } },
  });
  expect(answer.text).not.toContain('redis.internal');
  await afterwards('/health');
  const reports = harness.logLines.filter((line) => line.includes('component is not well'));
  expect(reports).toHaveLength(1);
  expect(reports[0]).toContain('redis.internal');
  const { text } = await harness.request('GET', '/metrics');
  expect(text).toContain('gravity_component_up{component="extra"} 0');
  expect(text).toContain('gravity_component_up{component="database"} 1');

  extra = async () => ({ status: 'degraded', lag_seconds: 90 });
  expect((await afterwards('/health')).body.components.extra).toMatchObject({
    status: 'degraded',
    lag_seconds: 90,
  });
  extra = () => new Promise(() => {});
  expect((await afterwards('/health')).body.components.extra.status).toBe('down');
  extra = async () => undefined;
  expect((await afterwards('/health')).body.status).toBe('ok');
});

it('is down with 503 without its database, alive all the same, and ready again with it', async () => {
  const { db } = harness;
  const ping = db.ping.bind(db);
  Object.assign(db, { ping: () => Promise.reject(new Error('gone')) });
  const sick = await afterwards('/health');
  expect(sick.status).toBe(503);
  expect(sick.body).toMatchObject({ status: 'down', checks: { database: { status: 'down' } } });
  expect((await harness.request('GET', '/health/ready')).status).toBe(503);
  expect(await harness.request('GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  Object.assign(db, { ping });
  expect(await afterwards('/health/ready')).toMatchObject({ status: 200, body: { ready: true } });
});

it('is not ready while the process around it is not, or its only runner stands still', async () => {
  state.ready = false;
  expect((await harness.request('GET', '/health/ready')).status).toBe(503);
  state.ready = true;
  expect((await harness.request('GET', '/health/ready')).status).toBe(200);
  runner.running = false;
  expect(await afterwards('/health')).toMatchObject({ status: 503, body: { status: 'degraded' } });
  runner.running = true;
  expect((await afterwards('/health')).status).toBe(200);
});

it('takes the address of the client from as many proxies as it trusts', async () => {
  const admin = await harness.addUser('admin');
  await harness.request('GET', '/limits', {
    token: admin.token,
    headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' },
  });
  const { body } = await harness.request('GET', '/audit?action=getLimits', { token: admin.token });
  // The one proxy wrote the last address; what stands before it the client made up.
  expect(body.items[0].ip).toBe('198.51.100.7');
});
