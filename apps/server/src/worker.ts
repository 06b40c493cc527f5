import Fastify from 'fastify';
import pino from 'pino';
import { inTurn, listeningUrl } from './closing.js';
import type { ServerConfig } from './config.js';
import { ConfigError } from './config-values.js';
import { openDatabase } from './db/open-database.js';
import { type JobSystem, openJobSystem } from './jobs/open-job-system.js';
import type { TaskRegistry } from './jobs/task.js';
import { createWorkerMetrics } from './metrics/worker-metrics.js';
import { sweepLeftovers } from './storage/leftovers.js';
import { closeObjectStore, openObjectStore } from './storage/open-object-store.js';
import { createTaskRegistry } from './tasks/index.js';

export interface WorkerOptions {
  readonly version?: string;
  /** Port of /health and /metrics; none: the worker listens nowhere. */
  readonly port?: number;
  readonly logStream?: { write(line: string): void };
  /** Other tasks than the usual ones (tests). */
  readonly registry?: TaskRegistry;
}

export interface RunningWorker {
  readonly workerId: string;
  /** Where /health and /metrics are. */
  readonly url?: string;
  /** Hands back what does not end within the grace (default 10 s), then closes everything. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Works on `config.queues` without serving the API. Any number of these, on any machines that reach the same
 * PostgreSQL, Redis and object store.
 *
 * @throws ConfigError when DATABASE_URL or REDIS_URL is missing, or there is no queue to work on
 */
export async function startWorker(config: ServerConfig, options: WorkerOptions = {}): Promise<RunningWorker> {
  if (config.databaseUrl === undefined) {
    throw new ConfigError('DATABASE_URL', 'a worker takes its jobs from a PostgreSQL server');
  }
  if (config.redisUrl === undefined) {
    throw new ConfigError('REDIS_URL', 'a worker is woken by the queues of a Redis server');
  }
  if (config.queues.length === 0)
    throw new ConfigError('GRAVITY_QUEUES', 'a worker needs a queue to work on');
  const logger = pino({ level: config.logLevel }, options.logStream ?? pino.destination(1));
  if (config.s3 === undefined) {
    logger.warn(
      { folder: config.dataDir },
      'objects are in a folder (no MINIO_ENDPOINT): all processes need this same folder',
    );
  }
  const db = await openDatabase(config, { onWarning: (message, err) => logger.warn({ err }, message) });
  const closers: (() => Promise<unknown>)[] = [() => db.close()];
  let graceMs: number | undefined;
  try {
    const objects = await openObjectStore(config);
    await sweepLeftovers(config, objects);
    closers.unshift(async () => closeObjectStore(objects));
    const registry = options.registry ?? createTaskRegistry();
    const system = await openJobSystem({ config, db, objects, registry, logger });
    closers.unshift(() => system.stop(graceMs));
    const url =
      options.port === undefined ? undefined : await listen(config, options.port, system, options, closers);
    await system.start();
    const { workerId } = system.runner;
    logger.info({ workerId, queues: config.queues, concurrency: config.jobConcurrency }, 'worker started');
    let closed: Promise<void> | undefined;
    return {
      workerId,
      ...(url !== undefined && { url }),
      close(grace) {
        graceMs = grace;
        closed ??= inTurn(closers);
        return closed;
      },
    };
  } catch (error) {
    await inTurn(closers).catch((err) => logger.error({ err }, 'closing after a failed start'));
    throw error;
  }
}

async function listen(
  config: ServerConfig,
  port: number,
  system: JobSystem,
  options: WorkerOptions,
  closers: (() => Promise<unknown>)[],
): Promise<string> {
  const app = Fastify({ logger: false });
  const metrics = createWorkerMetrics(system, options.version ?? '0.1.0');
  app.get('/health', async (_request, reply) => {
    const { running, transport, runner } = system;
    // Without the queue it still takes jobs, from the database.
    const status = !running ? 'down' : transport?.available === false ? 'degraded' : 'ok';
    return reply
      .code(running ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status, worker_id: runner.workerId, queues: config.queues, running: runner.running.length });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
  await app.listen({ host: config.host, port });
  // Last to go: while jobs are handed back it says that the worker stops.
  closers.push(() => app.close());
  const address = app.server.address();
  return listeningUrl(config.host, typeof address === 'object' && address !== null ? address.port : port);
}
