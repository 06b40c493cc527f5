import { randomUUID } from 'node:crypto';
import {
  type Database,
  type ObjectStore,
  openDatabase,
  openObjectStore,
  type ServerConfig,
  type Task,
  type TaskContext,
} from '@gravity/server';
import { seedDatabase } from '../../../../test/support/database-template.js';
import { insertUser, temporaryFolder, testConfig } from '../helpers.js';

export interface TestServer {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly userId: string;
  close(): Promise<void>;
}

/** Embedded database and object store in a new folder, one user. WebAssembly, one thread, a checkpoint after every arc. */
export async function openTestServer(overrides: Partial<ServerConfig> = {}): Promise<TestServer> {
  const folder = temporaryFolder();
  const config = testConfig(folder.path, {
    linearAlgebraBackend: 'wasm',
    threads: 1,
    checkpointSeconds: 0,
    ...overrides,
  });
  if (config.databaseUrl === undefined) seedDatabase(config.dataDir);
  const db = await openDatabase(config);
  const objects = await openObjectStore(config);
  const userId = await insertUser(db);
  return {
    config,
    db,
    objects,
    userId,
    async close() {
      await db.close();
      folder.remove();
    },
  };
}

export interface TestJob {
  readonly id: string;
  readonly abort: AbortController;
  readonly progress: { fraction: number; message: string }[];
  readonly logs: string[];
}

export async function insertJob(
  server: TestServer,
  type: 'plan' | 'process' | 'catalog',
  parameters: Record<string, unknown>,
  status: 'running' | 'completed' = 'running',
  userId = server.userId,
): Promise<string> {
  const id = randomUUID();
  await server.db.kysely
    .insertInto('processing_jobs')
    .values({
      id,
      user_id: userId,
      type,
      status,
      parameters: JSON.stringify(parameters),
      attempt: 1,
      max_attempts: 3,
      updated_at: new Date(),
      ...(status === 'running'
        ? { worker_id: 'test', lease_until: new Date(Date.now() + 3_600_000) }
        : { completed_at: new Date() }),
    })
    .execute();
  return id;
}

/** A context as the runner gives it, for an attempt of a job that is already `running`; the first unless told. */
export function contextOf(
  server: TestServer,
  jobId: string,
  parameters: Record<string, unknown>,
  options: {
    readonly onProgress?: (fraction: number, message: string, abort: AbortController) => void;
    readonly userId?: string;
    readonly attempt?: number;
  } = {},
): { readonly context: TaskContext; readonly job: TestJob } {
  const job: TestJob = { id: jobId, abort: new AbortController(), progress: [], logs: [] };
  const { config, db, objects } = server;
  const attempt = options.attempt ?? 1;
  const context: TaskContext = {
    jobId,
    userId: options.userId ?? server.userId,
    attempt,
    parameters,
    signal: job.abort.signal,
    config,
    db,
    objects,
    progress(fraction, message) {
      job.progress.push({ fraction, message });
      options.onProgress?.(fraction, message, job.abort);
    },
    log: (level, message) => void job.logs.push(`${level}: ${message}`),
    finalize: (write) =>
      db.kysely.transaction().execute(async (transaction) => {
        const row = await transaction
          .selectFrom('processing_jobs')
          .select(['attempt', 'status', 'cancel_requested'])
          .where('id', '=', jobId)
          .forUpdate()
          .executeTakeFirstOrThrow();
        if (row.attempt !== attempt || row.status !== 'running' || row.cancel_requested)
          throw new Error('fenced out');
        const result = await write(transaction);
        await transaction
          .updateTable('processing_jobs')
          .set({
            status: 'completed',
            result: JSON.stringify(result),
            updated_at: new Date(),
            completed_at: new Date(),
            worker_id: null,
            lease_until: null,
          })
          .where('id', '=', jobId)
          .execute();
      }),
  };
  return { context, job };
}

/** Runs a task as a new job and returns the job's result. */
export async function runJob<Result>(
  server: TestServer,
  type: 'process' | 'catalog',
  task: Task,
  parameters: Record<string, unknown>,
  options: Parameters<typeof contextOf>[3] = {},
): Promise<{ readonly result: Result; readonly job: TestJob }> {
  const id = await insertJob(server, type, parameters, 'running', options.userId ?? server.userId);
  const { context, job } = contextOf(server, id, parameters, options);
  await task(context);
  const row = await server.db.kysely
    .selectFrom('processing_jobs')
    .select('result')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { result: row.result as Result, job };
}

export interface ProcessResult {
  readonly products: readonly {
    readonly id: string;
    readonly kind: string;
    readonly file_name: string;
    readonly sha256: string;
    readonly bytes: number;
  }[];
  readonly content_hash: string;
  readonly recipe_hash: string;
  readonly arcs_from_checkpoints: number;
  readonly skipped_arcs: readonly { readonly start: string; readonly reason: string }[];
  readonly quality: {
    readonly sigma0: number;
    readonly arcs_used: number;
    readonly passes: readonly { readonly update_geoid_m: number }[];
    readonly residuals: readonly { readonly type: string; readonly rms: number; readonly count: number }[];
  };
}

/** Keys of a bucket under a prefix. */
export async function keysOf(
  server: TestServer,
  bucket: 'products' | 'processed-data',
  prefix: string,
): Promise<string[]> {
  const keys: string[] = [];
  for await (const object of server.objects.list(bucket, prefix)) keys.push(object.key);
  return keys.sort();
}

export async function bytesOf(server: TestServer, bucket: 'products' | 'processed-data', key: string) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await server.objects.get(bucket, key)) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
