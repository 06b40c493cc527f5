import { type Kysely, sql } from 'kysely';
import { partitionTables } from './time-series-partitions.js';
import { createHypertables, enableTimescale } from './time-series-timescale.js';
import { createTimeSeriesViews } from './time-series-views.js';

const COMMON: readonly string[] = [
  // Series and hours (audit_logs: days) whose aggregates are older than their rows. Every writer adds marks of its
  // own, so that writers never wait for each other; a refresh removes only the marks it has seen.
  `create table aggregate_dirty (
    id bigint generated always as identity primary key,
    source text not null check (source in ('satellite_observations', 'baseline_vectors', 'audit_logs')),
    owner text not null default '',
    product text not null default '',
    bucket timestamptz not null
  )`,
  'create index aggregate_dirty_series on aggregate_dirty (source, bucket, owner, product)',
  `create table time_series_settings (
    name text primary key
      check (name in ('audit_retention_days', 'observation_retention_days', 'compress_after_days')),
    days integer check (days >= 1)
  )`,
  `insert into time_series_settings (name, days) values
    ('audit_retention_days', 400), ('observation_retention_days', null), ('compress_after_days', 30)`,

  // One series over some hours. Built as text, so that it is planned with the times known: only the partitions or
  // chunks of these hours are opened and locked. Both time columns are bounded: time finds the partition, gps_seconds
  // the place in its index (a minute more than GPS and UTC differ, on either side).
  `create function observation_hours(of_satellite text, of_product text, start timestamptz, stop timestamptz)
  returns table (hour timestamptz, satellite text, product text, records bigint, first_gps_seconds double precision,
    last_gps_seconds double precision, flagged bigint, files bigint)
  language plpgsql stable as $body$
  begin
    return query execute format($query$
      select date_trunc('hour', o.time, 'UTC'), o.satellite, o.product, count(*), min(o.gps_seconds),
        max(o.gps_seconds), count(*) filter (where o.quality_flag like '%%1%%'), count(distinct o.file_id)
      from satellite_observations o
      where o.satellite = %1$L and o.product = %2$L and o.time >= %3$L::timestamptz and o.time < %4$L::timestamptz
        and o.gps_seconds >= %5$L::float8 and o.gps_seconds < %6$L::float8
      group by 1, 2, 3$query$, of_satellite, of_product, start, stop,
      extract(epoch from start) - 946728060, extract(epoch from stop) - 946727940);
  end
  $body$`,
  `create function baseline_hours(of_pair text, of_product text, start timestamptz, stop timestamptz)
  returns table (hour timestamptz, pair text, product text, records bigint, first_gps_seconds double precision,
    last_gps_seconds double precision, flagged bigint, files bigint, range_rate_mean double precision,
    range_rate_std double precision)
  language plpgsql stable as $body$
  begin
    return query execute format($query$
      select date_trunc('hour', o.time, 'UTC'), o.pair, o.product, count(*), min(o.gps_seconds), max(o.gps_seconds),
        count(*) filter (where o.quality_flag like '%%1%%'), count(distinct o.file_id), avg(o.range_rate),
        stddev_samp(o.range_rate)
      from baseline_vectors o
      where o.pair = %1$L and o.product = %2$L and o.time >= %3$L::timestamptz and o.time < %4$L::timestamptz
        and o.gps_seconds >= %5$L::float8 and o.gps_seconds < %6$L::float8
      group by 1, 2, 3$query$, of_pair, of_product, start, stop,
      extract(epoch from start) - 946728060, extract(epoch from stop) - 946727940);
  end
  $body$`,
  `create function request_days(start timestamptz, stop timestamptz)
  returns table (day timestamptz, action text, status_class integer, requests bigint, duration_ms_mean double precision,
    duration_ms_max double precision)
  language plpgsql stable as $body$
  begin
    return query execute format($query$
      select date_trunc('day', a.time, 'UTC'), a.action, a.status / 100, count(*), avg(a.duration_ms),
        max(a.duration_ms)
      from audit_logs a where a.time >= %1$L::timestamptz and a.time < %2$L::timestamptz
      group by 1, 2, 3$query$, start, stop);
  end
  $body$`,
];

/**
 * Observations, ranging and the audit log by time: hypertables and continuous aggregates where TimescaleDB is there,
 * else range partitions and tables of aggregates. Rows that are there already are moved. The views are the same.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // moving the rows of a large database may take longer than a statement may at other times
  await sql`select set_config('statement_timeout', '0', true)`.execute(db);
  const timescale = await enableTimescale(db);
  for (const statement of COMMON) await sql.raw(statement).execute(db);
  if (timescale) await createHypertables(db);
  else await partitionTables(db);
  await createTimeSeriesViews(db);
}
