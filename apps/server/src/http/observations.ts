import { type RawBuilder, sql } from 'kysely';
import { BASELINE_MEASUREMENTS } from '../db/baseline-columns.js';
import type { Database } from '../db/database.js';
import { boundsOfFirst, newestRecord, type UtcInterval } from '../observations/record-counts.js';
import { utcBounds } from '../observations/time-range.js';
import { decodeCursor, encodeCursor } from './cursor.js';

export type Interval = UtcInterval;

/** The last `days` before the newest record there is; undefined when there is none. */
export async function latestInterval(db: Database, days: number): Promise<Interval | undefined> {
  const newest = await newestRecord(db);
  if (newest === undefined) return undefined;
  // The end is excluded: one millisecond on, so that the newest record itself counts.
  const end = new Date(newest.getTime() + 1);
  return { start: new Date(end.getTime() - days * 86_400_000), end };
}

export interface ObservationRow {
  readonly time: Date;
  readonly gps_seconds: number;
  readonly product: string;
  readonly file_id: string;
  readonly quality_flag: string | null;
  /** Columns of the table, without the ones above. */
  readonly data: Record<string, unknown>;
}

/**
 * A page of records in time order. Several records may share an epoch (one per GPS satellite, overlapping files),
 * so the cursor is an epoch and the number of its records already given; the rest of the order makes it stable.
 */
export async function readObservations(
  db: Database,
  filter: {
    readonly satellite: string;
    readonly product: string;
    readonly start?: Date;
    readonly end?: Date;
  },
  cursor: string | undefined,
  limit: number,
): Promise<{ readonly items: ObservationRow[]; readonly nextCursor: string | null }> {
  const [from, skip] = cursor === undefined ? [undefined, 0] : decodeCursor(cursor, ['number', 'number']);
  const isPair = filter.satellite.includes('/');
  const table = sql.table(isPair ? 'baseline_vectors' : 'satellite_observations');
  const name = sql.ref(isPair ? 'pair' : 'satellite');
  const { satellite, product, start, end } = filter;
  const bounds = await boundsOfFirst(
    db,
    { satellite, product, ...pageStart(from, start), ...(end !== undefined && { to: end }) },
    Math.max(0, Math.trunc(skip)) + limit + 1,
  );
  if (bounds === undefined) return { items: [], nextCursor: null };
  const columns: RawBuilder<unknown> = isPair
    ? sql.join(BASELINE_MEASUREMENTS.map((column) => sql.ref(column)))
    : sql`"values", labels`;
  const { rows } = await sql<Record<string, unknown> & Omit<ObservationRow, 'data'>>`
    select time, gps_seconds, product, file_id, quality_flag, ${columns} from ${table}
    where ${name} = ${filter.satellite} and product = ${filter.product}
      and time >= ${bounds.start} and time < ${bounds.end}
      ${from === undefined ? sql`` : sql`and gps_seconds >= ${from}`}
      ${filter.start === undefined ? sql`` : sql`and time >= ${filter.start}`}
      ${filter.end === undefined ? sql`` : sql`and time < ${filter.end}`}
    order by gps_seconds, file_id, ${columns}
    limit ${limit + 1} offset ${Math.max(0, Math.trunc(skip))}`.execute(db.reader);
  const page = rows.slice(0, limit);
  const items = page.map(({ time, gps_seconds, product, file_id, quality_flag, ...data }) => ({
    time: new Date(time),
    gps_seconds,
    product,
    file_id,
    quality_flag,
    data,
  }));
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null };
  const given = items.filter((item) => item.gps_seconds === last.gps_seconds).length;
  const before = last.gps_seconds === from ? skip : 0;
  return { items, nextCursor: encodeCursor([last.gps_seconds, given + before]) };
}

/** From where on a page reads: its cursor is in GPS seconds, whose UTC is bounded. */
function pageStart(cursor: number | undefined, start: Date | undefined): { from?: Date; fromAtMost?: Date } {
  if (cursor === undefined) return start === undefined ? {} : { from: start };
  const { from, to } = utcBounds(cursor, cursor);
  const later = (text: string) =>
    new Date(Math.max(Date.parse(text), start?.getTime() ?? Number.NEGATIVE_INFINITY));
  return { from: later(from), fromAtMost: later(to) };
}
