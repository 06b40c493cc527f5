import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import type pg from 'pg';
import { runOnConnection } from './connection-task.js';
import type { Database, DatabaseEngine } from './database.js';
import { DatabaseUnavailableError } from './database-error.js';
import type { DatabaseConfig, DatabaseOptions } from './database-options.js';
import { maintainTimeSeries, prepareAuditPartitions, startMaintenance } from './maintenance.js';
import { migrateToLatest } from './migrations/index.js';
import { acquireFrom, type PostgresConnection } from './postgres-connection.js';
import { copyFromBlock, copyToChunks } from './postgres-copy.js';
import { connect, createPool, describeUrl, reasonOf } from './postgres-pool.js';
import { QueryMeter } from './query-meter.js';
import { ReplicaRouter } from './replica-reader.js';
import type { DatabaseSchema } from './schema.js';
import { sessionDialect } from './session-driver.js';
import { type CopyEngine, copyBinaryRows, copyOptions, copyRows } from './time-series/copy-in.js';
import { timescaleVersion } from './time-series/hypertables.js';
import { PartitionKeeper } from './time-series/partitions.js';
import { isConnectionError } from './transient.js';

const COPY_BLOCK_BYTES = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 60_000;
const MAX_PAUSE_MS = 3000;
const OLDEST_VERSION = 150_000;
const CLOSE_TIMEOUT_MS = 10_000;

/** Opens the database of a PostgreSQL server. Errors name DATABASE_URL's host and database, never its password. */
export async function openPostgres(
  config: DatabaseConfig & { readonly databaseUrl: string },
  options: DatabaseOptions,
): Promise<Database> {
  const warn = options.onWarning ?? (() => {});
  const meter = new QueryMeter(config.slowQueryMilliseconds ?? 500, options.onSlowQuery);
  const pools: pg.Pool[] = [];
  const statementTimeoutMs = options.statementTimeoutMs ?? (config.statementTimeoutSeconds ?? 900) * 1000;
  const pool = (
    url: string,
    size: number,
    acquireTimeoutMs: number,
    what: string,
    timeoutMs = statementTimeoutMs,
  ): pg.Pool => {
    const created = createPool({
      url,
      size,
      acquireTimeoutMs,
      statementTimeoutMs: timeoutMs,
      idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
      onIdleError: (error) => warn(`A connection to ${what} was lost`, error),
    });
    pools.push(created);
    return created;
  };
  const size = config.databasePoolSize ?? 10;
  const acquireTimeoutMs = options.acquireTimeoutMs ?? 60_000;
  const main = pool(config.databaseUrl, size, acquireTimeoutMs, 'the database');
  const kysely = new Kysely<DatabaseSchema>({ dialect: sessionDialect(() => acquireFrom(main, meter)) });
  // of its own, or a full pool of loads would wait for a connection that none of them gives back
  const side = pool(config.databaseUrl, 1, acquireTimeoutMs, 'the database');
  const partitions = new PartitionKeeper(
    new Kysely<DatabaseSchema>({ dialect: sessionDialect(() => acquireFrom(side, meter)) }),
  );
  const end = async (): Promise<void> => {
    await Promise.race([
      Promise.all(pools.filter((each) => !each.ending).map((each) => each.end())),
      delay(CLOSE_TIMEOUT_MS, undefined, { ref: false }),
    ]);
  };

  try {
    await waitForServer(main, config.databaseUrl, options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, warn);
    const version = await serverVersion(kysely);
    // a migration may move all rows of a table
    const unhurried = pool(config.databaseUrl, 2, acquireTimeoutMs, 'the database', 0);
    await migrateToLatest(new Kysely({ dialect: sessionDialect(() => acquireFrom(unhurried, meter)) }));
    await unhurried.end();
    const timescale = await timescaleVersion(kysely);
    const engine: DatabaseEngine = {
      kind: 'postgresql',
      version,
      ...(timescale !== undefined && { timescale }),
      shared: true,
    };
    if (timescale === undefined) await prepareAuditPartitions(kysely);
    let router: ReplicaRouter | undefined;
    if (config.databaseReplicaUrl !== undefined) {
      const replica = pool(config.databaseReplicaUrl, size, 3000, 'the replica');
      const { replicaLagSeconds = 10, replicaCheckMs = 3000 } = options;
      router = new ReplicaRouter(main, replica, meter, replicaLagSeconds, replicaCheckMs, (state) => {
        if (!state.usable) warn('The replica is not used', new Error(state.reason));
      });
      await router.check();
    }
    const chosen = router;
    const reader = chosen
      ? new Kysely<DatabaseSchema>({ dialect: sessionDialect(() => chosen.acquire()) })
      : kysely;
    const maintenance = startMaintenance(
      () => maintainTimeSeries({ kysely, engine }, {}, config.encryptionKeys),
      warn,
    );
    const copyEngine: CopyEngine = {
      blockBytes: COPY_BLOCK_BYTES,
      ...(timescale === undefined && {
        ensurePartitions: (_transaction, table, days) => partitions.ensure(table, days),
      }),
      copyBlock: (transaction, target, block, format) =>
        runOnConnection<PostgresConnection>(transaction, (connection) => {
          if (!connection.inTransaction) throw new Error('copyIn needs an open transaction');
          const statement = `COPY ${target} FROM STDIN${copyOptions(format)}`;
          return meter.measure(
            statement,
            () => connection.run((client) => copyFromBlock(client, statement, block)),
            (rows) => rows,
          );
        }),
    };
    let closing: Promise<void> | undefined;
    return {
      kysely,
      reader,
      engine,
      copyIn: (transaction, table, columns, chunks) =>
        copyRows(copyEngine, transaction, table, columns, chunks),
      copyBinary: (transaction, table, columns, blocks, marks) =>
        copyBinaryRows(copyEngine, transaction, table, columns, blocks, marks),
      copyOut: (text) => copyToChunks(main, text),
      statistics: () => ({
        ...meter.figures(),
        connections: { open: main.totalCount, idle: main.idleCount, waiting: main.waitingCount },
        ...(router && { replica: { usable: router.state.usable, lagSeconds: router.state.lagSeconds } }),
      }),
      ping: () => ping(main),
      close() {
        closing ??= (async () => {
          maintenance.stop();
          await end();
        })();
        return closing;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Services of a compose file start in any order: a server that is not up yet is waited for. */
async function waitForServer(
  pool: pg.Pool,
  url: string,
  timeoutMs: number,
  warn: (message: string, error: unknown) => void,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  const where = describeUrl(url);
  for (let pause = 200; ; pause = Math.min(MAX_PAUSE_MS, pause * 1.7)) {
    try {
      const client = await connect(pool);
      client.release();
      return;
    } catch (error) {
      const wait = isConnectionError(error);
      if (!wait || performance.now() + pause > end) {
        const text = wait ? `does not answer after ${Math.round(timeoutMs / 1000)} s` : 'cannot be used';
        throw new DatabaseUnavailableError(
          'unreachable',
          `DATABASE_URL: PostgreSQL at ${where} ${text}: ${reasonOf(error)}`,
          { cause: error },
        );
      }
      warn(`Waiting for PostgreSQL at ${where}`, error);
      await delay(pause);
    }
  }
}

async function serverVersion(kysely: Kysely<DatabaseSchema>): Promise<string> {
  const { rows } = await sql<{ version: string; number: number }>`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::integer as number`.execute(kysely);
  const { version, number } = rows[0];
  if (number < OLDEST_VERSION) {
    throw new Error(`DATABASE_URL: PostgreSQL ${version} is too old, version 15 or later is needed`);
  }
  // Debian adds its own name: "15.18 (Debian 15.18-0+deb12u1)"
  return version.split(' ')[0];
}

/** A pool that is fully at work is alive. */
async function ping(pool: pg.Pool): Promise<void> {
  const client = await connect(pool);
  try {
    await client.query('select 1');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
