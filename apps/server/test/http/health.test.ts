import { afterEach, expect, it } from 'vitest';
import { type Harness, openHarness } from '../http-harness.js';

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

it('names every part with its figures', async () => {
  harness = await openHarness({}, { runner: { status: () => ({ running: true }) } });
  const { status, body, headers } = await harness.request('GET', '/health');
  expect(status).toBe(200);
  expect(headers['cache-control']).toBe('no-store');
  expect(body.status).toBe('ok');
  expect(Object.keys(body.components).sort()).toEqual(['database', 'disk', 'jobs', 'object_store']);
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

it('serves on, degraded, without a part of less weight, and says so once in the log', async () => {
  harness = await openHarness(
    {},
    {
      probes: {
        queues: async () => {
          throw new Error('connect ECONNREFUSED redis.internal:6379');
        },
        replica: async () => ({ status: 'degraded', lag_seconds: 90 }),
        silent: () => new Promise(() => {}),
      },
    },
  );
  const start = performance.now();
  const answer = await harness.request('GET', '/health');
  // All parts at once: the silent one's two seconds are all there is to wait.
  expect(performance.now() - start).toBeLessThan(4000);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    status: 'degraded',
    components: {
      database: { status: 'ok' },
      queues: { status: 'down' },
      replica: { status: 'degraded', lag_seconds: 90 },
      silent: { status: 'down' },
    },
  });
  expect(answer.text).not.toContain('redis.internal');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await harness.request('GET', '/health');
  const reports = harness.logLines.filter((line) => line.includes('component is not well'));
  expect(reports).toHaveLength(3);
  expect(reports.join('')).toContain('redis.internal');
  const { text } = await harness.request('GET', '/metrics');
  expect(text).toContain('gravity_component_up{component="queues"} 0');
  expect(text).toContain('gravity_component_up{component="database"} 1');
});

it('is down with 503 without its database, alive all the same, and ready again with it', async () => {
  harness = await openHarness();
  const { db } = harness;
  const ping = db.ping.bind(db);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1100));
  Object.assign(db, { ping: () => Promise.reject(new Error('gone')) });
  const sick = await harness.request('GET', '/health');
  expect(sick.status).toBe(503);
  expect(sick.body).toMatchObject({ status: 'down', checks: { database: { status: 'down' } } });
  expect((await harness.request('GET', '/health/ready')).status).toBe(503);
  expect(await harness.request('GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  Object.assign(db, { ping });
  await pause();
  expect(await harness.request('GET', '/health/ready')).toMatchObject({ status: 200, body: { ready: true } });
});

it('looks at its parts once a second, however often it is asked', async () => {
  let looks = 0;
  harness = await openHarness(
    {},
    {
      probes: {
        counted: async () => {
          looks += 1;
          return undefined;
        },
      },
    },
  );
  const app = harness;
  await Promise.all(Array.from({ length: 50 }, () => app.request('GET', '/health')));
  expect(looks).toBe(1);
});

it('is not ready before the process around it is', async () => {
  let ready = false;
  harness = await openHarness({}, { isReady: () => ready });
  expect((await harness.request('GET', '/health/ready')).status).toBe(503);
  ready = true;
  expect((await harness.request('GET', '/health/ready')).status).toBe(200);
});

it('takes the address of the client from as many proxies as it trusts', async () => {
  harness = await openHarness({ trustProxy: 1 });
  const admin = await harness.addUser('admin');
  await harness.request('GET', '/limits', {
    token: admin.token,
    headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' },
  });
  const { body } = await harness.request('GET', '/audit?action=getLimits', { token: admin.token });
  // The one proxy wrote the last address; what stands before it the client made up.
  expect(body.items[0].ip).toBe('198.51.100.7');
});
