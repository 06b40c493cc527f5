import { randomUUID } from 'node:crypto';
import { type Database, maintainTimeSeries, openDatabase, refreshAggregates } from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { upgradeKeepsRows } from './old-database.js';
import { copyObservations, timeSeriesContract } from './time-series-contract.js';
import { openTimescalePglite } from './timescale-pglite.js';

const START = Date.parse('2023-06-01T00:00:00Z');

/** A server with the extension, when there is one: its database must be empty. */
const serverUrl = process.env.GRAVITY_TEST_TIMESCALE_URL;

timeSeriesContract('TimescaleDB in PGlite', () => openTimescalePglite());

describe.skipIf(serverUrl === undefined)('a TimescaleDB server', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());
  timeSeriesContract('TimescaleDB server', () =>
    openDatabase(testConfig(folder.path, { databaseUrl: serverUrl })),
  );
});

describe('TimescaleDB: chunks', () => {
  let db: Database;
  beforeAll(async () => {
    db = await openTimescalePglite();
    for (const [i, satellite] of ['GRACE-C', 'GRACE-D'].entries()) {
      await copyObservations(db, {
        satellite,
        product: 'GNV1B',
        stepSeconds: 10,
        fromMs: START,
        count: 8640 * 2,
        fileId: `00000000-0000-4000-8000-00000000000${i}`,
      });
    }
    await refreshAggregates(db);
  });
  afterAll(() => db.close());

  const chunks = async () =>
    (
      await sql<{ chunk_name: string; is_compressed: boolean }>`
        select chunk_name::text, is_compressed from timescaledb_information.chunks
        where hypertable_name = 'satellite_observations' order by range_start`.execute(db.kysely)
    ).rows;
  const digest = async () =>
    (
      await sql`
        select count(*) as n, sum(gps_seconds) as s, md5(string_agg(o::text, ',' order by satellite, gps_seconds)) as m
        from satellite_observations o`.execute(db.kysely)
    ).rows[0];

  it('are of one day', async () => {
    expect(db.engine.timescale).toMatch(/^2\./);
    expect(await chunks()).toHaveLength(2);
    const { rows } = await sql<{ name: string; interval: string }>`
      select hypertable_name::text as name, time_interval::text as interval from timescaledb_information.dimensions
      where hypertable_schema = 'public' order by 1`.execute(db.kysely);
    expect(rows).toEqual([
      { name: 'audit_logs', interval: '30 days' },
      { name: 'baseline_vectors', interval: '1 day' },
      { name: 'satellite_observations', interval: '1 day' },
    ]);
  });

  it('are compressed when nothing came in for the days, and take late rows', async () => {
    const before = await digest();
    const userId = randomUUID();
    await sql`insert into users (id, username, email, password_hash, role)
      values (${userId}, 'u', 'u@example.org', 'x', 'viewer')`.execute(db.kysely);
    // a file ingested today into the second day
    await sql`
      insert into ingested_files (id, sha256, file_name, product, satellite, gps_start, gps_end, records, bytes,
        object_key, columns, quality, metadata, user_id)
      values (gen_random_uuid(), ${'a'.repeat(64)}, 'f', 'GNV1B', 'GRACE-C', ${738_936_018 + 3600},
        ${738_936_018 + 7200}, 1, 1, 'k', '[]', '{}', '{}', ${userId})`.execute(db.kysely);
    await maintainTimeSeries(db);
    expect((await chunks()).map((chunk) => chunk.is_compressed)).toEqual([true, false]);
    expect(await digest()).toEqual(before);
    const { rows } = await sql<{ before: string; after: string }>`
      select sum(before_compression_total_bytes) as before, sum(after_compression_total_bytes) as after
      from chunk_compression_stats('satellite_observations')`.execute(db.kysely);
    expect(Number(rows[0].after)).toBeLessThan(Number(rows[0].before) / 2);

    await copyObservations(db, {
      satellite: 'GRACE-C',
      product: 'GNV1B',
      stepSeconds: 10,
      fromMs: START + 5000,
      count: 100,
      fileId: randomUUID(),
    });
    const [row] = await db.kysely
      .selectFrom('observation_hourly')
      .selectAll()
      .where('satellite', '=', 'GRACE-C')
      .orderBy('hour')
      .limit(1)
      .execute();
    expect(row).toMatchObject({ records: '460', files: '2' });
    const done = await maintainTimeSeries(db);
    // the chunk that got rows after its compression is compressed again
    expect(done.filter((text) => text.startsWith('compress'))).toHaveLength(1);
    expect(await maintainTimeSeries(db)).toEqual([]);
  });

  it('of the audit log go by chunks, sealed, and by no job of TimescaleDB', async () => {
    const row = {
      user_id: null,
      username: null,
      action: 'a',
      method: 'GET',
      resource: '/',
      ip: '::1',
      status: 200,
    };
    await db.kysely
      .insertInto('audit_logs')
      .values(
        [500, 100, 0].map((days) => ({
          ...row,
          time: new Date(Date.now() - days * 86_400_000),
          request_id: String(days),
          duration_ms: 1,
        })),
      )
      .execute();
    const left = async () =>
      (await db.kysely.selectFrom('audit_logs').select('request_id').orderBy('time').execute()).map(
        (r) => r.request_id,
      );
    const policies = () =>
      sql`select from timescaledb_information.jobs
        where proc_name = 'policy_retention' and hypertable_name = 'audit_logs'`.execute(db.kysely);
    await maintainTimeSeries(db, { audit_retention_days: null });
    expect((await policies()).rows).toHaveLength(0);
    expect(await left()).toEqual(['500', '100', '0']);
    await maintainTimeSeries(db, { audit_retention_days: 400 });
    expect(await left()).toEqual(['100', '0']);
    expect((await maintainTimeSeries(db, { audit_retention_days: 30 })).join()).toMatch(/drop .*chunk/);
    expect(await left()).toEqual(['0']);
  });
});

describe('TimescaleDB: a database of the version before', () => {
  it('keeps every row when its tables become hypertables', async () => {
    const db = await openTimescalePglite(upgradeKeepsRows);
    expect(await refreshAggregates(db)).toBeGreaterThan(0);
    const { rows } = await sql<{ records: string }>`
      select sum(records) as records from observation_hourly_data`.execute(db.kysely);
    expect(rows[0].records).toBe('6202');
    await db.close();
  });
});
