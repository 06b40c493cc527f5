import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { checkConsistency, loadArc, type TaskError } from '@gravity/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHarness, type Harness, LEVEL1, ORBITS } from './harness.js';

const PAIR = ['GRACE-C', 'GRACE-D'];

describe('ingest of tables', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  beforeEach(() => harness.clear());
  afterAll(() => harness.close());

  const run = (parameters: Record<string, unknown>) =>
    harness.run({
      data_source: `file:${harness.sources}/tables`,
      data_type: 'table',
      satellites: PAIR,
      ...parameters,
    });

  it('keeps one object of the same bytes when jobs bring them under different names at once', async () => {
    const bytes = readFileSync(new URL('GRACE-C_59412_orbit_trf.orb.gz', ORBITS));
    const names = ['one', 'two', 'three'];
    const results = await Promise.all(
      names.map((name) => {
        harness.folder(name, { [`${name}.orb.gz`]: bytes });
        return run({ data_source: `file:${harness.sources}/${name}` });
      }),
    );
    expect(results.map(({ files }) => files[0]?.status).sort()).toEqual([
      'already_ingested',
      'already_ingested',
      'ingested',
    ]);
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({
      consistent: true,
      examples: [],
    });
  });

  it('takes an orbit of GEORB, whose header tells satellite, frame and time scale', async () => {
    const name = 'GRACE-C_59412_orbit_trf.orb.gz';
    const bytes = readFileSync(new URL(name, ORBITS));
    harness.folder('tables', { [name]: bytes });
    const result = await run({});
    const [, body] = gunzipSync(bytes)
      .toString('latin1')
      .split(/end_of_header.*\n/);
    const lines = body.split('\n').filter((line) => line.trim() !== '');
    expect(result.files[0]).toMatchObject({
      product: 'table_orbit',
      satellite: 'GRACE-C',
      records: lines.length,
      status: 'ingested',
    });
    const rows = await harness.db.kysely
      .selectFrom('satellite_observations')
      .select(['time', 'gps_seconds', 'values', 'labels'])
      .orderBy('gps_seconds')
      .execute();
    expect(rows.map((row) => row.values)).toEqual(
      lines.map((line) => line.trim().split(/\s+/).slice(2).map(Number)),
    );
    expect(rows[0].labels).toBeNull();
    // MJD 59412 + 51.183999935 s TT is 2021-07-17 00:00 GPS less 65 ns: 23:59:42 UTC of the day before
    expect(rows[0].time.toISOString()).toBe('2021-07-16T23:59:42.000Z');
    expect(rows[0].gps_seconds).toBeCloseTo((59412 - 51544.5) * 86400, 6);
    const file = await harness.db.kysely
      .selectFrom('ingested_files')
      .select('metadata')
      .executeTakeFirstOrThrow();
    expect(file.metadata).toMatchObject({ frame: 'terrestrial' });

    const { observations } = await loadArc(harness.db, {
      satellites: ['GRACE-C'],
      startGpsSeconds: Math.floor(rows[0].gps_seconds),
      endGpsSeconds: Math.ceil(rows[rows.length - 1].gps_seconds),
      ranging: 'none',
      positionSamplingSeconds: 30,
      useAccelerometer: false,
    });
    const [{ orbit }] = observations.satellites;
    expect(orbit.frame).toBe('terrestrial');
    // 10 s steps, a third of them at multiples of 30 s
    expect(orbit.gpsSeconds.length).toBe(Math.ceil(rows.length / 3));
    expect([...orbit.position.subarray(3, 6)]).toEqual(rows[3].values.slice(0, 3));
  });

  it('takes range rates of a pair from a CSV with a header row', async () => {
    const name = 'GFO_file.csv';
    const csv = readFileSync(new URL(name, LEVEL1), 'latin1');
    harness.folder('tables', { [name]: csv });
    // "time (dec. year)" does not say its scale
    const error = (await run({ table: { kind: 'range_rate' } }).catch((e: unknown) => e)) as TaskError;
    expect(error.code).toBe('no_file_ingested');
    expect(error.errors[0]).toMatchObject({ file: name });
    expect(error.errors[0].message).toMatch(/time scale/);
    const result = await run({ table: { kind: 'range_rate', time_scale: 'GPS' } });
    const rows = csv.split('\n').filter((line) => /^\d/.test(line));
    expect(result.files[0]).toMatchObject({
      product: 'table_range_rate',
      satellite: 'GRACE-C/GRACE-D',
      records: rows.length,
    });
  });

  it('takes ranging, accelerations and attitude with their columns in SI units', async () => {
    const epochs = [738849600, 738849605, 738849610];
    harness.folder('tables', {
      'rr.csv': `# satellite: GRACE-D/GRACE-C\ngps_seconds,range_rate [um/s],range [km]\n${epochs.map((t, i) => `${t},${i + 1},200`).join('\n')}\n`,
      'GRACE-C_acc.csv': `gps_seconds,ax [nm/s^2],ay [nm/s^2],az [nm/s^2]\n${epochs.map((t, i) => `${t},${i},${10 * i},-1`).join('\n')}\n`,
      'GRACE-C_att.csv': `gps_seconds,qw,qx,qy,qz\n${epochs.map((t) => `${t},1,0,0,0`).join('\n')}\n`,
    });
    const result = await run({});
    expect(result.files.map((f) => `${f.product} ${f.satellite} ${f.records}`).sort()).toEqual([
      'table_accelerometer GRACE-C 3',
      'table_attitude GRACE-C 3',
      'table_range_rate GRACE-C/GRACE-D 3',
    ]);
    const rows = await harness.db.kysely
      .selectFrom('baseline_vectors')
      .selectAll()
      .orderBy('gps_seconds')
      .execute();
    expect(rows.map((row) => row.range_rate)).toEqual([1e-6, 2e-6, 3e-6]);
    expect(rows[0]).toMatchObject({
      biased_range: 200_000,
      range_acceleration: null,
      light_time_rate: null,
      snr: null,
    });
  });

  it('keeps the seconds around a leap second apart', async () => {
    // 2017-01-01T00:00:00 UTC in GPS seconds: JavaScript counts no leap seconds, GPS is 18 s ahead from then on
    const midnight = (Date.UTC(2017, 0, 1) - Date.UTC(2000, 0, 1, 12)) / 1000 + 18;
    const epochs = [midnight - 2, midnight - 1, midnight, midnight + 0.25];
    harness.folder('tables', {
      'GRACE-C.csv': `gps_seconds,ax,ay,az\n${epochs.map((t) => `${t},0,0,0`).join('\n')}\n`,
    });
    await run({});
    const rows = await harness.db.kysely
      .selectFrom('satellite_observations')
      .select(['time', 'gps_seconds'])
      .orderBy('gps_seconds')
      .execute();
    expect(rows.map((row) => row.gps_seconds)).toEqual(epochs);
    // PostgreSQL has no 23:59:60 and keeps it as the next second
    expect(rows.map((row) => row.time.toISOString().slice(11))).toEqual([
      '23:59:59.000Z',
      '00:00:00.000Z',
      '00:00:00.000Z',
      '00:00:00.250Z',
    ]);
  });

  it('asks for the satellite when neither table, name nor request tells', async () => {
    harness.folder('tables', { 'acc.csv': 'gps_seconds,ax,ay,az\n738849600,0,0,0\n' });
    const error = (await run({}).catch((e: unknown) => e)) as TaskError;
    expect(error.errors[0].message).toContain('table.satellite');
    const named = await run({ table: { satellite: 'GRACE-D' } });
    expect(named.files[0]).toMatchObject({ satellite: 'GRACE-D', status: 'ingested' });
  });

  it('rejects the table with line of the fault, or as impossible', async () => {
    harness.folder('tables', {
      'GRACE-C.csv':
        'gps_seconds,x [km],y [km],z [km],vx [km/s],vy [km/s],vz [km/s]\n738849600,1,2,3,1,1,1\n',
      'GRACE-D.csv': 'gps_seconds,x,y,z,vx,vy,vz\n738849600,7e6,0,0,0,7e3,0\n738849601,7e6,0,0,0,7e3\n',
    });
    const error = (await run({ table: { frame: 'celestial' } }).catch((e: unknown) => e)) as TaskError;
    expect(error.errors).toMatchObject([
      { file: 'GRACE-C.csv', message: expect.stringContaining('radius') },
      { file: 'GRACE-D.csv', line: 3 },
    ]);
  });
});
