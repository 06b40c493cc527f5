import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CompiledQuery, Kysely, sql, type Transaction } from 'kysely';
import type { ServerConfig } from '../config.js';
import { copyBlocks, quoteIdentifier } from './copy-text.js';
import type { Database } from './database.js';
import { DatabaseUnavailableError } from './database-error.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { LeaseQueue } from './lease-queue.js';
import { startMaintenance } from './maintenance.js';
import { migrateToLatest } from './migrations/index.js';
import {
  type ConnectionTask,
  connectionTasks,
  createPgliteDialect,
  type DriverSettings,
} from './pglite-driver.js';
import { PgliteSession } from './pglite-session.js';
import type { DatabaseSchema } from './schema.js';

export interface DatabaseOptions {
  readonly acquireTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  /** Told about a reopened session and failed maintenance. */
  readonly onWarning?: (message: string, error: unknown) => void;
}

const COPY_BLOCK_BYTES = 2 * 1024 * 1024;
/** PGlite has no background processes: nothing else writes a checkpoint while the process runs. */
const CHECKPOINT_AFTER_BYTES = 256 * 1024 * 1024;
const CREATE_TIMEOUT_MS = 600_000;
const PING_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Opens the embedded database in `config.dataDir`/db and brings its schema up to date. Throws
 * DatabaseUnavailableError 'locked' when another process has the folder.
 */
export async function openDatabase(
  config: Pick<ServerConfig, 'dataDir'>,
  options: DatabaseOptions = {},
): Promise<Database> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(join(config.dataDir, 'db.lock'));
  try {
    const folder = join(config.dataDir, 'db');
    if (!existsSync(join(folder, 'PG_VERSION'))) await createCluster(folder);
    return await openSession(folder, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Makes the cluster under another name and renames it when it is whole: a process killed in between leaves nothing
 * that a later start would take for a database. The thread that made it is ended, for it holds 400 MB.
 */
async function createCluster(folder: string): Promise<void> {
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const session = new PgliteSession({ folder: unfinished }, CREATE_TIMEOUT_MS, () => {});
  try {
    await session.start();
  } finally {
    await session.close();
  }
  renameSync(unfinished, folder);
}

async function openSession(folder: string, lock: FolderLock, options: DatabaseOptions): Promise<Database> {
  const warn = options.onWarning ?? (() => {});
  const session = new PgliteSession({ folder }, options.statementTimeoutMs ?? 900_000, (reason) =>
    warn('The embedded database is opened again', reason),
  );
  const queue = new LeaseQueue();
  let copiedBytes = 0;
  const settings: DriverSettings = {
    acquireTimeoutMs: options.acquireTimeoutMs ?? 120_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
    beforeRelease: async () => {
      if (copiedBytes < CHECKPOINT_AFTER_BYTES) return;
      copiedBytes = 0;
      await session.request({ op: 'query', sql: 'checkpoint', parameters: [] });
    },
  };
  const kysely = new Kysely<DatabaseSchema>({ dialect: createPgliteDialect(session, queue, settings) });

  try {
    await session.start();
    await migrateToLatest(kysely);
  } catch (error) {
    await session.close().catch(() => {});
    throw error;
  }
  const maintenance = startMaintenance(kysely, warn);
  let closing: Promise<void> | undefined;

  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(kysely);

  return {
    kysely,
    reader: kysely,
    engine: { kind: 'pglite', version: rows[0]?.version ?? '', shared: false },
    async copyIn(transaction, table, columns, chunks) {
      return runOnConnection(transaction, async (connection) => {
        if (!connection.inTransaction) throw new Error('copyIn needs an open transaction');
        const names = columns.map(quoteIdentifier).join(', ');
        const statement = `COPY ${quoteIdentifier(table)} (${names}) FROM '/dev/blob'`;
        let rows = 0;
        for await (const data of copyBlocks(chunks, COPY_BLOCK_BYTES)) {
          const bytes = data.byteLength;
          const result = await connection.run(() =>
            session.request({ op: 'copyIn', sql: statement, data }, [data.buffer]),
          );
          rows += result.rowCount ?? 0;
          copiedBytes += bytes;
        }
        return rows;
      });
    },
    async *copyOut(sql) {
      // The result is taken whole before it is handed on, so that a slow reader does not hold the only session.
      const chunks: Uint8Array[] = [];
      await kysely.connection().execute(async (connection) =>
        runOnConnection(connection, async (own) => {
          const result = await own.run(() =>
            session.request({ op: 'copyOut', sql }, [], (chunk) => chunks.push(chunk)),
          );
          return result.rowCount ?? 0;
        }),
      );
      chunks.reverse();
      for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) yield chunk;
    },
    async ping() {
      // A session at work on someone's long statement is alive; waiting for it would call a busy server sick.
      if (queue.busy) return session.assertAlive();
      await withTimeout(kysely.executeQuery(CompiledQuery.raw('select 1')), PING_TIMEOUT_MS);
    },
    close() {
      closing ??= (async () => {
        maintenance.stop();
        await queue.drain(CLOSE_TIMEOUT_MS);
        try {
          await kysely.destroy();
          await session.close();
        } finally {
          lock.release();
        }
      })();
      return closing;
    },
  };
}

/** Runs `task` on the connection that `executor` holds: the driver finds it by the statement object. */
async function runOnConnection(
  executor: Transaction<DatabaseSchema> | Kysely<DatabaseSchema>,
  task: ConnectionTask,
): Promise<number> {
  const marker = CompiledQuery.raw('-- copy');
  connectionTasks.set(marker, task);
  const result = await executor.executeQuery(marker);
  return Number(result.numAffectedRows ?? 0n);
}

async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new DatabaseUnavailableError('timeout', 'The database did not answer in time')),
      timeoutMs,
    );
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
