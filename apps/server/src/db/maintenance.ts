import { type Kysely, sql } from 'kysely';
import { removeOldAudit } from '../audit/retention.js';
import type { KeyRing } from '../auth/key-ring.js';
import type { Database } from './database.js';
import type { DatabaseSchema, TimeSeriesSettingsTable } from './schema.js';
import { refreshAggregates } from './time-series/aggregates.js';
import { compressQuietChunks, dropChunks, endAuditRetentionPolicy } from './time-series/hypertables.js';
import { withSessionLock } from './time-series/lock.js';
import { adoptStrays, dropPartitions, ensurePartitions } from './time-series/partitions.js';

export interface Maintenance {
  stop(): void;
}

const CHECK_INTERVAL_MS = 60_000;
const CHECKPOINT_AFTER_BYTES = 64 * 1024 * 1024;

/** Runs `round` once a minute, never two at once. */
export function startMaintenance(
  round: () => Promise<unknown>,
  onWarning: (message: string, error: unknown) => void,
): Maintenance {
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    round()
      .catch((error: unknown) => onWarning('Database maintenance failed', error))
      .finally(() => {
        running = false;
      });
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/**
 * What PostgreSQL's background processes do and PGlite has not: checkpoints (else the log only grows), ANALYZE
 * (else the planner knows nothing of freshly loaded tables), VACUUM (else updated rows pile up). The thresholds
 * are those of autovacuum. Returns what was done, e.g. ['checkpoint', 'analyze audit_logs'].
 */
export async function maintain(db: Kysely<DatabaseSchema>): Promise<readonly string[]> {
  const done: string[] = [];
  // Counters are else published about once a second only.
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const tables = await sql<{ table_name: string; vacuum: boolean; analyze: boolean }>`
    select s.relname as table_name,
      s.n_dead_tup > 1000 + 0.2 * s.n_live_tup as vacuum,
      s.n_mod_since_analyze > 1000 + 0.1 * s.n_live_tup as analyze
    from pg_stat_user_tables s
    where s.n_dead_tup > 1000 + 0.2 * s.n_live_tup
      or s.n_mod_since_analyze > 1000 + 0.1 * s.n_live_tup`.execute(db);
  for (const row of tables.rows) {
    const verb = row.vacuum ? (row.analyze ? 'vacuum (analyze)' : 'vacuum') : 'analyze';
    await sql`${sql.raw(verb)} ${sql.id(row.table_name)}`.execute(db);
    done.push(`${verb} ${row.table_name}`);
  }
  const log = await sql<{ behind: boolean }>`
    select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) > ${sql.lit(CHECKPOINT_AFTER_BYTES)} as behind
    from pg_control_checkpoint()`.execute(db);
  if (log.rows[0]?.behind) {
    await sql`checkpoint`.execute(db);
    done.push('checkpoint');
  }
  return done;
}

/** null: for ever, never. */
export type TimeSeriesSettings = Readonly<Record<TimeSeriesSettingsTable['name'], number | null>>;

/** What time_series_settings says. */
export async function readTimeSeriesSettings(kysely: Kysely<DatabaseSchema>): Promise<TimeSeriesSettings> {
  const rows = await kysely.selectFrom('time_series_settings').selectAll().execute();
  const days = new Map(rows.map((row) => [row.name, row.days]));
  return {
    audit_retention_days: days.get('audit_retention_days') ?? null,
    observation_retention_days: days.get('observation_retention_days') ?? null,
    compress_after_days: days.get('compress_after_days') ?? null,
  };
}

/** The audit partitions of this month and the next. Nothing to do where TimescaleDB makes chunks. */
export async function prepareAuditPartitions(kysely: Kysely<DatabaseSchema>): Promise<void> {
  const now = new Date();
  const months = [0, 1].map((k) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + k, 1)));
  await ensurePartitions(
    kysely,
    'audit_logs',
    months.map((month) => month.toISOString()),
  );
}

const MAX_REFRESH_MS = 30_000;

/**
 * One round over the time series: stored aggregates, partitions, retention, compression. Of several processes one does
 * it, the others return at once. `overrides` go before the table time_series_settings; `keys` are those of the audit
 * chain. Returns what was done.
 */
export async function maintainTimeSeries(
  db: Pick<Database, 'kysely' | 'engine'>,
  overrides: Partial<TimeSeriesSettings> = {},
  keys: KeyRing = [],
): Promise<readonly string[]> {
  const { kysely, engine } = db;
  return withSessionLock(kysely, engine.shared, 'maintenance', [], async (connection) => {
    const settings = { ...(await readTimeSeriesSettings(connection)), ...overrides };
    const done: string[] = [];
    const marks = await refreshAggregates(db, { maxMilliseconds: MAX_REFRESH_MS });
    if (marks > 0) done.push(`refresh ${marks} hours of series`);
    const steps = engine.timescale === undefined ? maintainPartitions : maintainHypertables;
    return [...done, ...(await steps(connection, settings, keys))];
  });
}

const cutoff = (days: number): Date => new Date(Date.now() - days * 86_400_000);
const SERIES_TABLES = ['satellite_observations', 'baseline_vectors'] as const;

async function maintainPartitions(
  kysely: Kysely<DatabaseSchema>,
  settings: TimeSeriesSettings,
  keys: KeyRing,
): Promise<string[]> {
  const done: string[] = [];
  const { audit_retention_days: auditDays, observation_retention_days: days } = settings;
  if (auditDays !== null) {
    for (const name of await removeOldAudit(kysely, cutoff(auditDays), keys, false)) {
      done.push(`drop ${name}`);
    }
  }
  if (days !== null) {
    for (const table of SERIES_TABLES) {
      const dropped = await dropPartitions(kysely, table, cutoff(days));
      if (dropped.length === 0) continue;
      // the hours of days that are still there in part stay: partitions are dropped whole
      const data = table === 'baseline_vectors' ? 'baseline_hourly_data' : 'observation_hourly_data';
      const midnight = new Date(Math.floor(cutoff(days).getTime() / 86_400_000) * 86_400_000);
      await sql`delete from ${sql.table(data)} where hour < ${midnight}`.execute(kysely);
      done.push(...dropped.map((name) => `drop ${name}`));
    }
  }
  await prepareAuditPartitions(kysely);
  for (const table of ['audit_logs', ...SERIES_TABLES] as const) {
    for (const name of await adoptStrays(kysely, table)) done.push(`partition ${name}`);
  }
  return done;
}

async function maintainHypertables(
  kysely: Kysely<DatabaseSchema>,
  settings: TimeSeriesSettings,
  keys: KeyRing,
): Promise<string[]> {
  const done: string[] = [];
  // Chunks of the audit log are dropped here, sealed for the chains, and no longer by a job of TimescaleDB.
  await endAuditRetentionPolicy(kysely);
  if (settings.audit_retention_days !== null) {
    const before = cutoff(settings.audit_retention_days);
    for (const name of await removeOldAudit(kysely, before, keys, true)) done.push(`drop ${name}`);
  }
  if (settings.observation_retention_days !== null) {
    for (const table of SERIES_TABLES) {
      const count = await dropChunks(kysely, table, cutoff(settings.observation_retention_days));
      if (count > 0) done.push(`drop ${count} chunks of ${table}`);
    }
  }
  if (settings.compress_after_days !== null) {
    const chunks = await compressQuietChunks(kysely, settings.compress_after_days);
    done.push(...chunks.map((chunk) => `compress ${chunk}`));
  }
  return done;
}
