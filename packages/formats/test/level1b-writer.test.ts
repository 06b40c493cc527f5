import {
  accelerometerRecords,
  attitudeRecords,
  correctedRanging,
  createQualityCollector,
  openLevel1b,
  orbitRecords,
  readLevel1bTable,
  writeAcc1b,
  writeAct1b,
  writeGni1b,
  writeGnv1b,
  writeKbr1b,
  writeLri1b,
  writeSca1b,
} from '@gravity/formats';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { archiveMembers } from './helpers.js';

let members: Map<string, Uint8Array>;
beforeAll(async () => {
  members = await archiveMembers();
});

const notes = {
  created: '2026-01-01T00:00:00Z',
  softwareVersion: '1.2.3',
  history: ['seed: 42, noise: "white"'],
};

async function text(generator: AsyncGenerator<string>): Promise<string> {
  let all = '';
  for await (const chunk of generator) all += chunk;
  return all;
}

const body = (file: string) => file.slice(file.indexOf('# End of YAML header\n') + 21);
const head = (file: string) => file.slice(0, file.indexOf('# End of YAML header'));

/** Reads a real product and writes it with our writer. */
async function rewrite(product: string): Promise<{ real: string; written: string }> {
  const id = product === 'KBR1B' || product === 'LRI1B' ? 'Y' : 'C';
  const name = `${product}_2023-06-01_${id}_04.txt`;
  const bytes = members.get(name)!;
  const { header, table } = await readLevel1bTable([bytes], { file: name });
  const { gpsSeconds } = table;
  const base = { ...notes, gpsSeconds, satellite: 'C' as const, qualityFlags: table.bits.qualflg };
  const n = table.numbers;
  let generator: AsyncGenerator<string>;
  if (product === 'GNV1B')
    generator = writeGnv1b({ ...base, ...orbitRecords(header, table), satellite: 'C' });
  else if (product === 'GNI1B') {
    const { position, velocity } = orbitRecords(header, table);
    generator = writeGni1b({ ...base, position, velocity });
  } else if (product === 'ACT1B')
    generator = writeAct1b({ ...base, ...accelerometerRecords(header, table), satellite: 'C' });
  else if (product === 'SCA1B')
    generator = writeSca1b({ ...base, ...attitudeRecords(header, table), satellite: 'C' });
  else {
    const { lightTime, antennaCentre } = correctedRanging(header, table);
    const snr = Array.from(gpsSeconds).flatMap((_, i) =>
      ['K_A_SNR', 'Ka_A_SNR', 'K_B_SNR', 'Ka_B_SNR'].map((key) => n[key][i]),
    );
    const write = product === 'KBR1B' ? writeKbr1b : writeLri1b;
    generator = write({
      ...base,
      biasedRange: n.biased_range,
      rangeRate: n.range_rate,
      rangeAcceleration: n.range_accl,
      fifthColumn: n.iono_corr,
      lightTime,
      antennaCentre,
      snr,
    });
  }
  return { real: Buffer.from(bytes).toString('latin1'), written: await text(generator) };
}

describe('Level-1B writer', () => {
  for (const product of ['GNV1B', 'GNI1B', 'KBR1B', 'LRI1B', 'ACT1B', 'SCA1B']) {
    it(`writes ${product} records byte for byte as the real file`, async () => {
      const { real, written } = await rewrite(product);
      expect(body(written)).toBe(body(real));
    });

    it(`writes the ${product} header with the keys and variables of the real one, and says that data are simulated`, async () => {
      const { real, written } = await rewrite(product);
      const read = (file: string) => parse(head(file), { schema: 'failsafe' }).header;
      const [ours, theirs] = [read(written), read(real)];
      expect(ours.variables).toEqual(theirs.variables);
      expect(Object.keys(ours)).toEqual(Object.keys(theirs));
      expect(Object.keys(ours.global_attributes)).toEqual(Object.keys(theirs.global_attributes));
      expect(Object.keys(ours['non-standard_attributes'])).toEqual(
        Object.keys(theirs['non-standard_attributes']),
      );
      expect(ours.global_attributes.title).toBe(`${theirs.global_attributes.title} (simulated)`);
      expect(ours.global_attributes.summary).toMatch(/^SIMULATED/);
      expect(ours.global_attributes.source).toMatch(/^Simulation/);
      expect(ours.global_attributes.history).toEqual(['SIMULATED DATA', 'seed: 42, noise: "white"']);
      expect(JSON.stringify(ours)).not.toMatch(/10\.5067|NASA\/JPL|jpl\.nasa\.gov/);
      expect(ours.dimensions.num_records).toBe('100');
    });
  }

  it('round trips any doubles bit for bit', async () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value, { minLength: 9, maxLength: 9 }), { maxLength: 20 }),
        async (rows) => {
          const gpsSeconds = Float64Array.from(rows, (_, i) => 738849600 + i);
          const part = (from: number) => Float64Array.from(rows.flatMap((row) => row.slice(from, from + 3)));
          const input = {
            ...notes,
            satellite: 'D' as const,
            gpsSeconds,
            linear: part(0),
            angular: part(3),
            residual: part(6),
          };
          const bytes = Buffer.from(await text(writeAcc1b(input)));
          const { header, table } = await readLevel1bTable([bytes], { file: 'ACC1B_2023-06-01_D_04.txt' });
          expect(header.product).toBe('ACC1B');
          expect(table.count).toBe(rows.length);
          const back = accelerometerRecords(header, table);
          expect(back.linear).toEqual(input.linear);
          expect(back.angular).toEqual(input.angular);
          expect(back.residual).toEqual(input.residual);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives the same bytes for the same input and refuses what does not fit', async () => {
    const input = {
      ...notes,
      satellite: 'C' as const,
      gpsSeconds: [738849600],
      position: [7e6, 0, 0],
      velocity: [0, 7500, 0],
    };
    expect(await text(writeGnv1b(input))).toBe(await text(writeGnv1b(input)));
    expect(() => writeGnv1b({ ...input, position: [1] })).toThrow(RangeError);
    await expect(text(writeGnv1b({ ...input, gpsSeconds: [0.5] }))).rejects.toThrow(/whole second/);
    await expect(text(writeGnv1b({ ...input, position: [Number.NaN, 0, 0] }))).rejects.toThrow(RangeError);
  });

  it('writes files that the quality check finds clean', async () => {
    const n = 1000;
    const rows = Array.from({ length: n }, (_, i) => i);
    const generator = writeGni1b({
      ...notes,
      satellite: 'C',
      gpsSeconds: rows.map((i) => 738849600 + i),
      position: rows.flatMap((i) => [6.87e6 * Math.cos(i / 900), 6.87e6 * Math.sin(i / 900), 0]),
      velocity: rows.flatMap((i) => [-7.6e3 * Math.sin(i / 900), 7.6e3 * Math.cos(i / 900), 0]),
    });
    const file = await openLevel1b([Buffer.from(await text(generator))], {
      file: 'GNI1B_2023-06-01_C_04.txt',
    });
    const collector = createQualityCollector(file.header, {
      interval: { startGpsSeconds: 738849600, stopGpsSeconds: 738849600 + 2 * n },
    });
    for await (const batch of file.batches) collector.add(batch);
    const report = collector.finish();
    // the file is centred on its own day only when the day is full; 1000 s after midnight are enough
    expect(report.issues).toEqual([]);
    expect(report.completeness).toBe(0.5);
    expect(report.severity).toBe('info');
  });
});
