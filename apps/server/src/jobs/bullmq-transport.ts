import { hostname } from 'node:os';
import { type Job, type JobsOptions, Queue, Worker } from 'bullmq';
import type { QueueName, ServerConfig } from '../config.js';
import { QUEUE_NAMES } from '../config-services.js';
import { type RedisPublisher, redisPublisher } from './bullmq-publisher.js';
import type { RunnerLogger } from './job-attempt.js';
import { isOutage, openRedis, shownAddress } from './redis-connections.js';
import {
  type OutgoingDelivery,
  type QueueConsumer,
  type QueueTransport,
  TransportUnavailableError,
} from './transport.js';

export type BullTransportConfig = Pick<ServerConfig, 'redisUrl' | 'redisPrefix' | 'queueLimits'>;

export interface BullTransportOptions {
  readonly logger?: RunnerLogger;
  /** How long to wait at start for a server that does not answer. */
  readonly startTimeoutMs?: number;
  /** A delivery whose worker died is given to another one after this time. */
  readonly lockMs?: number;
}

/** The transport on Redis, and its queues for the task monitor. */
export interface BullTransport extends QueueTransport {
  readonly queues: readonly Queue[];
}

/** Deliveries kept after their end, for the task monitor. */
const KEEP_COMPLETED = 1_000;
const KEEP_FAILED = 5_000;
const HISTORY_SECONDS = 14 * 86_400;
/** Largest priority BullMQ takes. */
const MAX_PRIORITY = 2_097_151;
/** Event-loop pauses of a worker (garbage collection, a swapping machine) must not look like its death. */
const LOCK_MS = 60_000;
/** A delivery may lose its worker this often; after that the sweeper decides. */
const MAX_STALLED = 5;
const EVENTS_KEPT = 2_000;
const CLOSE_TIMEOUT_MS = 5_000;
const SILENT: RunnerLogger = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Connects to `config.redisUrl`. Waits up to 30 s for it, then throws an error that names REDIS_URL.
 */
export async function openBullTransport(
  config: BullTransportConfig,
  options: BullTransportOptions = {},
): Promise<BullTransport> {
  if (config.redisUrl === undefined) throw new Error('REDIS_URL is not set');
  const logger = options.logger ?? SILENT;
  const lockMs = options.lockMs ?? LOCK_MS;
  const prefix = config.redisPrefix;
  const redis = await openRedis(config.redisUrl, {
    logger,
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
  });
  const publisher: RedisPublisher = redisPublisher(redis, `${prefix}:channel:`);
  const address = shownAddress(config.redisUrl);
  const queues = new Map<QueueName, Queue>(
    QUEUE_NAMES.map((name) => {
      const queue = new Queue(name, {
        connection: redis.commands,
        prefix,
        streams: { events: { maxLen: EVENTS_KEPT } },
        defaultJobOptions: {
          attempts: 1,
          removeOnComplete: { count: KEEP_COMPLETED, age: HISTORY_SECONDS },
          removeOnFail: { count: KEEP_FAILED, age: HISTORY_SECONDS },
        },
      });
      // Outages are logged once by the connection.
      queue.on('error', () => {});
      return [name, queue];
    }),
  );
  const consumers = new Set<QueueConsumer>();
  const availabilityListeners = new Set<(available: boolean) => void>();
  const tell = (available: boolean): void => {
    for (const listener of [...availabilityListeners]) listener(available);
  };
  let available = true;
  redis.commands.on('close', () => {
    if (!available) return;
    available = false;
    tell(false);
  });
  redis.commands.on('ready', () => {
    if (available) return;
    available = true;
    tell(true);
  });

  function queueOf(name: QueueName): Queue {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`no queue ${name}`);
    return queue;
  }

  /** Calls fail at once without a connection: nothing piles up while Redis is away. */
  function needConnection(): void {
    if (!available) throw new TransportUnavailableError(`No connection to Redis at ${address}`);
  }

  async function existing(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const pipeline = redis.commands.pipeline();
    for (const key of keys) pipeline.hmget(key, 'timestamp', 'finishedOn');
    const answers = (await pipeline.exec()) ?? [];
    return new Set(
      keys.filter((_key, index) => {
        const [error, fields] = answers[index];
        if (error) throw error;
        const [timestamp, finishedOn] = fields as (string | null)[];
        return timestamp !== null && finishedOn === null;
      }),
    );
  }

  function jobOptions(delivery: OutgoingDelivery, linked: boolean): JobsOptions {
    const { parent } = delivery;
    return {
      jobId: delivery.id,
      priority: Math.min(MAX_PRIORITY, Math.max(1, Math.floor(delivery.rank) + 1)),
      ...(delivery.delaySeconds !== undefined && {
        delay: Math.max(0, Math.ceil(delivery.delaySeconds * 1000)),
      }),
      // An arc that failed is the job's affair; the parent's delivery must not wait for it for ever.
      ...(linked &&
        parent !== undefined && {
          parent: { id: parent.id, queue: queueOf(parent.queue).qualifiedName },
          ignoreDependencyOnFailure: true,
        }),
    };
  }

  async function add(queue: Queue, deliveries: readonly OutgoingDelivery[], linked: boolean): Promise<void> {
    const jobs = await queue.addBulk(
      deliveries.map((delivery) => ({
        name: delivery.name,
        data: delivery.data,
        opts: jobOptions(delivery, linked),
      })),
    );
    // A negative number instead of the id: the parent's delivery is no longer known (Redis was emptied).
    const refused = deliveries.filter((delivery, index) => jobs[index].id !== delivery.id);
    if (refused.length === 0) return;
    if (!linked) throw new Error(`${refused.length} deliveries were refused by queue ${queue.name}`);
    await add(queue, refused, false);
  }

  function consume(
    name: QueueName,
    concurrency: number,
    handle: Parameters<QueueTransport['consume']>[2],
  ): QueueConsumer {
    const limit = config.queueLimits?.[name];
    const atWork = new Set<Promise<unknown>>();
    const process = async (job: Job): Promise<unknown> => {
      const work = handle({
        queue: name,
        id: job.id ?? '',
        data: job.data,
        progress: (fraction, message) => {
          if (available) job.updateProgress({ fraction, message }).catch(() => {});
        },
      });
      atWork.add(work);
      try {
        return await work;
      } finally {
        atWork.delete(work);
        // BullMQ refuses the end of a delivery that has children left: those go on by themselves.
        await redis.workers.del(`${queueOf(name).toKey(job.id ?? '')}:dependencies`).catch(() => {});
      }
    };
    const worker = new Worker(name, process, {
      connection: redis.workers,
      prefix,
      name: `${hostname()}:${globalThis.process.pid}`,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: 1_000,
      ...(limit !== undefined && { limiter: { max: limit.max, duration: limit.seconds * 1000 } }),
    });
    worker.on('error', (error) => {
      if (available && !isOutage(error)) logger.warn({ queue: name, err: error }, 'queue worker');
    });
    let closed: Promise<void> | undefined;
    const consumer: QueueConsumer = {
      close() {
        closed ??= (async () => {
          await worker.pause(true);
          await Promise.allSettled(atWork);
          // Without Redis the ends cannot be written there; the process must be able to stop all the same.
          const given = new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
          await Promise.race([worker.close().catch(() => {}), given]);
          consumers.delete(consumer);
        })();
        return closed;
      },
    };
    consumers.add(consumer);
    return consumer;
  }

  return {
    queues: [...queues.values()],
    get available() {
      return available;
    },
    onAvailability(listener) {
      availabilityListeners.add(listener);
      return () => availabilityListeners.delete(listener);
    },
    async send(name, deliveries) {
      needConnection();
      if (deliveries.length > 0) await add(queueOf(name), deliveries, true);
    },
    async remove(name, ids) {
      needConnection();
      await Promise.all(ids.map((id) => queueOf(name).remove(id)));
    },
    async present(name, ids) {
      needConnection();
      const queue = queueOf(name);
      const keys = await existing(ids.map((id) => queue.toKey(id)));
      return new Set(ids.filter((id) => keys.has(queue.toKey(id))));
    },
    consume,
    async depths() {
      needConnection();
      return Promise.all(
        QUEUE_NAMES.map(async (name) => {
          const queue = queueOf(name);
          const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed');
          return {
            queue: name,
            workers: await queue.getWorkersCount(),
            waiting: (counts.wait ?? 0) + (counts.prioritized ?? 0),
            delayed: counts.delayed ?? 0,
            active: counts.active ?? 0,
            failed: counts.failed ?? 0,
          };
        }),
      );
    },
    async publish(channel, message) {
      needConnection();
      await publisher.publish(channel, message);
    },
    subscribe: (channel, listener) => publisher.subscribe(channel, listener),
    async ping() {
      needConnection();
      await redis.commands.ping();
    },
    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.close()));
      for (const queue of queues.values()) void queue.close().catch(() => {});
      await redis.close();
    },
  };
}
