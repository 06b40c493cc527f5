import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from './schema.js';

export interface Maintenance {
  stop(): void;
}

const CHECK_INTERVAL_MS = 60_000;
const CHECKPOINT_AFTER_BYTES = 64 * 1024 * 1024;

/**
 * What PostgreSQL's background processes do and PGlite has not: checkpoints (else the log only grows), ANALYZE
 * (else the planner knows nothing of freshly loaded tables), VACUUM (else updated rows pile up). The thresholds
 * are those of autovacuum.
 */
export function startMaintenance(
  db: Kysely<DatabaseSchema>,
  onWarning: (message: string, error: unknown) => void,
): Maintenance {
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    maintain(db)
      .catch((error: unknown) => onWarning('Database maintenance failed', error))
      .finally(() => {
        running = false;
      });
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** One round. Returns what was done, e.g. ['checkpoint', 'analyze satellite_observations']. */
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
