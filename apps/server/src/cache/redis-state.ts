import { Redis } from 'ioredis';
import { createMemoryState } from './memory-state.js';
import type { Counter, SharedState, SharedStateOptions } from './shared-state.js';

/** A healthy Redis answers in under a millisecond; a request waits no longer than this for a sick one. */
const commandMilliseconds = 700;
const probeMilliseconds = 1000;
const startMilliseconds = 2000;

/** KEYS[1] counter, ARGV[1] window in ms, ARGV[2] addend; returns {count, remaining ms}. */
const addScript = `
local by = tonumber(ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  if by < 0 then return {0, 0} end
  redis.call('SET', KEYS[1], by, 'PX', ARGV[1])
  return {by, tonumber(ARGV[1])}
end
local count = redis.call('INCRBY', KEYS[1], by)
if count < 0 then
  redis.call('SET', KEYS[1], 0, 'PX', left)
  count = 0
end
return {count, left}`;

const readScript = `
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return {0, 0} end
return {tonumber(redis.call('GET', KEYS[1])) or 0, left}`;

/**
 * The reply, or a rejection when there is none in time. Where the process itself was too busy to read, the reply may
 * be there when the time is over: it is looked for once more.
 */
function inTime<T>(reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => setImmediate(() => reject(new Error(`Redis did not answer within ${commandMilliseconds} ms`))),
      commandMilliseconds,
    );
    reply.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Shared state in Redis. When Redis does not answer, this process counts alone, going on from the last counts it
 * saw: the first call notices after less than a second, all others do not wait, and a look in the background
 * finds out when Redis is back.
 */
export async function openRedisState(
  url: string,
  prefix: string,
  options: SharedStateOptions = {},
): Promise<SharedState> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectionName: `${prefix}-api`,
    connectTimeout: startMilliseconds,
    // Neither kept for later nor sent twice: a request waits now or counts here.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, probeMilliseconds),
  });
  const local = createMemoryState();
  const name = (key: string): string => `${prefix}:state:${key}`;
  let away = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  // Without a listener ioredis prints every refused connection; outages are told once, below.
  redis.on('error', () => {});

  const probe = (): void => {
    timer = setTimeout(() => {
      inTime(redis.ping()).then(
        () => {
          if (closed) return;
          away = false;
          options.onRecovery?.();
        },
        () => {
          if (!closed) probe();
        },
      );
    }, probeMilliseconds);
    timer.unref();
  };
  const lose = (error: unknown): void => {
    if (away || closed) return;
    away = true;
    options.onOutage?.(error);
    probe();
  };
  const attempt = async <T>(remote: () => Promise<T>, fallback: () => Promise<T>): Promise<T> => {
    if (away) return fallback();
    try {
      return await inTime(remote());
    } catch (error) {
      lose(error);
      return fallback();
    }
  };
  const counted = async (key: string, reply: Promise<unknown>): Promise<Counter> => {
    const [count, remainingMilliseconds] = (await reply) as [number, number];
    const counter = { count, remainingMilliseconds };
    local.observe(key, counter);
    return counter;
  };

  let waiting: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    waiting = setTimeout(() => reject(new Error('Redis does not answer')), startMilliseconds);
  });
  await Promise.race([redis.connect(), late]).catch(lose);
  clearTimeout(waiting);

  return {
    kind: 'redis',
    add: (key, windowMilliseconds, by = 1) =>
      attempt(
        () => counted(key, redis.eval(addScript, 1, name(key), Math.ceil(windowMilliseconds), by)),
        () => local.add(key, windowMilliseconds, by),
      ),
    counter: (key) =>
      attempt(
        () => counted(key, redis.eval(readScript, 1, name(key))),
        () => local.counter(key),
      ),
    get: (key) =>
      attempt(
        async () => (await redis.get(name(key))) ?? undefined,
        () => local.get(key),
      ),
    set: (key, value, lifetimeMilliseconds) =>
      attempt(
        async () => {
          await redis.set(name(key), value, 'PX', Math.ceil(lifetimeMilliseconds));
        },
        () => local.set(key, value, lifetimeMilliseconds),
      ),
    remove: (key) =>
      attempt(
        async () => {
          await local.remove(key);
          await redis.del(name(key));
        },
        () => local.remove(key),
      ),
    async ping() {
      await inTime(redis.ping());
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      redis.disconnect();
      await local.close();
    },
  };
}
