import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLevel1bTable, writeLevel1bBinary } from '@gravity/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gravity } from './commands.js';

/** A day of a pair with 0.2 µm/s and 2 cm under all forces that need no file, over a field of degree 8. */
const folder = mkdtempSync(join(tmpdir(), 'gravity-missions-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await gravity(
    ...['simulate', '--degree', '8', '--days', '1', '--no-non-gravitational', '--out', folder],
    ...['--orbit-sampling', '30', '--ranging-sampling', '10', '--mass-signal'],
  );
});

const GNV = (letter: string) => at(`GNV1B_2021-07-17_${letter}_04.txt`);
const KBR = at('KBR1B_2021-07-17_Y_04.txt');
const TRUTH = ['--truth', at('truth.gfc')];

interface Report {
  readonly sigma0: number;
  readonly accuracy: {
    readonly total: { readonly error: number; readonly formal: number; readonly apriori: number };
  };
}
async function recover(out: string, ...words: string[]): Promise<Report & { readonly notes: string }> {
  const { output, notes } = await gravity('recover', ...words, ...TRUTH, '--json', '--out', at(out));
  return { ...(JSON.parse(output.slice(output.indexOf('{'))) as Report), notes };
}

/** The file as release 02 of GRACE would have it. */
async function binary(text: string, product: string, letter: string): Promise<string> {
  const { table } = await readLevel1bTable([readFileSync(text)], { file: text });
  const { GRACEFO_id: ids, ...texts } = table.texts;
  const moved = { ...table, texts: ids ? { ...texts, GRACEFO_id: ids.map(() => letter) } : texts };
  const path = at(`${product}_2021-07-17_${letter}_02.dat`);
  writeFileSync(path, writeLevel1bBinary(moved, { product, satellite: letter }));
  return path;
}

describe('gravity recover', () => {
  it('with all forces finds a field that was simulated with them', async () => {
    const pair = ['--orbit', GNV('C'), '--orbit', GNV('D'), '--range-rate', KBR, '--degree', '8'];
    const { sigma0, accuracy, notes } = await recover('pair.gfc', ...pair, '--forces', 'complete');
    expect(notes).toContain('solid_earth_tide');
    // 77 coefficients: twice the formal error is beyond ten sigma
    expect(accuracy.total.error).toBeLessThan(2 * accuracy.total.formal);
    expect(accuracy.total.error).toBeLessThan(accuracy.total.apriori / 5);
    // 14 000 observations: 0.6 %
    expect(Math.abs(sigma0 - 1)).toBeLessThan(0.03);
    const without = await recover('without.gfc', ...pair, '--forces', 'none');
    expect(without.sigma0).toBeGreaterThan(20);
  });

  it('reads binary files of GRACE: the same field to the last digit written', async () => {
    const files = [await binary(GNV('C'), 'GNV1B', 'A'), await binary(GNV('D'), 'GNV1B', 'B')];
    const ranging = await binary(KBR, 'KBR1B', 'X');
    const options = ['--degree', '4', '--iterations', '1', '--forces', 'complete', '--field-degree', '8'];
    await recover(
      'binary.gfc',
      '--orbit',
      files[0],
      '--orbit',
      files[1],
      '--range-rate',
      ranging,
      ...options,
    );
    await recover('text.gfc', '--orbit', GNV('C'), '--orbit', GNV('D'), '--range-rate', KBR, ...options);
    const numbers = (name: string) =>
      readFileSync(at(name), 'latin1')
        .split('\n')
        .filter((line) => line.startsWith('gfc'));
    expect(numbers('binary.gfc').length).toBe(45);
    expect(numbers('binary.gfc')).toEqual(numbers('text.gfc'));
  });

  it('takes a single satellite with positions only', async () => {
    const one = ['--orbit', GNV('C'), '--degree', '8', '--forces', 'complete'];
    const { accuracy } = await recover('single.gfc', ...one);
    expect(accuracy.total.error).toBeLessThan(2 * accuracy.total.formal);
  });
});
