import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../../apps/server/test/services/postgres.js';
import { type CuttableProxy, startProxy } from '../../apps/server/test/services/proxy.js';
import { type RedisServer, startRedis } from '../../apps/server/test/services/redis.js';
import { type S3Server, startS3rver } from '../../apps/server/test/services/s3.js';
import { temporaryFolder } from './mission.js';
import { CLI, type ServerProcess, spawnServer } from './server-process.js';

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** SIGTERM; the exit code once it has ended in order. */
  stop(): Promise<number | null>;
  /** kill -9 */
  kill(): Promise<void>;
}

/** PostgreSQL, Redis and an S3 server, with processes of ours on them. */
export interface Cluster {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly s3: S3Server;
  /** Between our processes and the S3 server. */
  readonly s3Proxy: CuttableProxy;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  startApi(settings?: ProcessSettings): Promise<ServerProcess>;
  startWorker(settings?: ProcessSettings): Promise<WorkerProcess>;
  /** Kills what still runs and removes everything. */
  remove(): Promise<void>;
}

export interface ProcessSettings {
  readonly queues?: string;
  readonly fileSources?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function startCluster(extra: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const folder = await temporaryFolder();
  const postgres = await startPostgres();
  const redis = await startRedis();
  const s3 = await startS3rver();
  const s3Proxy = await startProxy(s3.port);
  const processes = new Set<{ kill(): Promise<void> }>();
  const env: Record<string, string> = {
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: redis.url,
    MINIO_ENDPOINT: `127.0.0.1:${s3Proxy.port}`,
    MINIO_ACCESS_KEY: s3.settings.accessKey,
    MINIO_SECRET_KEY: s3.settings.secretKey,
    JWT_SECRET_KEY: 'a secret that all processes of the test share',
    GRAVITY_MONITOR_PORT: '0',
    GRAVITY_LOG_LEVEL: 'warn',
    GRAVITY_BCRYPT_COST: '4',
    // a dead worker is noticed soon
    GRAVITY_LEASE_SECONDS: '6',
    GRAVITY_RATE_LIMIT_PER_MINUTE: '100000',
    // as many as servers of the other tests have: with OpenBLAS the bytes depend on it
    GRAVITY_THREADS: '1',
    ...extra,
  };
  let count = 0;
  return {
    postgres,
    redis,
    s3,
    s3Proxy,
    folder: folder.path,
    env,
    startApi: async ({ queues = 'none', fileSources = [], env: own = {} } = {}) => {
      const api = await spawnServer({
        dataDir: join(folder.path, `api-${++count}`),
        fileSources,
        env: { ...env, GRAVITY_QUEUES: queues, ...own },
      });
      processes.add(api);
      return api;
    },
    startWorker: async ({ queues = 'all', fileSources = [], env: own = {} } = {}) => {
      const child = spawn(process.execPath, [CLI, 'worker', '--queues', queues, '--concurrency', '1'], {
        env: {
          ...process.env,
          ...env,
          GRAVITY_DATA_DIR: join(folder.path, `worker-${++count}`),
          GRAVITY_FILE_SOURCES: JSON.stringify(fileSources),
          ...own,
        },
        stdio: ['ignore', 'inherit', 'pipe'],
      });
      const ended = once(child, 'exit');
      const worker: WorkerProcess = {
        child,
        stop: async () => {
          child.kill('SIGTERM');
          const [code] = await ended;
          return code as number | null;
        },
        kill: async () => {
          child.kill('SIGKILL');
          await ended;
        },
      };
      processes.add(worker);
      const ready = new Promise<void>((resolve) => {
        child.stderr!.on('data', (text: Buffer) => {
          process.stderr.write(text);
          if (text.includes('gravity worker')) resolve();
        });
      });
      await Promise.race([ready, ended.then(() => Promise.reject(new Error('the worker ended at once')))]);
      return worker;
    },
    remove: async () => {
      await Promise.all([...processes].map((process) => process.kill()));
      await s3Proxy.close();
      await Promise.all([postgres.remove(), redis.remove(), s3.remove()]);
      await folder.remove();
    },
  };
}
