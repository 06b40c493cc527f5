import { type BullTransport, type Delivery, openBullTransport, type RunnerLogger } from '@gravity/server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers.js';
import { type CuttableProxy, startProxy } from '../services/proxy.js';
import { type RedisServer, startRedis } from '../services/redis.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('transport on BullMQ', () => {
  let redis: RedisServer;
  let proxy: CuttableProxy;
  let logged: string[] = [];
  const open: BullTransport[] = [];
  const keep = (_fields: Record<string, unknown>, message: string): void => {
    logged.push(message);
  };
  const logger: RunnerLogger = { info: keep, warn: keep, error: keep };

  beforeAll(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis.port);
  });
  afterAll(async () => {
    await proxy.close();
    await redis.remove();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((transport) => transport.close()));
    await withRedis((client) => client.flushall());
    logged = [];
  });

  async function withRedis<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(redis.url);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  async function start(
    settings: Partial<Parameters<typeof openBullTransport>[0]> = {},
    lockMs?: number,
  ): Promise<BullTransport> {
    const transport = await openBullTransport(
      { redisUrl: redis.url, redisPrefix: 'test', ...settings },
      { logger, ...(lockMs !== undefined && { lockMs }) },
    );
    open.push(transport);
    return transport;
  }

  const delivery = (id: string, rank = 0, more: object = {}) => ({
    id,
    name: `name of ${id}`,
    data: { id },
    rank,
    ...more,
  });

  it('hands out by rank, equal ranks in the order of sending, each id once', async () => {
    const transport = await start();
    const ids = ['c', 'a', 'b', 'a', 'd'];
    const ranks = [7, 0, 7, 0, 3];
    await transport.send(
      'plan',
      ids.map((id, index) => delivery(id, ranks[index])),
    );
    await transport.send('plan', [delivery('a')]);
    expect(await transport.present('plan', ['a', 'b', 'x'])).toEqual(new Set(['a', 'b']));
    await transport.remove('plan', ['b', 'unknown']);
    const taken: string[] = [];
    transport.consume('plan', 1, async ({ id, data }) => {
      expect(data).toEqual({ id });
      taken.push(id);
      return { done: id };
    });
    await waitFor('three deliveries', async () => taken.length === 3);
    expect(taken).toEqual(['a', 'd', 'c']);
    await waitFor('the end is written', async () => (await transport.present('plan', ids)).size === 0);
    const plan = transport.queues.find((queue) => queue.name === 'plan');
    expect((await plan?.getJob('a'))?.returnvalue).toEqual({ done: 'a' });
  });

  it('keeps back what has a delay, and takes no more per time than the limit of the queue', async () => {
    const transport = await start({ queueLimits: { ingest: { max: 2, seconds: 0.5 } } });
    const taken: { id: string; at: number }[] = [];
    const handle = async ({ id }: Delivery) => {
      taken.push({ id, at: performance.now() });
      return {};
    };
    transport.consume('ingest', 4, handle);
    transport.consume('ingest', 4, handle);
    const begin = performance.now();
    await transport.send('ingest', [
      ...Array.from({ length: 6 }, (_, index) => delivery(`n${index}`)),
      delivery('late', 0, { delaySeconds: 2 }),
    ]);
    await waitFor('all taken', async () => taken.length === 7);
    const at = taken.filter(({ id }) => id !== 'late').map((one) => one.at - begin);
    // 6 deliveries, 2 per 0.5 s: the third pair cannot come before 1 s; both consumers share the limit.
    expect(at.sort((a, b) => a - b)[4]).toBeGreaterThan(950);
    expect(at.filter((ms) => ms < 450).length).toBeLessThanOrEqual(2);
    const late = taken.find(({ id }) => id === 'late');
    expect((late?.at ?? 0) - begin).toBeGreaterThan(1950);
  });

  it('a rejection is a failed delivery that does not come again', async () => {
    const transport = await start();
    let calls = 0;
    transport.consume('catalog', 1, async () => {
      calls += 1;
      throw new Error('no');
    });
    await transport.send('catalog', [delivery('f')]);
    await waitFor(
      'failed',
      async () => (await transport.depths()).find((d) => d.queue === 'catalog')?.failed === 1,
    );
    await sleep(200);
    expect(calls).toBe(1);
  });

  it('shows children under their parent, and a parent ends whatever became of them', async () => {
    const transport = await start();
    const parent = { queue: 'process', id: 'job' } as const;
    let endParent = (): void => {};
    const parentMayEnd = new Promise<void>((resolve) => {
      endParent = resolve;
    });
    let endChild = (): void => {};
    const childMayEnd = new Promise<void>((resolve) => {
      endChild = resolve;
    });
    let parentRuns = 0;
    await transport.send('process', [delivery('job')]);
    transport.consume('process', 1, async () => {
      parentRuns += 1;
      await parentMayEnd;
      return { sum: 42 };
    });
    const arcs: string[] = [];
    await transport.send('arcs', [
      delivery('good', 0, { parent }),
      delivery('bad', 1, { parent }),
      delivery('slow', 2, { parent }),
      delivery('waiting', 3, { parent }),
      delivery('orphan', 4, { parent: { queue: 'process', id: 'gone' } }),
    ]);
    const consumer = transport.consume('arcs', 1, async ({ id }) => {
      arcs.push(id);
      if (id === 'bad') throw new Error('bad arc');
      if (id === 'slow') await childMayEnd;
      return { id };
    });
    await waitFor('slow arc at work', async () => arcs.includes('slow'));
    const process = transport.queues.find((queue) => queue.name === 'process');
    const job = await process?.getJob('job');
    const tree = await job?.getDependenciesCount();
    expect(tree).toMatchObject({ processed: 1, ignored: 1, unprocessed: 2 });
    endParent();
    await waitFor('parent completed', async () => (await job?.getState()) === 'completed');
    endChild();
    await waitFor('all arcs', async () => arcs.length === 5);
    await sleep(100);
    expect(arcs).toEqual(['good', 'bad', 'slow', 'waiting', 'orphan']);
    expect(await job?.getState()).toBe('completed');
    expect((await process?.getJob('job'))?.returnvalue).toEqual({ sum: 42 });
    expect(parentRuns).toBe(1);
    await consumer.close();
  });

  it('gives the delivery of a worker that stopped answering to another one', async () => {
    const transport = await start({}, 1_000);
    // A worker whose connection is cut looks dead to Redis, as a killed one does.
    const cut = await openBullTransport(
      { redisUrl: `redis://127.0.0.1:${proxy.port}`, redisPrefix: 'test' },
      { logger, lockMs: 1_000 },
    );
    open.push(cut);
    let endFirst = (): void => {};
    let first = false;
    cut.consume('plan', 1, () => {
      first = true;
      return new Promise((resolve) => {
        endFirst = () => resolve({ by: 'first' });
      });
    });
    await transport.send('plan', [delivery('x')]);
    await waitFor('taken', async () => first);
    await proxy.cut();
    let second = false;
    transport.consume('plan', 1, async () => {
      second = true;
      return { by: 'second' };
    });
    await waitFor('taken again', async () => second);
    endFirst();
    await proxy.mend();
    await waitFor('connected again', async () => cut.available);
    await sleep(1_500);
    const plan = transport.queues.find((queue) => queue.name === 'plan');
    expect((await plan?.getJob('x'))?.returnvalue).toEqual({ by: 'second' });
  });

  it('reaches subscribers in all processes, itself included, until they unsubscribe', async () => {
    const [one, two] = [await start(), await start()];
    const heard: unknown[] = [];
    const stop = one.subscribe('c', (message) => heard.push(['one', message]));
    two.subscribe('c', (message) => heard.push(['two', message]));
    two.subscribe('d', (message) => heard.push(['d', message]));
    await sleep(50);
    await one.publish('c', { n: 1 });
    await waitFor('both', async () => heard.length === 2);
    stop();
    await sleep(50);
    await two.publish('c', { n: 2 });
    await waitFor('one more', async () => heard.length === 3);
    await sleep(50);
    expect(heard).toEqual(
      expect.arrayContaining([
        ['one', { n: 1 }],
        ['two', { n: 1 }],
        ['two', { n: 2 }],
      ]),
    );
    expect(heard).toHaveLength(3);
  });

  it('fails at once while the connection is lost, says so once, and goes on when it is back', async () => {
    const transport = await start({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
    const changes: boolean[] = [];
    transport.onAvailability((available) => changes.push(available));
    const heard: unknown[] = [];
    transport.subscribe('c', (message) => heard.push(message));
    const taken: string[] = [];
    transport.consume('plan', 2, async ({ id }) => {
      taken.push(id);
      return {};
    });
    await transport.send('plan', [delivery('before')]);
    await waitFor('before', async () => taken.length === 1);
    await proxy.cut();
    await waitFor('lost', async () => !transport.available);
    const begin = performance.now();
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, index) => transport.send('plan', [delivery(`lost${index}`)])),
    );
    await expect(transport.present('plan', ['x'])).rejects.toThrow(/Redis at redis:\/\/127/);
    await expect(transport.publish('c', 1)).rejects.toThrow();
    await expect(transport.depths()).rejects.toThrow();
    expect(performance.now() - begin).toBeLessThan(500);
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    await sleep(800);
    await proxy.mend();
    await waitFor('back', async () => transport.available);
    await transport.send('plan', [delivery('after')]);
    await waitFor('after', async () => taken.includes('after'));
    expect(taken).toEqual(['before', 'after']);
    await transport.publish('c', 'again');
    await waitFor('heard', async () => heard.length === 1);
    expect(changes).toEqual([false, true]);
    expect(logged).toEqual(['connection to Redis lost', 'connection to Redis is back']);
  });

  it('closes in seconds while Redis is away', async () => {
    const transport = await start({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
    const consumer = transport.consume('plan', 2, async () => {
      await sleep(300);
      return {};
    });
    await transport.send('plan', [delivery('x')]);
    await sleep(100);
    await proxy.cut();
    const begin = performance.now();
    await consumer.close();
    await transport.close();
    expect(performance.now() - begin).toBeLessThan(8_000);
    await proxy.mend();
  });

  it('waits at start for a Redis that comes later, and names REDIS_URL without its password when none comes', async () => {
    await proxy.cut();
    const redisUrl = `redis://someone:hunter2@127.0.0.1:${proxy.port}/1`;
    const begin = performance.now();
    const refused = await openBullTransport({ redisUrl, redisPrefix: 'test' }, { startTimeoutMs: 700 }).catch(
      (error: Error) => error,
    );
    expect(performance.now() - begin).toBeLessThan(3_000);
    expect(String(refused)).toMatch(/REDIS_URL/);
    expect(String(refused)).toMatch(/ECONNREFUSED/);
    expect(String(refused)).not.toContain('hunter2');
    setTimeout(() => void proxy.mend(), 500);
    const transport = await start({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
    await transport.ping();
  });

  it('warns of a Redis that may drop what it holds', async () => {
    await withRedis(async (client) => {
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await client.config('SET', 'appendonly', 'no');
    });
    await start();
    await withRedis(async (client) => {
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      await client.config('SET', 'appendonly', 'yes');
    });
    expect(logged.filter((line) => line.startsWith('Redis'))).toEqual([
      expect.stringContaining('maxmemory-policy noeviction'),
      expect.stringContaining('appendonly yes'),
    ]);
  });
});
