import { readLevel1bTable, writeLevel1bBinary } from '@gravity/formats';
import { type ArcQuery, loadArc } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { count, createHarness, gzip, type Harness, NO_LRI, recordLines, untar } from './harness.js';

/*
 * Release 02 of GRACE is binary. No such file is among the references: the records of the real GRACE-FO files of
 * 2023-06-01 are given GRACE's layout (its records have the same columns) and GRACE's names, a day of 2006.
 */
const SHIFT = 738849600 - 189345600; // whole days: to 2006-01-01T00:00:00 GPS
const START = 189345600;
const members = untar(NO_LRI);
const SOURCES = {
  GNV1B: ['GNV1B_2023-06-01_C_04.txt', 'GNV1B_2023-06-01_D_04.txt'],
  ACC1B: ['ACT1B_2023-06-01_C_04.txt', 'ACT1B_2023-06-01_D_04.txt'],
  SCA1B: ['SCA1B_2023-06-01_C_04.txt', 'SCA1B_2023-06-01_D_04.txt'],
  KBR1B: ['KBR1B_2023-06-01_Y_04.txt'],
} as const;

async function binary(product: keyof typeof SOURCES, source: string, letter: string): Promise<Uint8Array> {
  const { table } = await readLevel1bTable([members.get(source) as Buffer], { file: source });
  const shifted = (values: Float64Array) => values.map((t) => t - SHIFT);
  const { numbers, texts } = table;
  const id = 'GRACEFO_id';
  const moved = {
    ...table,
    gpsSeconds: shifted(table.gpsSeconds),
    numbers: {
      ...numbers,
      ...(numbers.gps_time && { gps_time: shifted(numbers.gps_time as Float64Array) }),
    },
    texts: { ...texts, ...(texts[id] && { [id]: texts[id].map(() => letter) }) },
  };
  return writeLevel1bBinary(moved, { product, satellite: letter });
}

const words = (name: string) =>
  recordLines(members.get(name) as Buffer).map((line) => line.trim().split(/\s+/));

describe('ingest of binary GRACE files', () => {
  let harness: Harness;
  const files: Record<string, Uint8Array> = {};
  beforeAll(async () => {
    harness = await createHarness();
    for (const [product, sources] of Object.entries(SOURCES)) {
      for (const [k, source] of sources.entries()) {
        const letter = product === 'KBR1B' ? 'X' : 'AB'[k];
        const bytes = await binary(product as keyof typeof SOURCES, source, letter);
        files[`${product}_2006-01-01_${letter}_02.dat`] = bytes;
      }
    }
    // one of them compressed, as archives hold them
    const name = 'SCA1B_2006-01-01_B_02.dat';
    files[`${name}.gz`] = gzip(files[name]);
    delete files[name];
    harness.folder('grace', files);
  });
  afterAll(() => harness.close());

  it('puts the records of both satellites and of the pair into the database', async () => {
    const result = await harness.run({
      data_source: 'file:grace',
      satellites: ['A', 'GRACE-2'],
      start_time: '2006-01-01T00:00:00Z',
      end_time: '2006-01-02T00:00:00Z',
    });
    expect(result.totals).toMatchObject({ ingested: 7, rejected: 0 });
    expect(result.files.map(({ product, satellite }) => `${product} ${satellite}`).sort()).toEqual([
      'ACC1B GRACE-A',
      'ACC1B GRACE-B',
      'GNV1B GRACE-A',
      'GNV1B GRACE-B',
      'KBR1B GRACE-A/GRACE-B',
      'SCA1B GRACE-A',
      'SCA1B GRACE-B',
    ]);
    const lines = Object.entries(SOURCES).map(([product, sources]) => ({
      product,
      lines: sources.reduce((sum, source) => sum + words(source).length, 0),
    }));
    const pairLines = lines.find(({ product }) => product === 'KBR1B')?.lines ?? 0;
    expect(await count(harness.db, 'baseline_vectors')).toBe(pairLines);
    const all = lines.reduce((sum, entry) => sum + entry.lines, 0);
    expect(await count(harness.db, 'satellite_observations')).toBe(all - pairLines);
    const rows = await harness.db.kysely
      .selectFrom('satellite_observations')
      .select(['satellite', 'time', 'gps_seconds', 'values'])
      .where('product', '=', 'GNV1B')
      .orderBy('satellite')
      .orderBy('gps_seconds')
      .execute();
    const [first] = rows;
    // GPS was 13 s ahead of UTC, 14 s after the leap second of that night
    expect(first).toMatchObject({ satellite: 'GRACE-A', gps_seconds: START });
    expect(first.time.toISOString()).toBe('2005-12-31T23:59:47.000Z');
    expect(first.values.slice(0, 3)).toEqual(words(SOURCES.GNV1B[0])[0].slice(3, 6).map(Number));
  });

  it('gives an arc of the pair with accelerometers and attitudes', async () => {
    const query: ArcQuery = {
      satellites: ['GRACE-A', 'GRACE-B'],
      startGpsSeconds: START,
      endGpsSeconds: START + 100,
      ranging: 'auto',
      positionSamplingSeconds: 1,
      useAccelerometer: true,
    };
    const { observations, missing } = await loadArc(harness.db, query);
    expect(missing).toEqual([]);
    for (const [k, satellite] of observations.satellites.entries()) {
      expect(satellite.satellite).toBe(['GRACE-A', 'GRACE-B'][k]);
      expect(satellite.orbit.frame).toBe('terrestrial');
      const orbit = words(SOURCES.GNV1B[k]);
      expect([...satellite.orbit.position]).toEqual(orbit.flatMap((row) => row.slice(3, 6).map(Number)));
      const acc = words(SOURCES.ACC1B[k]);
      expect([...(satellite.accelerometer?.acceleration ?? [])]).toEqual(
        acc.flatMap((row) => row.slice(2, 5).map(Number)),
      );
      expect(satellite.attitude?.gpsSeconds.length).toBe(words(SOURCES.SCA1B[k]).length);
    }
    // measured + light time + antenna centre: columns 3, 7 and 10 of the file
    const kbr = words(SOURCES.KBR1B[0]).filter((row) => Number(row[0]) <= START + SHIFT + 100);
    expect(observations.ranging?.instrument).toBe('KBR1B');
    expect([...(observations.ranging?.rangeRate ?? [])]).toEqual(
      kbr.map((row) => Number(row[2]) + Number(row[6]) + Number(row[9])),
    );
  });

  it('rejects a file cut short, with the offset', async () => {
    const name = 'GNV1B_2006-01-02_A_02.dat';
    harness.folder('cut', { [name]: files['GNV1B_2006-01-01_A_02.dat'].subarray(0, -10) });
    const error = (await harness
      .run({ data_source: 'file:cut', satellites: ['A'] })
      .catch((e: unknown) => e)) as {
      errors: readonly { file?: string; message: string }[];
    };
    expect(error.errors[0].file).toBe(name);
    expect(error.errors[0].message).toMatch(/byte/);
  });
});
