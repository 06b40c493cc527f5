import { correctedRanging, orbitRecords, readLevel1bTable } from '@gravity/formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { archiveMembers, meanAndDeviation } from './helpers.js';

let members: Map<string, Uint8Array>;
beforeAll(async () => {
  members = await archiveMembers();
});
const table = (file: string) => readLevel1bTable([members.get(file)!], { file });

describe('corrected ranging of 2023-06-01', () => {
  it('KBR and LRI agree when corrected, and disagree when not', async () => {
    const kbrFile = await table('KBR1B_2023-06-01_Y_04.txt');
    const lriFile = await table('LRI1B_2023-06-01_Y_04.txt');
    const kbr = correctedRanging(kbrFile.header, kbrFile.table);
    const lri = correctedRanging(lriFile.header, lriFile.table);
    const corrected: number[] = [];
    const scaled: number[] = [];
    const raw: number[] = [];
    kbr.gpsSeconds.forEach((t, i) => {
      const j = lri.gpsSeconds.indexOf(t);
      if (j < 0) return;
      corrected.push(1e6 * (kbr.rangeRate[i] - lri.rangeRate[j]));
      const factor = 1 + (lri.scaleCorrection?.[j] ?? Number.NaN);
      scaled.push(1e6 * (kbr.rangeRate[i] - lri.rangeRate[j] * factor));
      raw.push(1e6 * (kbrFile.table.numbers.range_rate[i] - lriFile.table.numbers.range_rate[j] * factor));
    });
    expect(corrected).toHaveLength(20);
    // independent computation on the same 20 epochs (µm/s): std 0.061, mean 0.032, mean without corrections 0.297,
    // all with the LRI range rate multiplied by 1 + ε; without that factor the mean is 0.017
    expect(meanAndDeviation(scaled).mean).toBeCloseTo(0.032, 3);
    expect(meanAndDeviation(scaled).deviation).toBeCloseTo(0.061, 3);
    expect(meanAndDeviation(raw).mean).toBeCloseTo(0.297, 3);
    expect(meanAndDeviation(corrected).deviation).toBeLessThan(0.065);
    expect(Math.abs(meanAndDeviation(corrected).mean)).toBeLessThan(0.03);
  });

  it('corrected KBR range is the distance of the orbits plus a constant', async () => {
    const { header, table: records } = await table('KBR1B_2023-06-01_Y_04.txt');
    const kbr = correctedRanging(header, records);
    const [c, d] = await Promise.all(
      ['C', 'D'].map(async (id) => {
        const file = await table(`GNI1B_2023-06-01_${id}_04.txt`);
        return orbitRecords(file.header, file.table);
      }),
    );
    expect(c.frame).toBe('inertial');
    expect(c.positionError[0]).toBeNaN();
    const bias: number[] = [];
    kbr.gpsSeconds.forEach((t, i) => {
      const k = c.gpsSeconds.indexOf(t);
      if (k < 0) return;
      const distance = Math.hypot(
        ...[0, 1, 2].map((axis) => c.position[3 * k + axis] - d.position[3 * k + axis]),
      );
      bias.push(kbr.range[i] - distance);
    });
    // independent computation: constant of −575 289.23 m with 0.04 mm standard deviation
    const { mean, deviation } = meanAndDeviation(bias);
    expect(mean).toBeCloseTo(-575289.23, 2);
    expect(deviation).toBeLessThan(5e-5);
    expect(bias).toHaveLength(20);
  });
});
