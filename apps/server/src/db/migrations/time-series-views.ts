import { type Kysely, sql } from 'kysely';

/** What is stored of the aggregates, with marked series and hours taken from the rows: exact at any moment. */
function exactView(view: string, source: string, key: 'hour' | 'day', columns: string, live: string): string {
  const list = (prefix: string) =>
    columns
      .split(', ')
      .map((column) => `${prefix}.${column}`)
      .join(', ');
  const isSeries = source !== 'audit_logs';
  const owner = source === 'baseline_vectors' ? 'pair' : 'satellite';
  const sameSeries = isSeries ? ` and d.owner = m.${owner} and d.product = m.product` : '';
  const marks = isSeries ? `d.bucket as ${key}, d.owner as ${owner}, d.product` : `d.bucket as ${key}`;
  const rest = columns
    .split(', ')
    .filter((column) => !(isSeries && ['hour', owner, 'product'].includes(column)) && column !== key)
    .map((column) => `l.${column}`)
    .join(', ');
  return `create view ${view} as
    select ${list('m')} from ${view}_data m where not exists (
      select 1 from aggregate_dirty d where d.source = '${source}' and d.bucket = m.${key}${sameSeries})
    union all
    select ${marks}, ${rest} from (
      select distinct owner, product, bucket from aggregate_dirty where source = '${source}') d
    cross join lateral ${live} l`;
}

/** The same names and columns on every engine; what is behind them is made before. */
export async function createTimeSeriesViews(db: Kysely<unknown>): Promise<void> {
  const statements = [
    exactView(
      'observation_hourly',
      'satellite_observations',
      'hour',
      'hour, satellite, product, records, first_gps_seconds, last_gps_seconds, flagged, files',
      `observation_hours(d.owner, d.product, d.bucket, d.bucket + interval '1 hour')`,
    ),
    exactView(
      'baseline_hourly',
      'baseline_vectors',
      'hour',
      'hour, pair, product, records, first_gps_seconds, last_gps_seconds, flagged, files, range_rate_mean, range_rate_std',
      `baseline_hours(d.owner, d.product, d.bucket, d.bucket + interval '1 hour')`,
    ),
    exactView(
      'request_daily',
      'audit_logs',
      'day',
      'day, action, status_class, requests, duration_ms_mean, duration_ms_max',
      `request_days(d.bucket, d.bucket + interval '1 day')`,
    ),
    `create view job_daily as
      select date_trunc('day', created_at, 'UTC') as day, type, status, count(*) as jobs,
        avg(extract(epoch from completed_at - started_at)::float8) as seconds_mean,
        max(extract(epoch from completed_at - started_at)::float8) as seconds_max,
        avg(extract(epoch from started_at - created_at)::float8) as wait_seconds_mean
      from processing_jobs group by 1, 2, 3`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
