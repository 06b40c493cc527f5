import { type Kysely, sql } from 'kysely';

/**
 * Creates the extension where the server offers it and it can be used: loaded at start (else CREATE EXTENSION ends the
 * connection), with the right to create it, and not its Apache edition, which has neither compression nor aggregates.
 */
export async function enableTimescale(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ installed: boolean; loaded: boolean }>`
    select installed_version is not null as installed,
      current_setting('timescaledb.max_background_workers', true) is not null
        or version() like '%emcc%' as loaded
    from pg_available_extensions where name = 'timescaledb'`.execute(db);
  if (rows.length === 0 || !(rows[0].installed || rows[0].loaded)) return false;
  await sql`savepoint timescale`.execute(db);
  try {
    await sql`create extension if not exists timescaledb`.execute(db);
    const license = await sql<{ license: string | null }>`
      select current_setting('timescaledb.license', true) as license`.execute(db);
    if (license.rows[0].license !== 'apache') {
      await sql`release savepoint timescale`.execute(db);
      return true;
    }
  } catch {
    // no right to create it: partitions do the same
  }
  await sql`rollback to savepoint timescale`.execute(db);
  return false;
}

const HYPERTABLES: readonly string[] = [
  // No index on time alone: a chunk is a day, and within it the series are looked up by owner, product and epoch.
  ...['satellite_observations', 'baseline_vectors'].map(
    (table) => `select create_hypertable('${table}', 'time', chunk_time_interval => interval '1 day',
    create_default_indexes => false, migrate_data => true)`,
  ),
  `select create_hypertable('audit_logs', 'time', chunk_time_interval => interval '30 days',
    create_default_indexes => false, migrate_data => true)`,
  `alter table satellite_observations set (timescaledb.compress,
    timescaledb.compress_segmentby = 'satellite, product', timescaledb.compress_orderby = 'time')`,
  `alter table baseline_vectors set (timescaledb.compress,
    timescaledb.compress_segmentby = 'pair, product', timescaledb.compress_orderby = 'time')`,
  `alter table audit_logs set (timescaledb.compress, timescaledb.compress_orderby = 'time desc')`,
  // Audit rows come in the order of time, so a policy by age of the data fits. Observations are ingested years after
  // their time: their chunks are compressed by the maintenance of this program, by the time of their last ingest.
  `select add_compression_policy('audit_logs', interval '60 days')`,
  `select add_retention_policy('audit_logs', interval '400 days')`,

  `create materialized view observation_hourly_data
    with (timescaledb.continuous, timescaledb.materialized_only = true) as
    select time_bucket(interval '1 hour', time) as hour, satellite, product, count(*) as records,
      min(gps_seconds) as first_gps_seconds, max(gps_seconds) as last_gps_seconds,
      count(*) filter (where quality_flag like '%1%') as flagged, count(distinct file_id) as files
    from satellite_observations group by 1, 2, 3 with no data`,
  `create materialized view baseline_hourly_data
    with (timescaledb.continuous, timescaledb.materialized_only = true) as
    select time_bucket(interval '1 hour', time) as hour, pair, product, count(*) as records,
      min(gps_seconds) as first_gps_seconds, max(gps_seconds) as last_gps_seconds,
      count(*) filter (where quality_flag like '%1%') as flagged, count(distinct file_id) as files,
      avg(range_rate) as range_rate_mean, stddev_samp(range_rate) as range_rate_std
    from baseline_vectors group by 1, 2, 3 with no data`,
  // Figures of today come from the rows (materialized_only = false); late rows are brought in by the policy.
  `create materialized view request_daily_data
    with (timescaledb.continuous, timescaledb.materialized_only = false) as
    select time_bucket(interval '1 day', time) as day, action, status / 100 as status_class, count(*) as requests,
      avg(duration_ms) as duration_ms_mean, max(duration_ms) as duration_ms_max
    from audit_logs group by 1, 2, 3 with no data`,
  `select add_continuous_aggregate_policy('request_daily_data', start_offset => interval '90 days',
    end_offset => interval '1 day', schedule_interval => interval '1 hour')`,
  `insert into aggregate_dirty (source, owner, product, bucket)
    select distinct 'satellite_observations', satellite, product, time_bucket(interval '1 hour', time)
    from satellite_observations`,
  `insert into aggregate_dirty (source, owner, product, bucket)
    select distinct 'baseline_vectors', pair, product, time_bucket(interval '1 hour', time)
    from baseline_vectors`,
];

export async function createHypertables(db: Kysely<unknown>): Promise<void> {
  for (const statement of HYPERTABLES) await sql.raw(statement).execute(db);
}
