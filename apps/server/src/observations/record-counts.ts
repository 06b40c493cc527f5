import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/database.js';

export interface UtcInterval {
  readonly start: Date;
  /** Not included. */
  readonly end: Date;
}

/** Records of one satellite (or pair) and product in one hour or day. */
export interface RecordCount {
  /** Start of the hour or day, UTC. */
  readonly time: Date;
  readonly satellite: string;
  readonly product: string;
  readonly count: number;
}

interface Source {
  readonly table: 'satellite_observations' | 'baseline_vectors';
  readonly view: 'observation_hourly' | 'baseline_hourly';
  readonly owner: 'satellite' | 'pair';
}

const SOURCES: readonly Source[] = [
  { table: 'satellite_observations', view: 'observation_hourly', owner: 'satellite' },
  { table: 'baseline_vectors', view: 'baseline_hourly', owner: 'pair' },
];
const HOUR_MS = 3_600_000;

/**
 * Records per satellite (or pair), product and hour or day of UTC: whole hours from the hourly figures, what is left
 * at both ends from the records. Equal to counting all records, at any moment.
 */
export async function countRecords(
  db: Pick<Database, 'reader'>,
  interval: UtcInterval,
  bucket: 'hour' | 'day',
  filter: { readonly satellite?: string; readonly product?: string },
  limit: number,
): Promise<RecordCount[]> {
  const parts = SOURCES.flatMap((source) => countsOf(source, interval, filter));
  if (parts.length === 0) return [];
  const { rows } = await sql<{ bucket: Date; satellite: string; product: string; count: string }>`
    select date_trunc(${sql.lit(bucket)}, hour, 'UTC') as bucket, satellite, product, sum(records) as count
    from (${sql.join(parts, sql` union all `)}) as parts
    group by 1, 2, 3 order by bucket, satellite, product limit ${limit}`.execute(db.reader);
  return rows.map(({ bucket: time, satellite, product, count }) => ({
    time: new Date(time),
    satellite,
    product,
    count: Number(count),
  }));
}

function countsOf(
  { table, view, owner }: Source,
  { start, end }: UtcInterval,
  { satellite, product }: { readonly satellite?: string; readonly product?: string },
): RawBuilder<unknown>[] {
  if (start >= end) return [];
  const name = sql.ref(owner);
  const chosen = sql`${satellite === undefined ? sql`` : sql`and ${name} = ${satellite}`}
    ${product === undefined ? sql`` : sql`and product = ${product}`}`;
  const rows = (from: Date, to: Date) => sql`
    select date_trunc('hour', time, 'UTC') as hour, ${name} as satellite, product, count(*) as records
    from ${sql.table(table)} where time >= ${from} and time < ${to} ${chosen} group by 1, 2, 3`;
  const first = new Date(Math.ceil(start.getTime() / HOUR_MS) * HOUR_MS);
  const last = new Date(Math.floor(end.getTime() / HOUR_MS) * HOUR_MS);
  if (first >= last) return [rows(start, end)];
  const whole = sql`
    select hour, ${name} as satellite, product, records from ${sql.table(view)}
    where hour >= ${first} and hour < ${last} ${chosen}`;
  return [...(start < first ? [rows(start, first)] : []), whole, ...(last < end ? [rows(last, end)] : [])];
}

/** Time of the newest record; undefined when there is none. */
export async function newestRecord(db: Pick<Database, 'reader'>): Promise<Date | undefined> {
  let newest: Date | undefined;
  for (const { table, view } of SOURCES) {
    // The last hour there is a figure or a mark of: only its partition is looked at.
    const hours = await sql<{ hour: Date | null }>`
      select greatest((select max(hour) from ${sql.table(`${view}_data`)}),
        (select max(bucket) from aggregate_dirty where source = ${table})) as hour`.execute(db.reader);
    const { hour } = hours.rows[0];
    if (hour === null) continue;
    const { rows } = await sql<{ time: Date | null }>`
      select max(time) as time from ${sql.table(table)} where time >= ${new Date(hour)}`.execute(db.reader);
    const time = rows[0].time === null ? undefined : new Date(rows[0].time);
    if (time !== undefined && (newest === undefined || time > newest)) newest = time;
  }
  return newest;
}

export interface SeriesStart {
  readonly satellite: string;
  readonly product: string;
  /** No record asked for lies before this; with `fromAtMost`, which is later, where that is only known roughly. */
  readonly from?: Date;
  readonly fromAtMost?: Date;
  readonly to?: Date;
}

/**
 * UTC bounds that hold the first `needed` records of a series from `from` on (and before `to`), whole hours. Undefined
 * when there is none. A read in time order that is bounded so opens a partition or two instead of all.
 */
export async function boundsOfFirst(
  db: Pick<Database, 'reader'>,
  { satellite, product, from, fromAtMost = from, to }: SeriesStart,
  needed: number,
): Promise<UtcInterval | undefined> {
  const source = SOURCES[satellite.includes('/') ? 1 : 0];
  const hourOf = (time: Date) => new Date(Math.floor(time.getTime() / HOUR_MS) * HOUR_MS);
  // records of the hours up to that of `fromAtMost` may lie before it: they do not count
  const counted =
    fromAtMost === undefined
      ? sql`records`
      : sql`case when hour > ${hourOf(fromAtMost)} then records else 0 end`;
  // an hour has at least one record, so that many hours are enough
  const { rows } = await sql<{ start: Date | null; stop: Date | null }>`
    select min(hour) as start, max(hour) as stop from (
      select hour, coalesce(sum(${counted}) over (order by hour rows between unbounded preceding and 1 preceding), 0)
        as before
      from (
        select hour, records from ${sql.table(source.view)}
        where ${sql.ref(source.owner)} = ${satellite} and product = ${product}
          ${from === undefined ? sql`` : sql`and hour >= ${hourOf(from)}`}
          ${to === undefined ? sql`` : sql`and hour < ${to}`}
        order by hour limit ${needed + 3}) as first
    ) as hours where before < ${needed}`.execute(db.reader);
  const { start, stop } = rows[0];
  if (start === null || stop === null) return undefined;
  return { start: new Date(start), end: new Date(new Date(stop).getTime() + HOUR_MS) };
}
