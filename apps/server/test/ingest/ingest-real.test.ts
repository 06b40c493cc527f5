import { checkConsistency, TaskError } from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  archive,
  CORE,
  count,
  createHarness,
  fingerprint,
  type Harness,
  type IngestResult,
  LRI,
  NO_LRI,
  recordLines,
  untar,
} from './harness.js';

const PAIR = ['GRACE-C', 'GRACE-D'];

/** The daily archives of GRACE-FO, 2023-06-01, release 04 (cut to some 100 records a product). */
describe('ingest of real Level-1B archives', () => {
  let harness: Harness;
  let result: IngestResult;
  const members = new Map([...untar(NO_LRI), ...untar(LRI)]);
  const expected = [...members.keys()].filter(
    (name) => name.endsWith('.txt') && CORE.includes(name.slice(0, 5)),
  );

  beforeAll(async () => {
    harness = await createHarness();
    harness.folder('day', { [NO_LRI]: archive(NO_LRI), [LRI]: archive(LRI) });
    result = await harness.run({
      data_source: `file:${harness.sources}/day`,
      data_type: 'l1b',
      satellites: PAIR,
    });
  });
  afterAll(() => harness.close());

  it('takes every file of the processing products, each with the number of its lines', async () => {
    expect(expected.length).toBe(10);
    const rows = await sql<{ file_name: string; records: number; stored: string }>`
      select f.file_name, f.records, (select count(*) from satellite_observations o where o.file_id = f.id)
        + (select count(*) from baseline_vectors b where b.file_id = f.id) as stored
      from ingested_files f`.execute(harness.db.kysely);
    const stored = Object.fromEntries(
      rows.rows.map((row) => [row.file_name, [row.records, Number(row.stored)]]),
    );
    const lines = Object.fromEntries(
      expected.map((name) => {
        const n = recordLines(members.get(name) as Buffer).length;
        return [name, [n, n]];
      }),
    );
    expect(stored).toEqual(lines);
    expect(result.totals.ingested).toBe(expected.length);
    expect(result.totals.records).toBe(Object.values(lines).reduce((sum, [n]) => sum + n, 0));
  });

  it('names what it left out and why', () => {
    const thruster = result.files.find((file) => file.name === 'THR1B_2023-06-01_C_04.txt');
    expect(thruster).toMatchObject({ status: 'skipped', records: 0 });
    expect(thruster?.reason).toContain('THR1B');
    // the headers promise a full day
    const orbit = result.files.find((file) => file.name === 'GNV1B_2023-06-01_C_04.txt');
    expect(orbit?.warnings.join()).toContain('86400');
    expect(result.rejected).toEqual([]);
  });

  it('keeps GPS seconds and true UTC, 18 s apart since 2017', async () => {
    const line = recordLines(members.get('KBR1B_2023-06-01_Y_04.txt') as Buffer)[0]
      .trim()
      .split(/\s+/);
    const row = await harness.db.kysely
      .selectFrom('baseline_vectors')
      .selectAll()
      .where('product', '=', 'KBR1B')
      .orderBy('gps_seconds')
      .executeTakeFirstOrThrow();
    expect(row.gps_seconds).toBe(Number(line[0]));
    // independent of the project's time code: JavaScript dates have no leap seconds, so GPS − 18 s is UTC
    expect(row.time.toISOString()).toBe(
      new Date(Date.UTC(2000, 0, 1, 12) + (Number(line[0]) - 18) * 1000).toISOString(),
    );
    expect(row.pair).toBe('GRACE-C/GRACE-D');
    const columns = [
      row.biased_range,
      row.range_rate,
      row.range_acceleration,
      row.ionosphere_correction,
      row.light_time_range,
      row.light_time_rate,
      row.light_time_acceleration,
      row.antenna_range,
      row.antenna_rate,
      row.antenna_acceleration,
      ...(row.snr ?? []),
    ];
    // doubles survive text, COPY and the database unchanged
    expect(columns).toEqual(line.slice(1, 15).map(Number));
    expect(row.quality_flag).toBe(line[15]);
  });

  it('keeps values in header order, text in labels, and says what the columns are', async () => {
    const line = recordLines(members.get('GNV1B_2023-06-01_D_04.txt') as Buffer)[7]
      .trim()
      .split(/\s+/);
    const row = await harness.db.kysely
      .selectFrom('satellite_observations')
      .selectAll()
      .where('product', '=', 'GNV1B')
      .where('satellite', '=', 'GRACE-D')
      .where('gps_seconds', '=', Number(line[0]))
      .executeTakeFirstOrThrow();
    expect(row.values).toEqual(line.slice(3, 15).map(Number));
    expect(row.labels).toEqual(['E']);
    expect(row.quality_flag).toBe(line[15]);
    const file = await harness.db.kysely
      .selectFrom('ingested_files')
      .select(['columns', 'release', 'metadata', 'gps_start', 'quality', 'header_records'])
      .where('id', '=', row.file_id)
      .executeTakeFirstOrThrow();
    expect(file.columns.map((column) => `${column.name} ${column.kind}`)).toEqual([
      'coord_ref text',
      ...['pos', 'pos_err', 'vel', 'vel_err'].flatMap((q) =>
        ['x', 'y', 'z'].map((axis) => `${axis}${q} number`),
      ),
    ]);
    expect(file.columns[1].unit).toBe('m');
    expect(file.release).toBe('04');
    expect(file.header_records).toBe(86400);
    expect(file.metadata).toMatchObject({ frame: 'terrestrial', date: '2023-06-01' });
    // the report beside the file
    expect(String(file.metadata.report)).toContain('GNV1B_2023-06-01_D_04.dat');
    expect(file.quality).toMatchObject({ severity: 'warning' });
  });

  it('leaves rows and objects that agree, and the provenance of each file', async () => {
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
    const edges = await harness.db.kysely.selectFrom('provenance_edges').selectAll().execute();
    expect(edges.map((edge) => edge.relation)).toEqual(expected.map(() => 'generated'));
    const keys: string[] = [];
    for await (const { key } of harness.objects.list('raw-data', '')) keys.push(key);
    expect(keys.length).toBe(expected.length);
    expect(keys.every((key) => /^l1b\/[A-Z]{3}1B\/2023-06-01\/[0-9a-f]{64}-.*\.txt\.gz$/.test(key))).toBe(
      true,
    );
  });

  it('changes nothing when the same is ingested again, from wherever', async () => {
    const before = await fingerprint(harness);
    const again = await harness.run({
      data_source: `file:${harness.sources}/day`,
      data_type: 'l1b',
      satellites: PAIR,
    });
    expect(again.totals).toMatchObject({ ingested: 0, already_ingested: expected.length, records: 0 });
    expect(again.files.filter((file) => file.status === 'already_ingested').length).toBe(expected.length);
    // out of the object store, where the files lie one by one, compressed and with their hash in the name
    const own = await harness.run({ data_source: 's3://raw-data/l1b/', data_type: 'l1b', satellites: PAIR });
    expect(own.totals).toMatchObject({ ingested: 0, already_ingested: expected.length });
    expect(await fingerprint(harness)).toBe(before);
  });

  it('reports progress that never goes back', () => {
    const fractions = harness.progress.map((entry) => entry.fraction);
    expect(fractions.length).toBeGreaterThan(expected.length);
    expect(
      harness.progress.some((entry) => /^GNV1B_2023-06-01_C_04\.txt: \d+ records$/.test(entry.message)),
    ).toBe(true);
    const job = fractions.slice(0, fractions.indexOf(0, 1));
    expect(job.every((value, i) => i === 0 || value >= job[i - 1])).toBe(true);
    expect(Math.max(...fractions)).toBeLessThan(1);
  });

  it('takes one file by its own name, also of another product', async () => {
    const name = 'THR1B_2023-06-01_C_04.txt';
    harness.folder('one', { [name]: members.get(name) as Buffer });
    const before = await count(harness.db, 'satellite_observations');
    const single = await harness.run({
      data_source: `file:${harness.sources}/one/${name}`,
      satellites: PAIR,
    });
    expect(single.files[0]).toMatchObject({ name, status: 'ingested', satellite: 'GRACE-C' });
    const lines = recordLines(members.get(name) as Buffer).length;
    expect((await count(harness.db, 'satellite_observations')) - before).toBe(lines);
  });

  it('refuses time tags of another clock instead of calling them GPS time', async () => {
    const name = 'CLK1B_2023-06-01_C_04.txt';
    harness.folder('clock', { [name]: members.get(name) as Buffer });
    const error = await harness
      .run({ data_source: `file:${harness.sources}/clock`, products: 'all', satellites: PAIR })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TaskError);
    expect((error as TaskError).code).toBe('no_file_ingested');
    expect((error as TaskError).errors[0].message).toContain('receiver');
  });
});
