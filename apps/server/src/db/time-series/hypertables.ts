import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../schema.js';
import { refreshWindow } from './aggregates.js';
import type { CopiedSeriesTable } from './row-marks.js';

/** Version of TimescaleDB when the time series are its hypertables; undefined with partitions of our own. */
export async function timescaleVersion(kysely: Kysely<DatabaseSchema>): Promise<string | undefined> {
  const { rows } = await sql<{ version: string; partitioned: boolean }>`
    select extversion as version, exists (
      select from pg_partitioned_table where partrelid = 'satellite_observations'::regclass) as partitioned
    from pg_extension where extname = 'timescaledb'`.execute(kysely);
  return rows[0] === undefined || rows[0].partitioned ? undefined : rows[0].version;
}

/**
 * Compresses the chunks into which nothing was ingested for `days`, also those that got rows after they were
 * compressed. By the time of ingestion, not of the data: archives are ingested years later, file after file into the
 * same day. Returns the names of the chunks.
 */
export async function compressQuietChunks(
  kysely: Kysely<DatabaseSchema>,
  days: number,
  limit = 20,
): Promise<readonly string[]> {
  // GPS seconds of a UTC time; a minute more than the leap seconds on either side
  const { rows } = await sql<{ chunk: string }>`
    select format('%I.%I', i.chunk_schema, i.chunk_name) as chunk
    from timescaledb_information.chunks i
    join _timescaledb_catalog.chunk c on c.schema_name = i.chunk_schema and c.table_name = i.chunk_name
    where i.hypertable_name in ('satellite_observations', 'baseline_vectors')
      and (not i.is_compressed or c.status & 8 = 8)
      and not exists (
        select from ingested_files f where f.created_at > now() - make_interval(days => ${days}::integer)
          and f.gps_start < extract(epoch from i.range_end) - 946728000 + 60
          and f.gps_end > extract(epoch from i.range_start) - 946728000 - 60)
    order by i.range_start limit ${limit}`.execute(kysely);
  for (const { chunk } of rows) await sql`select compress_chunk(${chunk}::regclass)`.execute(kysely);
  return rows.map(({ chunk }) => chunk);
}

/** Drops chunks before `before`, and what the aggregate says of them. Returns their number. */
export async function dropChunks(
  connection: Kysely<DatabaseSchema>,
  table: CopiedSeriesTable,
  before: Date,
): Promise<number> {
  const ranges = await sql<{ start: Date | null; stop: Date | null }>`
    select min(range_start) as start, max(range_end) as stop from timescaledb_information.chunks
    where hypertable_name = ${table} and range_end <= ${before}`.execute(connection);
  const { start, stop } = ranges.rows[0];
  if (start === null || stop === null) return 0;
  const { rows } = await sql`select drop_chunks(${table}::regclass, ${before}::timestamptz)`.execute(
    connection,
  );
  const data = table === 'baseline_vectors' ? 'baseline_hourly_data' : 'observation_hourly_data';
  await refreshWindow(connection, data, start, stop);
  return rows.length;
}

/** Ends the job by which versions before this one dropped old chunks of the audit log. */
export async function endAuditRetentionPolicy(kysely: Kysely<DatabaseSchema>): Promise<void> {
  const { rows } = await sql`
    select from timescaledb_information.jobs
    where proc_name = 'policy_retention' and hypertable_name = 'audit_logs'`.execute(kysely);
  if (rows.length === 0) return;
  await sql`select remove_retention_policy('audit_logs', if_exists => true)`.execute(kysely);
}
