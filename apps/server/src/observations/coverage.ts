import { gpsEpoch, gpsToDay, mjdToIsoDate } from '@gravity/geodesy';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import { PRODUCT_USES } from './product-table.js';
import { pairName } from './satellite-names.js';
import { utcBounds } from './time-range.js';

export interface DayCoverage {
  /** Satellite or pair. */
  readonly satellite: string;
  readonly product: string;
  /** Day in GPS time, YYYY-MM-DD. */
  readonly date: string;
  /** Different epochs. */
  readonly records: number;
  readonly firstGpsSeconds: number;
  readonly lastGpsSeconds: number;
  /** Steps of more than 1.5 times the nominal one, counted on the day on which they end. */
  readonly gaps: number;
  readonly gapSeconds: number;
  /** Records against those of a whole day at nominal sampling, where that is known. */
  readonly completeness?: number;
}

interface Row {
  owner: string;
  product: string;
  day: string | number;
  records: string | number;
  first: number;
  last: number;
  gaps: string | number;
  gap_seconds: number | null;
}

/**
 * What there is, from the records themselves: per product and day in [start, end). Different epochs and the gaps
 * between them cannot be put together from hourly figures; numbers of records can (see countRecords).
 *
 * @param satellites with two of them, what belongs to the pair is listed too
 */
export async function listCoverage(
  db: Database,
  satellites: readonly string[],
  startGpsSeconds: number,
  endGpsSeconds: number,
): Promise<DayCoverage[]> {
  const pairs = satellites.flatMap((a, i) => satellites.slice(i + 1).map((b) => pairName([a, b])));
  const rows = [
    ...(await coverageRows(
      db,
      'satellite_observations',
      'satellite',
      satellites,
      startGpsSeconds,
      endGpsSeconds,
    )),
    ...(await coverageRows(db, 'baseline_vectors', 'pair', pairs, startGpsSeconds, endGpsSeconds)),
  ];
  return rows.map((row) => {
    const records = Number(row.records);
    const step = Object.hasOwn(PRODUCT_USES, row.product) ? PRODUCT_USES[row.product].stepSeconds : undefined;
    return {
      satellite: row.owner,
      product: row.product,
      // days are counted from 0h of 2000-01-01
      date: mjdToIsoDate(gpsToDay(gpsEpoch(Number(row.day) * 86400), 'GPS').mjd),
      records,
      firstGpsSeconds: row.first,
      lastGpsSeconds: row.last,
      gaps: Number(row.gaps),
      gapSeconds: row.gap_seconds ?? 0,
      ...(step !== undefined && { completeness: Math.min(1, (records * step) / 86400) }),
    };
  });
}

async function coverageRows(
  db: Database,
  table: 'satellite_observations' | 'baseline_vectors',
  owner: 'satellite' | 'pair',
  names: readonly string[],
  start: number,
  end: number,
): Promise<Row[]> {
  if (names.length === 0) return [];
  const utc = utcBounds(start, end);
  const steps = Object.entries(PRODUCT_USES)
    .filter(([, use]) => use.stepSeconds !== undefined)
    .map(([product, use]) => sql`(${product}::text, ${use.stepSeconds}::double precision)`);
  const result = await sql<Row>`
    with epochs as (
      select distinct ${sql.ref(owner)} as owner, product, gps_seconds
      from ${sql.table(table)}
      where ${sql.ref(owner)} in (${sql.join(names)}) and gps_seconds >= ${start} and gps_seconds < ${end}
        and time >= ${utc.from} and time <= ${utc.to}
    ), steps as (
      select e.*, gps_seconds - lag(gps_seconds) over (partition by e.owner, e.product order by gps_seconds) as step
      from epochs e
    )
    select owner, s.product, floor((gps_seconds + 43200) / 86400)::bigint as day, count(*) as records,
      min(gps_seconds) as first, max(gps_seconds) as last,
      count(*) filter (where step > 1.5 * n.nominal) as gaps,
      sum(step - n.nominal) filter (where step > 1.5 * n.nominal) as gap_seconds
    from steps s left join (values ${sql.join(steps)}) n (product, nominal) on n.product = s.product
    group by owner, s.product, day
    order by owner, s.product, day`.execute(db.reader);
  return result.rows;
}
