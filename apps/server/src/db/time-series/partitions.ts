import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema, TimeSeriesTable } from '../schema.js';

/** What a session waits for a lock that a partition needs; then the rows go to the default partition. */
export const LOCK_TIMEOUT = '2s';
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

const isLockProblem = (error: unknown): boolean => {
  const { code } = error as { code?: unknown };
  return code === LOCK_NOT_AVAILABLE || code === DEADLOCK;
};

/** Makes the partitions of the days (YYYY-MM-DD) that are not there yet, in the transaction of `executor`. */
export async function ensurePartitions(
  executor: Kysely<DatabaseSchema>,
  table: TimeSeriesTable,
  days: readonly string[],
): Promise<void> {
  const times = sql.join(days.map((day) => sql`(${day}::timestamptz)`));
  await sql`select ${sql.raw(`${table}_partition`)}(t.start) from (values ${times}) as t (start)`.execute(
    executor,
  );
}

/**
 * Partitions of a server that several processes load into. They are made on a connection of their own and committed at
 * once: within the transaction of a long COPY, other loads of the day would wait for its end.
 */
export class PartitionKeeper {
  readonly #known = new Set<string>();

  constructor(private readonly kysely: Kysely<DatabaseSchema>) {}

  async ensure(table: TimeSeriesTable, days: readonly string[]): Promise<void> {
    for (const day of days) {
      const key = `${table} ${day}`;
      if (this.#known.has(key)) continue;
      try {
        await this.kysely.transaction().execute(async (transaction) => {
          await sql`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`.execute(transaction);
          await ensurePartitions(transaction, table, [day]);
        });
        this.#known.add(key);
      } catch (error) {
        // the rows go to the default partition; maintenance moves them
        if (!isLockProblem(error)) throw error;
      }
    }
  }
}

/** Moves rows out of the default partition, a few days each time. Returns the partitions made. */
export async function adoptStrays(
  kysely: Kysely<DatabaseSchema>,
  table: TimeSeriesTable,
  limit = 5,
): Promise<readonly string[]> {
  const made: string[] = [];
  const { rows } = await sql<{ day: Date }>`
    select distinct date_trunc('day', time, 'UTC') as day from ${sql.table(`${table}_default`)}
    order by 1 limit ${limit}`.execute(kysely);
  for (const { day } of rows) {
    try {
      const name = await kysely.transaction().execute(async (transaction) => {
        await sql`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`.execute(transaction);
        const result = await sql<{ name: string | null }>`
          select ${sql.raw(`${table}_partition`)}(${day}, true) as name`.execute(transaction);
        return result.rows[0].name;
      });
      if (name !== null) made.push(name);
    } catch (error) {
      if (!isLockProblem(error)) throw error;
    }
  }
  return made;
}

/** Drops the partitions whose days all lie before `before`. Returns their names. */
export async function dropPartitions(
  kysely: Kysely<DatabaseSchema>,
  table: Exclude<TimeSeriesTable, 'audit_logs'>,
  before: Date,
): Promise<readonly string[]> {
  // a partition ends where the next day begins; the name holds where it begins
  const { rows } = await sql<{ name: string }>`
    select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table}::regclass and c.relname ~ '_[0-9]{8}$'
      and (to_date(right(c.relname::text, 8), 'YYYYMMDD') + interval '1 day') at time zone 'UTC' <= ${before}
    order by 1`.execute(kysely);
  const dropped: string[] = [];
  for (const { name } of rows) {
    try {
      await kysely.transaction().execute(async (transaction) => {
        await sql`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`.execute(transaction);
        await sql`drop table ${sql.table(name)}`.execute(transaction);
      });
      dropped.push(name);
    } catch (error) {
      if (!isLockProblem(error)) throw error;
    }
  }
  await sql`delete from ${sql.table(`${table}_default`)} where time < ${before}`.execute(kysely);
  return dropped;
}
