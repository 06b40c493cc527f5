import { Redis, type RedisOptions } from 'ioredis';
import type { RunnerLogger } from './job-attempt.js';
import { TransportUnavailableError } from './transport.js';

/** What a process holds towards one Redis server. */
export interface RedisConnections {
  /** For commands of requests and sweeps: fails at once when there is no connection, and after seconds of silence. */
  readonly commands: Redis;
  /** For the workers of queues: waits for the connection to come back. */
  readonly workers: Redis;
  readonly subscriber: Redis;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

/** The address as it may be shown: without user and password. */
export function shownAddress(redisUrl: string): string {
  const url = new URL(redisUrl);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** True for what every call says during an outage. */
export function isOutage(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return CONNECTION_ERRORS.has(code) || /connection is closed|maxretriesperrequest/i.test(error.message);
}

/**
 * Opens the connections; waits up to `startTimeoutMs` for a server that is not there yet.
 *
 * @throws TransportUnavailableError naming REDIS_URL (without its password) when the server does not answer in time
 */
export async function openRedis(
  redisUrl: string,
  options: { readonly logger: RunnerLogger; readonly startTimeoutMs: number },
): Promise<RedisConnections> {
  const { logger } = options;
  const address = shownAddress(redisUrl);
  const shared: RedisOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(times - 1, 10)),
    // A server that became a replica after a failover takes no writes: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
  };
  const clients = {
    commands: new Redis(redisUrl, {
      ...shared,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: COMMAND_TIMEOUT_MS,
    }),
    workers: new Redis(redisUrl, { ...shared, maxRetriesPerRequest: null }),
    subscriber: new Redis(redisUrl, { ...shared, maxRetriesPerRequest: null }),
  };
  const endDuplicates = endDuplicatesOf(clients.workers);
  let lastError: Error | undefined;
  const all = Object.values(clients);
  for (const client of all) {
    // Without a listener each error would be printed; the outage is logged once, below.
    client.on('error', (error: Error) => {
      lastError = error;
    });
  }
  try {
    await Promise.all(all.map((client) => waitForReady(client, options.startTimeoutMs)));
    await warnOfSettings(clients.commands, address, logger);
  } catch {
    for (const client of all) client.disconnect();
    const reason = lastError?.message ?? `no answer within ${options.startTimeoutMs / 1000} s`;
    throw new TransportUnavailableError(`Redis at ${address} (REDIS_URL) cannot be reached: ${reason}`);
  }
  logOutages(clients.commands, address, logger, () => lastError);
  return {
    ...clients,
    async close() {
      endDuplicates();
      await Promise.all(
        all.map(async (client) => {
          const quit = client.quit().catch(() => {});
          await Promise.race([quit, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
          client.disconnect();
        }),
      );
    },
  };
}

/** Ends the clients made of this one that did not end by themselves: queue workers make one each to wait on. */
function endDuplicatesOf(client: Redis): () => void {
  const duplicates = new Set<{ disconnect(): void }>();
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (override) => {
    const made = duplicate(override);
    duplicates.add(made);
    made.once('end', () => duplicates.delete(made));
    return made;
  };
  return () => {
    for (const made of duplicates) made.disconnect();
  };
}

function waitForReady(client: Redis, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('not ready in time')), timeoutMs);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
    // The first try may fail; the client goes on trying.
    client.connect().catch(() => {});
  });
}

function logOutages(
  client: Redis,
  address: string,
  logger: RunnerLogger,
  lastError: () => Error | undefined,
): void {
  let lostAt: number | undefined;
  client.on('close', () => {
    if (lostAt !== undefined || client.status === 'end') return;
    lostAt = performance.now();
    const timer = setTimeout(() => {
      if (lostAt !== undefined && client.status !== 'end') {
        logger.error({ address, reason: lastError()?.message }, 'connection to Redis lost');
      }
    }, 250);
    timer.unref();
  });
  client.on('ready', () => {
    if (lostAt === undefined) return;
    logger.info({ address, seconds: (performance.now() - lostAt) / 1000 }, 'connection to Redis is back');
    lostAt = undefined;
  });
}

/** Settings under which Redis may drop deliveries. Nothing is lost by that, but jobs start late. */
async function warnOfSettings(client: Redis, address: string, logger: RunnerLogger): Promise<void> {
  const text = `${await client.info('memory')}\n${await client.info('persistence')}`;
  const policy = /^maxmemory_policy:(\S+)/m.exec(text)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    logger.warn(
      { address, policy },
      'Redis may evict queue entries: set maxmemory-policy noeviction (jobs are sent again, but late)',
    );
  }
  if (/^aof_enabled:0/m.test(text)) {
    logger.warn(
      { address },
      'Redis keeps no append-only file: after its restart all waiting jobs have to be sent again (appendonly yes)',
    );
  }
}
