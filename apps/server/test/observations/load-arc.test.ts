import { writeAct1b, writeGnv1b, writeKbr1b } from '@gravity/formats';
import { type ArcQuery, listCoverage, listObservationFiles, loadArc } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive, createHarness, type Harness, LRI, NO_LRI, recordLines, untar } from '../ingest/harness.js';

const START = 738849600;
const members = new Map([...untar(NO_LRI), ...untar(LRI)]);
const table = (name: string) =>
  recordLines(members.get(name) as Buffer).map((line) => line.trim().split(/\s+/));

const QUERY: ArcQuery = {
  satellites: ['GRACE-C', 'GRACE-D'],
  startGpsSeconds: START,
  endGpsSeconds: START + 600,
  ranging: 'auto',
  positionSamplingSeconds: 1,
  useAccelerometer: true,
};

describe('observations of real files, read back', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
    harness.folder('day', { [NO_LRI]: archive(NO_LRI), [LRI]: archive(LRI) });
    await harness.run({ data_source: 'file:day', satellites: ['C', 'D'] });
  });
  afterAll(() => harness.close());

  it('gives the numbers of the files, bit for bit', async () => {
    const { observations, report, missing } = await loadArc(harness.db, QUERY);
    expect(missing).toEqual([]);
    for (const [k, letter] of ['C', 'D'].entries()) {
      const { satellite, orbit, accelerometer, attitude } = observations.satellites[k];
      expect(satellite).toBe(`GRACE-${letter}`);
      expect(orbit.frame).toBe('terrestrial');
      const gnv = table(`GNV1B_2023-06-01_${letter}_04.txt`);
      expect([...orbit.gpsSeconds]).toEqual(gnv.map((words) => Number(words[0])));
      expect([...orbit.position]).toEqual(gnv.flatMap((words) => words.slice(3, 6).map(Number)));
      expect([...orbit.velocity]).toEqual(gnv.flatMap((words) => words.slice(9, 12).map(Number)));
      const act = table(`ACT1B_2023-06-01_${letter}_04.txt`);
      expect([...(accelerometer?.acceleration ?? [])]).toEqual(
        act.flatMap((words) => words.slice(2, 5).map(Number)),
      );
      const sca = table(`SCA1B_2023-06-01_${letter}_04.txt`);
      // up to the common sign of q, which is made continuous
      expect(attitude?.quaternion.map(Math.abs)).toEqual(
        Float64Array.from(sca.flatMap((words) => words.slice(3, 7).map((word) => Math.abs(Number(word))))),
      );
    }
    expect(report.find((entry) => entry.product === 'GNV1B')).toMatchObject({
      read: 100,
      used: 100,
      chosen: true,
    });
    expect(report.every((entry) => entry.files.length === 1)).toBe(true);
  });

  it('samples positions at multiples of the step', async () => {
    const { observations } = await loadArc(harness.db, {
      ...QUERY,
      positionSamplingSeconds: 30,
      useAccelerometer: false,
    });
    expect([...observations.satellites[0].orbit.gpsSeconds].map((t) => t - START)).toEqual([0, 30, 60, 90]);
    expect(observations.satellites[0].accelerometer).toBeUndefined();
  });

  it('takes the celestial orbit when asked', async () => {
    const { observations } = await loadArc(harness.db, { ...QUERY, frames: 'celestial' });
    expect(observations.satellites[0].orbit.frame).toBe('celestial');
    const gni = table('GNI1B_2023-06-01_C_04.txt');
    expect(observations.satellites[0].orbit.position[0]).toBe(Number(gni[0][3]));
  });

  it('corrects KBR and LRI so that they agree', async () => {
    const rates = async (ranging: 'KBR1B' | 'LRI1B') => {
      const { observations } = await loadArc(harness.db, { ...QUERY, ranging, useAccelerometer: false });
      const { gpsSeconds = [], rangeRate = [], instrument } = observations.ranging ?? {};
      expect(instrument).toBe(ranging);
      return new Map([...gpsSeconds].map((t, i) => [t, rangeRate[i]]));
    };
    const [kbr, lri] = [await rates('KBR1B'), await rates('LRI1B')];
    const differences = [...kbr].flatMap(([t, rate]) => {
      const other = lri.get(t);
      return other === undefined ? [] : [rate - other];
    });
    // epochs in common every 10 s; mean +0.017 µm/s, scatter 0.06 µm/s: the noise of KBR. Without the corrections
    // the mean is 0.28 µm/s, with a wrong sign more.
    expect(differences.length).toBe(20);
    const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
    expect(Math.abs(mean)).toBeLessThan(0.05e-6);
    expect(Math.max(...differences.map(Math.abs))).toBeLessThan(0.25e-6);
  });

  it('lists what there is by day', async () => {
    const days = await listCoverage(harness.db, ['GRACE-C', 'GRACE-D'], START - 86400, START + 86400);
    const find = (product: string, satellite: string) =>
      days.find((day) => day.product === product && day.satellite === satellite);
    expect(days.every((day) => day.date === '2023-06-01')).toBe(true);
    expect(find('GNV1B', 'GRACE-C')).toMatchObject({
      records: 100,
      firstGpsSeconds: START,
      lastGpsSeconds: START + 99,
      gaps: 0,
    });
    const kbr = table('KBR1B_2023-06-01_Y_04.txt');
    expect(find('KBR1B', 'GRACE-C/GRACE-D')).toMatchObject({ records: kbr.length, gaps: 0 });
  });

  it('says what is missing', async () => {
    const { observations, missing } = await loadArc(harness.db, {
      ...QUERY,
      startGpsSeconds: 0,
      endGpsSeconds: 100,
    });
    expect(observations.satellites).toEqual([]);
    expect(observations.ranging).toBeUndefined();
    expect(missing).toEqual(['no orbit of GRACE-C', 'no orbit of GRACE-D', 'no ranging of GRACE-C/GRACE-D']);
  });

  it('refuses names that are no names', async () => {
    const satellites = ["GRACE-C' OR '1'='1"];
    const { missing } = await loadArc(harness.db, { ...QUERY, satellites });
    expect(missing.length).toBe(1);
    await expect(loadArc(harness.db, { ...QUERY, positionSamplingSeconds: Number.NaN })).rejects.toThrow(
      RangeError,
    );
  });
});

describe('precedence, duplicates and flags', () => {
  let harness: Harness;
  const created = '2026-01-01T00:00:00Z';
  const join = async (chunks: AsyncIterable<string>) => {
    let text = '';
    for await (const chunk of chunks) text += chunk;
    return text;
  };
  const orbit = (first: number, n: number, x: number) => {
    const gpsSeconds = Float64Array.from({ length: n }, (_, i) => START + first + i);
    const position = Float64Array.from({ length: 3 * n }, (_, i) => (i % 3 === 0 ? x : i % 3));
    const velocity = Float64Array.from({ length: 3 * n }, (_, i) => (i % 3 === 1 ? 7500 : 0));
    return join(writeGnv1b({ created, satellite: 'C', gpsSeconds, position, velocity }));
  };

  beforeAll(async () => {
    harness = await createHarness();
    const ingest = async (name: string, text: string) => {
      harness.folder(name, { [name]: text });
      await harness.run({ data_source: `file:${name}`, satellites: ['C', 'D'] });
    };
    // two days that overlap at midnight by a minute to each side
    await ingest('GNV1B_2023-06-01_C_04.txt', await orbit(86400 - 600, 660, 6.8e6));
    await ingest('GNV1B_2023-06-02_C_04.txt', await orbit(86400 - 60, 660, 6.9e6));
    const gpsSeconds = Float64Array.from({ length: 20 }, (_, i) => START + 86400 + 5 * i);
    const qualityFlags = Uint8Array.from(
      { length: 20 },
      (_, i) => [1, 0b10, 0b100, 0b100000, 0x40, 0x80][i] ?? 0,
    );
    const zeros = new Float64Array(20);
    await ingest(
      'KBR1B_2023-06-02_Y_04.txt',
      await join(
        writeKbr1b({
          created,
          gpsSeconds,
          qualityFlags,
          biasedRange: zeros,
          rangeRate: zeros.map((_, i) => i / 8),
          rangeAcceleration: zeros,
          lightTime: { range: zeros, rate: zeros.map(() => 2 ** -11), acceleration: zeros },
          antennaCentre: { range: zeros, rate: zeros.map(() => 2 ** -5), acceleration: zeros },
        }),
      ),
    );
    await ingest(
      'ACT1B_2023-06-02_C_04.txt',
      await join(
        writeAct1b({
          created,
          satellite: 'C',
          gpsSeconds,
          qualityFlags: qualityFlags.map((f) => (f === 0b100000 ? f : 0)),
          linear: new Float64Array(60),
        }),
      ),
    );
  });
  afterAll(() => harness.close());

  const query: ArcQuery = {
    ...QUERY,
    startGpsSeconds: START + 86400 - 600,
    endGpsSeconds: START + 86400 + 600,
  };

  it('takes the file ingested last where two hold the same epoch', async () => {
    const { observations, report } = await loadArc(harness.db, query);
    const [{ orbit: state }] = observations.satellites;
    expect(state.gpsSeconds.length).toBe(1200);
    expect(state.gpsSeconds.every((t, i) => t === query.startGpsSeconds + i)).toBe(true);
    expect(state.position[3 * 539]).toBe(6.8e6);
    expect(state.position[3 * 540]).toBe(6.9e6);
    expect(report[0]).toMatchObject({ product: 'GNV1B', read: 1320, duplicates: 120, used: 1200 });
    expect(report[0].files.map((file) => file.fileName)).toEqual([
      'GNV1B_2023-06-01_C_04.txt',
      'GNV1B_2023-06-02_C_04.txt',
    ]);
  });

  it('leaves out records with bad flags and counts them by reason', async () => {
    const { observations, report } = await loadArc(harness.db, query);
    // powers of two: the sums are exact. Bits 0, 1, 6, 7 are bad; interpolated antenna correction (2) and corrected time tag (5) are not
    expect(
      [...(observations.ranging?.rangeRate ?? [])].map((rate) => 8 * (rate - 2 ** -11 - 2 ** -5)),
    ).toEqual([2, 3, ...Array.from({ length: 14 }, (_, i) => i + 6)]);
    const kbr = report.find((entry) => entry.product === 'KBR1B');
    expect(kbr).toMatchObject({ read: 20, used: 16 });
    expect(kbr?.excluded.map(({ count }) => count)).toEqual([1, 1, 1, 1]);
    const act = report.find((entry) => entry.product === 'ACT1B');
    expect(act).toMatchObject({ read: 20, used: 19, excluded: [{ count: 1 }] });
  });

  it('counts gaps in the coverage of a day', async () => {
    const days = await listCoverage(harness.db, ['GRACE-C'], START, START + 2 * 86400);
    const act = days.find((day) => day.product === 'ACT1B');
    // 5 s steps of a 1 Hz product
    expect(act).toMatchObject({ date: '2023-06-02', records: 20, gaps: 19, gapSeconds: 76 });
    const gnv = days.filter((day) => day.product === 'GNV1B');
    expect(gnv.map(({ date, records }) => `${date} ${records}`)).toEqual([
      '2023-06-01 600',
      '2023-06-02 600',
    ]);
  });

  it('lists files with the newest last', async () => {
    const files = await listObservationFiles(harness.db, { ...query, products: ['GNV1B'] });
    expect(files.map((file) => file.fileName.slice(6, 16))).toEqual(['2023-06-01', '2023-06-02']);
  });
});
