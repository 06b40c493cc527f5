import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import type { DatabaseSchema, TimeSeriesTable } from '../schema.js';
import { lockKey, withSessionLock } from './lock.js';

type Target = Pick<Database, 'kysely' | 'engine'>;

/** Marks taken in one transaction: ten days of one product at 1 Hz are about 860,000 rows, a second or two. */
const BATCH_MARKS = 250;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

interface Layout {
  readonly source: TimeSeriesTable;
  readonly data: string;
  readonly key: 'hour' | 'day';
  readonly owner?: 'satellite' | 'pair';
  /** Function of owner, product and two times that gives new rows of `data`. */
  readonly compute: string;
  readonly bucketMs: number;
}

const LAYOUTS: readonly Layout[] = [
  {
    source: 'satellite_observations',
    data: 'observation_hourly_data',
    key: 'hour',
    owner: 'satellite',
    compute: 'observation_hours(w.owner, w.product, w.start, w.stop)',
    bucketMs: HOUR_MS,
  },
  {
    source: 'baseline_vectors',
    data: 'baseline_hourly_data',
    key: 'hour',
    owner: 'pair',
    compute: 'baseline_hours(w.owner, w.product, w.start, w.stop)',
    bucketMs: HOUR_MS,
  },
  {
    source: 'audit_logs',
    data: 'request_daily_data',
    key: 'day',
    compute: 'request_days(w.start, w.stop)',
    bucketMs: DAY_MS,
  },
];

export interface RefreshOptions {
  /** No new batch is begun after this time; what is left stays marked. */
  readonly maxMilliseconds?: number;
}

/**
 * Brings the stored aggregates up to date where rows have changed. The views are exact without it too, from the rows;
 * afterwards they are fast. Of several processes one works, the others return at once.
 *
 * @returns the number of marks removed
 */
export async function refreshAggregates(db: Target, options: RefreshOptions = {}): Promise<number> {
  const end = performance.now() + (options.maxMilliseconds ?? Number.POSITIVE_INFINITY);
  let done = 0;
  for (const layout of LAYOUTS) {
    while (performance.now() < end) {
      const removed =
        db.engine.timescale === undefined
          ? await refreshTable(db, layout)
          : await refreshContinuous(db, layout);
      done += removed;
      if (removed === 0) break;
    }
  }
  return done;
}

interface Mark {
  readonly owner: string;
  readonly product: string;
  readonly bucket: Date;
}

export interface Window {
  readonly owner: string;
  readonly product: string;
  readonly start: Date;
  readonly stop: Date;
}

/** Joins marks of one series within a day to one window: a day is one partition, and its hours are read at once. */
export function windowsOf(marks: readonly Mark[], bucketMs: number): Window[] {
  const windows = new Map<string, Window>();
  for (const { owner, product, bucket } of marks) {
    const day = Math.floor(bucket.getTime() / DAY_MS);
    const key = `${day}\t${owner}\t${product}`;
    const stop = new Date(bucket.getTime() + bucketMs);
    const other = windows.get(key);
    windows.set(key, {
      owner,
      product,
      start: other && other.start < bucket ? other.start : bucket,
      stop: other && other.stop > stop ? other.stop : stop,
    });
  }
  return [...windows.values()];
}

async function refreshTable({ kysely, engine }: Target, layout: Layout): Promise<number> {
  const { source, data, key, owner, compute, bucketMs } = layout;
  return kysely.transaction().execute(async (transaction) => {
    if (engine.shared) {
      const { rows } = await sql<{ locked: boolean }>`
        select pg_try_advisory_xact_lock(${sql.lit(lockKey('aggregates'))}) as locked`.execute(transaction);
      if (!rows[0].locked) return 0;
    }
    // The marks go first. Rows whose marks are committed now are seen by the statements after this one; rows that
    // come later bring marks of their own.
    const { rows: marks } = await sql<Mark>`
      delete from aggregate_dirty where id in (
        select id from aggregate_dirty where source = ${source} order by bucket, owner, product limit ${BATCH_MARKS})
      returning owner, product, bucket`.execute(transaction);
    if (marks.length === 0) return 0;
    const windows = sql`jsonb_to_recordset(${JSON.stringify(windowsOf(marks, bucketMs))}::jsonb)
      as w (owner text, product text, start timestamptz, stop timestamptz)`;
    const series =
      owner === undefined ? sql`` : sql`and d.${sql.ref(owner)} = w.owner and d.product = w.product`;
    await sql`
      delete from ${sql.table(data)} d using ${windows}
      where d.${sql.ref(key)} >= w.start and d.${sql.ref(key)} < w.stop ${series}`.execute(transaction);
    await sql`
      insert into ${sql.table(data)} select n.* from ${windows} cross join lateral ${sql.raw(compute)} n`.execute(
      transaction,
    );
    return marks.length;
  });
}

async function refreshContinuous({ kysely, engine }: Target, layout: Layout): Promise<number> {
  const { source, data, bucketMs } = layout;
  return withSessionLock(kysely, engine.shared, 'aggregates', 0, async (connection) => {
    const { rows: marks } = await sql<{ id: string; bucket: Date }>`
      select id, bucket from aggregate_dirty where source = ${source}
      order by bucket, owner, product limit ${BATCH_MARKS * 4}`.execute(connection);
    if (marks.length === 0) return 0;
    // TimescaleDB knows itself which hours have changed: the window only bounds where it looks.
    for (const { start, stop } of windowsOf(
      marks.map(({ bucket }) => ({ owner: '', product: '', bucket })),
      bucketMs,
    )) {
      await refreshWindow(connection, data, start, stop);
    }
    await sql`delete from aggregate_dirty where id in (${sql.join(marks.map(({ id }) => id))})`.execute(
      connection,
    );
    return marks.length;
  });
}

/** Outside of a transaction only. */
export async function refreshWindow(
  connection: Kysely<DatabaseSchema>,
  data: string,
  start: Date,
  stop: Date,
): Promise<void> {
  await sql`call refresh_continuous_aggregate(${sql.lit(data)}, ${sql.lit(start.toISOString())}::timestamptz,
    ${sql.lit(stop.toISOString())}::timestamptz)`.execute(connection);
}
