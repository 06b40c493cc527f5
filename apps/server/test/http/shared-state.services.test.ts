import { createMemoryState, openSharedState, type SharedState } from '@gravity/server';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers.js';
import { type CuttableProxy, startProxy } from '../services/proxy.js';
import { type RedisServer, startRedis } from '../services/redis.js';

let redis: RedisServer;
let proxy: CuttableProxy;
beforeAll(async () => {
  redis = await startRedis();
  proxy = await startProxy(redis.port);
});
afterAll(async () => {
  await proxy.close();
  await redis.remove();
});

let installations = 0;
const adapters: readonly [string, () => Promise<SharedState>][] = [
  ['memory', async () => createMemoryState()],
  ['Redis', () => openSharedState({ redisUrl: redis.url, redisPrefix: `test-${(installations += 1)}` })],
];

describe.each(adapters)('shared state in %s', (_name, open) => {
  it('counts within a window that starts with the first addition', async () => {
    const state = await open();
    expect(await state.counter('a')).toEqual({ count: 0, remainingMilliseconds: 0 });
    expect((await state.add('a', 400)).count).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const second = await state.add('a', 400, 4);
    expect(second.count).toBe(5);
    // The window is not lengthened: what remains is 400 ms less the pause.
    expect(second.remainingMilliseconds).toBeLessThanOrEqual(251);
    expect(second.remainingMilliseconds).toBeGreaterThan(0);
    expect((await state.counter('a')).count).toBe(5);
    expect((await state.counter('b')).count).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await state.counter('a')).count).toBe(0);
    expect((await state.add('a', 400)).count).toBe(1);
    await state.remove('a');
    expect((await state.counter('a')).count).toBe(0);
    await state.close();
  });

  it('takes back, never below zero, never out of nothing', async () => {
    const state = await open();
    expect(await state.add('x', 1000, -1)).toEqual({ count: 0, remainingMilliseconds: 0 });
    expect((await state.add('x', 1000, 2)).count).toBe(2);
    expect((await state.add('x', 1000, -1)).count).toBe(1);
    expect((await state.add('x', 1000, -5)).count).toBe(0);
    expect((await state.add('x', 1000)).count).toBe(1);
    await state.close();
  });

  it('keeps values until they expire', async () => {
    const state = await open();
    await state.set('v', 'a value: {"ä": 1}', 300);
    expect(await state.get('v')).toBe('a value: {"ä": 1}');
    expect(await state.get('w')).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await state.get('v')).toBeUndefined();
    await state.set('v', 'again', 60_000);
    await state.remove('v');
    expect(await state.get('v')).toBeUndefined();
    await state.close();
  });
});

it('loses no addition of several processes at once', async () => {
  const config = { redisUrl: redis.url, redisPrefix: 'joint' };
  const states = await Promise.all([1, 2, 3].map(() => openSharedState(config)));
  const counts = await Promise.all(
    Array.from({ length: 300 }, async (_value, i) => (await states[i % 3].add('hits', 60_000)).count),
  );
  expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_value, i) => i + 1));
  await Promise.all(states.map((state) => state.close()));
});

it('goes on alone while Redis is away, from the last count, and tells once', async () => {
  const told: string[] = [];
  const state = await openSharedState(
    { redisUrl: `redis://127.0.0.1:${proxy.port}`, redisPrefix: 'outage' },
    { onOutage: () => told.push('away'), onRecovery: () => told.push('back') },
  );
  for (let i = 0; i < 3; i++) await state.add('k', 60_000);
  await proxy.cut();
  const start = performance.now();
  expect((await state.add('k', 60_000)).count).toBe(4);
  // One command may wait its time; the machine of the tests is busy.
  expect(performance.now() - start).toBeLessThan(1500);
  const later = performance.now();
  for (let i = 0; i < 200; i++) await state.add('k', 60_000);
  expect(performance.now() - later).toBeLessThan(500);
  await expect(state.ping()).rejects.toThrow();
  expect(told).toEqual(['away']);
  await proxy.mend();
  await waitFor('Redis', async () => told.length === 2);
  expect(told).toEqual(['away', 'back']);
  // The truth of all processes again: this one's own count during the outage is not added.
  expect((await state.add('k', 60_000)).count).toBe(4);
  await state.close();
});

it('waits less than a second for a Redis that hangs, and only once', async () => {
  const state = await openSharedState({ redisUrl: redis.url, redisPrefix: 'hang' });
  await state.add('k', 60_000);
  const admin = new Redis(redis.url);
  await admin.call('CLIENT', 'PAUSE', '2500', 'ALL');
  const start = performance.now();
  const counts = await Promise.all([1, 2, 3].map(() => state.add('k', 60_000)));
  expect(counts.map(({ count }) => count)).toEqual([2, 3, 4]);
  // 0.7 s for the commands under way; more only as the machine of the tests is busy.
  expect(performance.now() - start).toBeGreaterThan(600);
  expect(performance.now() - start).toBeLessThan(2500);
  const later = performance.now();
  await state.add('k', 60_000);
  expect(performance.now() - later).toBeLessThan(100);
  admin.disconnect();
  await state.close();
});

it('opens without Redis, counts alone, and joins the others when it is there', async () => {
  await proxy.cut();
  const told: string[] = [];
  const start = performance.now();
  const state = await openSharedState(
    { redisUrl: `redis://127.0.0.1:${proxy.port}`, redisPrefix: 'late' },
    { onOutage: () => told.push('away'), onRecovery: () => told.push('back') },
  );
  expect(performance.now() - start).toBeLessThan(3000);
  expect((await state.add('k', 60_000)).count).toBe(1);
  const other = await openSharedState({ redisUrl: redis.url, redisPrefix: 'late' });
  await other.add('k', 60_000, 10);
  await proxy.mend();
  await waitFor('Redis', async () => told.length === 2);
  expect((await state.add('k', 60_000)).count).toBe(11);
  await Promise.all([state.close(), other.close()]);
});
