import { randomUUID } from 'node:crypto';
import {
  boundsOfFirst,
  copyRow,
  countRecords,
  type Database,
  loadSeries,
  maintainTimeSeries,
  newestRecord,
  type ObservationFile,
  refreshAggregates,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUser } from '../helpers.js';

/** 2023-06-01T00:00:00 UTC and its GPS seconds (18 leap seconds since 1980, 2000-01-01T12:00:00 as origin). */
const START = Date.parse('2023-06-01T00:00:00Z');
const gpsOf = (ms: number): number => ms / 1000 - 946_728_000 + 18;
const HOUR = 3_600_000;

export interface RowOptions {
  readonly fromMs: number;
  readonly count: number;
  readonly stepSeconds: number;
  readonly satellite: string;
  readonly product: string;
  readonly fileId: string;
}

const OBSERVATION = [
  'time',
  'gps_seconds',
  'satellite',
  'product',
  'file_id',
  'values',
  'labels',
  'quality_flag',
];
const BASELINE = ['time', 'gps_seconds', 'pair', 'product', 'file_id', 'range_rate', 'quality_flag'];

/** Every tenth record has a flag. */
export function observationRows({
  fromMs,
  count,
  stepSeconds,
  satellite,
  product,
  fileId,
}: RowOptions): string[] {
  return Array.from({ length: count }, (_, i) => {
    const ms = fromMs + i * stepSeconds * 1000;
    const flag = i % 10 === 0 ? '00000100' : '00000000';
    return copyRow([new Date(ms), gpsOf(ms), satellite, product, fileId, [i, i / 7, -i], null, flag]);
  });
}

export async function copyObservations(db: Database, options: RowOptions): Promise<number> {
  return db.kysely
    .transaction()
    .execute((transaction) =>
      db.copyIn(transaction, 'satellite_observations', OBSERVATION, observationRows(options)),
    );
}

async function copyRanging(db: Database, fromMs: number, count: number, fileId: string): Promise<void> {
  const rows = Array.from({ length: count }, (_, i) => {
    const ms = fromMs + i * 5000;
    return copyRow([new Date(ms), gpsOf(ms), 'GRACE-C/GRACE-D', 'KBR1B', fileId, Math.sin(i / 50), '0']);
  });
  await db.kysely
    .transaction()
    .execute((transaction) => db.copyIn(transaction, 'baseline_vectors', BASELINE, rows));
}

/** The hourly figures, counted from all rows. */
async function countedHours(db: Database): Promise<unknown[]> {
  const { rows } = await sql`
    select date_trunc('hour', time, 'UTC') as hour, satellite, product, count(*) as records,
      min(gps_seconds) as first_gps_seconds, max(gps_seconds) as last_gps_seconds,
      count(*) filter (where quality_flag like '%1%') as flagged, count(distinct file_id) as files
    from satellite_observations group by 1, 2, 3 order by 1, 2, 3`.execute(db.kysely);
  return rows;
}

const storedHours = (db: Database) =>
  db.kysely
    .selectFrom('observation_hourly')
    .selectAll()
    .orderBy('hour')
    .orderBy('satellite')
    .orderBy('product')
    .execute();

const dirty = async (db: Database): Promise<number> =>
  Number(
    (
      await db.kysely
        .selectFrom('aggregate_dirty')
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  );

async function expectSameCoverage(db: Database): Promise<void> {
  for (const [from, to] of [
    [-HOUR, 3 * 24 * HOUR],
    [0, 24 * HOUR],
    [25 * 60_000, 26 * HOUR + 7_000],
    [10 * 60_000, 40 * 60_000],
    [59 * 60_000, 61 * 60_000],
    [5 * HOUR, 5 * HOUR],
  ]) {
    const interval = { start: new Date(START + from), end: new Date(START + to) };
    for (const bucket of ['hour', 'day'] as const) {
      for (const filter of [{}, { satellite: 'GRACE-D' }, { product: 'KBR1B' }]) {
        const counts = await countRecords(db, interval, bucket, filter, 10_000);
        const { rows } = await sql<{ time: Date; count: string }>`
          select * from (
            select date_trunc(${sql.lit(bucket)}, time, 'UTC') as time, satellite, product, count(*) as count
            from satellite_observations where time >= ${interval.start} and time < ${interval.end} group by 1, 2, 3
            union all
            select date_trunc(${sql.lit(bucket)}, time, 'UTC'), pair, product, count(*)
            from baseline_vectors where time >= ${interval.start} and time < ${interval.end} group by 1, 2, 3
          ) as counted
          where satellite = ${filter.satellite ?? sql`satellite`} and product = ${filter.product ?? sql`product`}
          order by time, satellite, product`.execute(db.kysely);
        expect(counts).toEqual(rows.map((row) => ({ ...row, count: Number(row.count) })));
      }
    }
  }
}

/** What the time series have to do on every engine. `open` gives an empty database with the schema. */
export function timeSeriesContract(name: string, open: () => Promise<Database>): void {
  describe(`time series: ${name}`, () => {
    let db: Database;
    const [first, second, ranging] = [randomUUID(), randomUUID(), randomUUID()];
    const series = { stepSeconds: 10, satellite: 'GRACE-C', product: 'GNV1B', fileId: first };
    beforeAll(async () => {
      db = await open();
      // two days with half an hour before them and after them
      await copyObservations(db, { ...series, fromMs: START - HOUR / 2, count: 49 * 360 });
      await copyObservations(db, { ...series, satellite: 'GRACE-D', fromMs: START + 7000, count: 2000 });
      await copyObservations(db, { ...series, product: 'odd\tname', fromMs: START, count: 3 });
      await copyRanging(db, START + HOUR / 4, 5000, ranging);
    });
    afterAll(() => db.close());

    it('counts exactly right after a copy, before any refresh', async () => {
      expect(await dirty(db)).toBeGreaterThan(0);
      expect(await storedHours(db)).toEqual(await countedHours(db));
      await expectSameCoverage(db);
      expect(await newestRecord(db)).toEqual(new Date(START + 48.5 * HOUR - 10_000));
    });

    it('counts the same after the refresh, from stored figures', async () => {
      const before = await storedHours(db);
      expect(await refreshAggregates(db)).toBeGreaterThan(0);
      expect(await dirty(db)).toBe(0);
      expect(await storedHours(db)).toEqual(before);
      await expectSameCoverage(db);
      expect(await refreshAggregates(db)).toBe(0);
      const { rows } = await sql<{ n: string }>`select count(*) as n from observation_hourly_data`.execute(
        db.kysely,
      );
      expect(Number(rows[0].n)).toBe(before.length);
    });

    it('counts exactly when a second file adds to hours that are stored', async () => {
      await copyObservations(db, {
        ...series,
        fileId: second,
        fromMs: START + 30 * 60_000,
        count: 700,
        stepSeconds: 3,
      });
      const counted = await countedHours(db);
      expect(counted.some((row) => (row as { files: string }).files === '2')).toBe(true);
      expect(await storedHours(db)).toEqual(counted);
      await expectSameCoverage(db);
      await refreshAggregates(db);
      expect(await storedHours(db)).toEqual(counted);
    });

    it('leaves no mark and no row of a copy that is rolled back', async () => {
      const before = await storedHours(db);
      await expect(
        db.kysely.transaction().execute(async (transaction) => {
          const rows = observationRows({ ...series, fromMs: START + 100 * HOUR, count: 10 });
          await db.copyIn(transaction, 'satellite_observations', OBSERVATION, rows);
          throw new Error('undo');
        }),
      ).rejects.toThrow('undo');
      expect(await dirty(db)).toBe(0);
      expect(await storedHours(db)).toEqual(before);
    });

    it('has mean and deviation of the range rate', async () => {
      const stored = await db.kysely.selectFrom('baseline_hourly').selectAll().orderBy('hour').execute();
      const { rows } = await sql<{ mean: number; std: number; records: string }>`
        select count(*) as records, avg(range_rate) as mean, stddev_samp(range_rate) as std
        from baseline_vectors group by date_trunc('hour', time, 'UTC') order by date_trunc('hour', time, 'UTC')
      `.execute(db.kysely);
      expect(stored).toHaveLength(8);
      stored.forEach((row, i) => {
        expect(row.records).toBe(rows[i].records);
        // sums of 720 numbers below 1 in another order
        expect(row.range_rate_mean).toBeCloseTo(rows[i].mean, 12);
        expect(row.range_rate_std).toBeCloseTo(rows[i].std, 12);
      });
    });

    it('reads a series over partitions as it was copied', async () => {
      const file = {
        id: first,
        sha256: '',
        fileName: 'GNV1B',
        product: 'GNV1B',
        satellite: 'GRACE-C',
        release: null,
        gpsStart: gpsOf(START),
        gpsEnd: gpsOf(START + 48 * HOUR),
        records: 1,
        numberColumns: ['xpos', 'ypos', 'zpos', 'xvel', 'yvel', 'zvel'],
        gaps: [],
      } satisfies ObservationFile;
      const query = { product: 'GNV1B', satellite: 'GRACE-C', files: [file] };
      const read = await loadSeries(db, {
        ...query,
        startGpsSeconds: gpsOf(START + 23 * HOUR),
        endGpsSeconds: gpsOf(START + 25 * HOUR),
      });
      expect(read.gpsSeconds).toHaveLength(721);
      expect(read.gpsSeconds[0]).toBe(gpsOf(START + 23 * HOUR));
      expect(read.values[0]).toBe((23.5 * HOUR) / 10_000);
    });

    it('bounds the first records of a series by hours', async () => {
      const of = (needed: number, from?: number, fromAtMost?: number) =>
        boundsOfFirst(
          db,
          {
            satellite: 'GRACE-C',
            product: 'GNV1B',
            ...(from !== undefined && { from: new Date(START + from) }),
            ...(fromAtMost !== undefined && { fromAtMost: new Date(START + fromAtMost) }),
          },
          needed,
        );
      const hours = (from: number, to: number) => ({
        start: new Date(START + from * HOUR),
        end: new Date(START + to * HOUR),
      });
      // 180 records before midnight, 360 an hour then, 700 more between 0:30 and 1:05
      expect(await of(180)).toEqual(hours(-1, 0));
      expect(await of(181)).toEqual(hours(-1, 1));
      expect(await of(360, 2.5 * HOUR)).toEqual(hours(2, 4));
      expect(await of(361, 2.5 * HOUR)).toEqual(hours(2, 5));
      expect(await of(1, 4 * HOUR - 60_000, 4 * HOUR + 60_000)).toEqual(hours(3, 6));
      expect(await of(1e6)).toEqual(hours(-1, 49));
      expect(await of(1, 60 * HOUR)).toBeUndefined();
    });

    it('has figures of requests and jobs by day', async () => {
      const day = new Date(START);
      const request = (hours: number, status: number, duration: number) => ({
        time: new Date(START + hours * HOUR),
        request_id: randomUUID(),
        user_id: null,
        username: null,
        action: 'listJobs',
        method: 'GET',
        resource: '/ops/jobs',
        ip: '::1',
        status,
        duration_ms: duration,
      });
      const insert = (rows: ReturnType<typeof request>[]) =>
        db.kysely.insertInto('audit_logs').values(rows).execute();
      await insert([request(1, 200, 2), request(2, 204, 4), request(3, 404, 8), request(25, 200, 16)]);
      const figures = () =>
        db.kysely
          .selectFrom('request_daily')
          .select(['day', 'action', 'status_class', 'requests', 'duration_ms_mean', 'duration_ms_max'])
          .orderBy('day')
          .orderBy('status_class')
          .execute();
      const expected = [
        { day, action: 'listJobs', status_class: 2, requests: '2', duration_ms_mean: 3, duration_ms_max: 4 },
        { day, action: 'listJobs', status_class: 4, requests: '1', duration_ms_mean: 8, duration_ms_max: 8 },
        {
          day: new Date(START + 24 * HOUR),
          action: 'listJobs',
          status_class: 2,
          requests: '1',
          duration_ms_mean: 16,
          duration_ms_max: 16,
        },
      ];
      expect(await figures()).toEqual(expected);
      await maintainTimeSeries(db, { audit_retention_days: null });
      expect(await figures()).toEqual(expected);
      await insert([request(4, 500, 1)]);
      expect(await figures()).toHaveLength(4);

      const userId = await insertUser(db);
      await db.kysely
        .insertInto('processing_jobs')
        .values(
          [0, 10].map((seconds) => ({
            id: randomUUID(),
            user_id: userId,
            type: 'plan' as const,
            status: 'completed' as const,
            parameters: '{}',
            created_at: day,
            updated_at: day,
            started_at: new Date(START + 2000),
            completed_at: new Date(START + 2000 + seconds * 1000),
          })),
        )
        .execute();
      expect(await db.kysely.selectFrom('job_daily').selectAll().execute()).toEqual([
        {
          day,
          type: 'plan',
          status: 'completed',
          jobs: '2',
          seconds_mean: 5,
          seconds_max: 10,
          wait_seconds_mean: 2,
        },
      ]);
    });

    it('drops what is older than asked, and what the figures say of it', async () => {
      const days = (Date.now() - START) / 86_400_000;
      // the days of START and after stay
      const done = await maintainTimeSeries(db, {
        observation_retention_days: Math.floor(days),
        audit_retention_days: null,
      });
      expect(done.join()).toContain('drop');
      const { rows } = await sql<{ first: Date; n: string }>`
        select min(time) as first, count(*) as n from satellite_observations`.execute(db.kysely);
      expect(rows[0].first).toEqual(new Date(START));
      expect(await storedHours(db)).toEqual(await countedHours(db));
    });
  });
}
