import {
  type BullTransport,
  createJobOutbox,
  createJobService,
  createQueueRunner,
  createSharedBus,
  type Database,
  type JobRunner,
  type LocalJobService,
  type ObjectStore,
  openBullTransport,
  openDatabase,
  openObjectStore,
  type RunnerLogger,
  type ServerConfig,
  type Task,
} from '@gravity/server';
import { temporaryFolder, testConfig } from '../helpers.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { type RedisServer, startRedis } from '../services/redis.js';

/** What one process of an installation has, with connections of its own. */
export interface JobProcess {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly transport: BullTransport;
  readonly service: LocalJobService;
  readonly logged: readonly string[];
  startRunner(task: Task, concurrency?: number): Promise<JobRunner>;
  close(): Promise<void>;
}

export interface Installation {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly databaseUrl: string;
  readonly folder: string;
  open(overrides?: Partial<ServerConfig>): Promise<JobProcess>;
  /** Ends all processes and the servers. */
  remove(): Promise<void>;
  closeProcesses(): Promise<void>;
}

/** PostgreSQL and Redis, and any number of processes on them, in this one. */
export async function startInstallation(): Promise<Installation> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const databaseUrl = await postgres.createDatabase();
  const folder = temporaryFolder();
  const processes: JobProcess[] = [];
  const closeProcesses = async (): Promise<void> => {
    await Promise.all(processes.splice(0).map((one) => one.close()));
  };

  async function open(overrides: Partial<ServerConfig> = {}): Promise<JobProcess> {
    const config = testConfig(folder.path, {
      databaseUrl,
      redisUrl: redis.url,
      jobConcurrency: 4,
      leaseSeconds: 5,
      ...overrides,
    });
    const logged: string[] = [];
    const keep = (_fields: Record<string, unknown>, message: string): void => {
      logged.push(message);
    };
    const logger: RunnerLogger = { info: keep, warn: keep, error: keep };
    const db = await openDatabase(config);
    const objects = await openObjectStore(config);
    const transport = await openBullTransport(config, { logger });
    const bus = createSharedBus(transport);
    const outbox = createJobOutbox({ db, transport, logger, resendSeconds: 1 });
    const service = createJobService({ db, bus, outbox });
    const runners: JobRunner[] = [];
    const opened: JobProcess = {
      config,
      db,
      objects,
      transport,
      service,
      logged,
      async startRunner(task, concurrency = config.jobConcurrency) {
        const runner = createQueueRunner({
          config: { ...config, jobConcurrency: concurrency },
          db,
          objects,
          service,
          transport,
          outbox,
          logger,
          registry: { plan: task, ingest: task, process: task, catalog: task },
          sweepIntervalMs: 300,
          cancelGraceMs: 1_000,
          retryBaseSeconds: 0.1,
        });
        await runner.start();
        runners.push(runner);
        return runner;
      },
      async close() {
        await Promise.all(runners.map((runner) => runner.stop(500)));
        bus.close();
        await transport.close();
        await db.close();
      },
    };
    processes.push(opened);
    return opened;
  }

  return {
    postgres,
    redis,
    databaseUrl,
    folder: folder.path,
    open,
    closeProcesses,
    async remove() {
      await closeProcesses();
      await Promise.all([postgres.remove(), redis.remove()]);
      folder.remove();
    },
  };
}
