import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CompiledQuery, Kysely, sql } from 'kysely';
import { runOnConnection } from './connection-task.js';
import type { Database, DatabaseEngine } from './database.js';
import { DatabaseUnavailableError } from './database-error.js';
import type { DatabaseConfig, DatabaseOptions } from './database-options.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { LeaseQueue } from './lease-queue.js';
import { maintain, maintainTimeSeries, prepareAuditPartitions, startMaintenance } from './maintenance.js';
import { migrateToLatest } from './migrations/index.js';
import { createPgliteDialect, type DriverSettings, type PgliteConnection } from './pglite-driver.js';
import { PgliteSession } from './pglite-session.js';
import { QueryMeter } from './query-meter.js';
import type { DatabaseSchema } from './schema.js';
import { type CopyEngine, copyBinaryRows, copyOptions, copyRows } from './time-series/copy-in.js';
import { ensurePartitions } from './time-series/partitions.js';

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
export async function openPglite(
  config: Pick<DatabaseConfig, 'dataDir' | 'slowQueryMilliseconds' | 'encryptionKeys'>,
  options: DatabaseOptions = {},
): Promise<Database> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(join(config.dataDir, 'db.lock'));
  try {
    const folder = join(config.dataDir, 'db');
    if (!existsSync(join(folder, 'PG_VERSION'))) await createCluster(folder);
    return await openSession(folder, lock, config, options);
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

async function openSession(
  folder: string,
  lock: FolderLock,
  config: Pick<DatabaseConfig, 'slowQueryMilliseconds' | 'encryptionKeys'> = {},
  options: DatabaseOptions = {},
): Promise<Database> {
  const warn = options.onWarning ?? (() => {});
  const session = new PgliteSession({ folder }, options.statementTimeoutMs ?? 900_000, (reason) =>
    warn('The embedded database is opened again', reason),
  );
  const queue = new LeaseQueue();
  const meter = new QueryMeter(config.slowQueryMilliseconds ?? 500, options.onSlowQuery);
  let copiedBytes = 0;
  const settings: DriverSettings = {
    acquireTimeoutMs: options.acquireTimeoutMs ?? 120_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
    beforeRelease: async () => {
      if (copiedBytes < CHECKPOINT_AFTER_BYTES) return;
      copiedBytes = 0;
      await session.request({ op: 'query', sql: 'checkpoint', parameters: [] });
    },
    meter,
  };
  const kysely = new Kysely<DatabaseSchema>({ dialect: createPgliteDialect(session, queue, settings) });

  try {
    await session.start();
    await migrateToLatest(kysely);
    await prepareAuditPartitions(kysely);
  } catch (error) {
    await session.close().catch(() => {});
    throw error;
  }
  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(kysely);
  const engine: DatabaseEngine = { kind: 'pglite', version: rows[0]?.version ?? '', shared: false };
  const maintenance = startMaintenance(async () => {
    await maintain(kysely);
    await maintainTimeSeries({ kysely, engine }, {}, config.encryptionKeys);
  }, warn);
  let closing: Promise<void> | undefined;

  const copyEngine: CopyEngine = {
    blockBytes: COPY_BLOCK_BYTES,
    ensurePartitions,
    copyBlock: (transaction, target, block, format) =>
      runOnConnection<PgliteConnection>(transaction, async (connection) => {
        if (!connection.inTransaction) throw new Error('copyIn needs an open transaction');
        copiedBytes += block.byteLength;
        const statement = `COPY ${target} FROM '/dev/blob'${copyOptions(format)}`;
        const result = await meter.measure(
          statement,
          () =>
            connection.run(() =>
              session.request({ op: 'copyIn', sql: statement, data: block }, [block.buffer]),
            ),
          ({ rowCount }) => rowCount ?? 0,
        );
        return result.rowCount ?? 0;
      }),
  };

  return {
    kysely,
    reader: kysely,
    engine,
    copyIn: (transaction, table, columns, chunks) =>
      copyRows(copyEngine, transaction, table, columns, chunks),
    copyBinary: (transaction, table, columns, blocks, marks) =>
      copyBinaryRows(copyEngine, transaction, table, columns, blocks, marks),
    async *copyOut(sql) {
      // The result is taken whole before it is handed on, so that a slow reader does not hold the only session.
      const chunks: Uint8Array[] = [];
      await kysely.connection().execute(async (connection) =>
        runOnConnection<PgliteConnection>(connection, async (own) => {
          const result = await own.run(() =>
            session.request({ op: 'copyOut', sql }, [], (chunk) => chunks.push(chunk)),
          );
          return result.rowCount ?? 0;
        }),
      );
      chunks.reverse();
      for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) yield chunk;
    },
    statistics: () => ({
      ...meter.figures(),
      connections: { open: 1, idle: queue.busy ? 0 : 1, waiting: queue.waiters },
    }),
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
