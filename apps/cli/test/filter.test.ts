import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseGfc, readLevel2 } from '@gravity/formats';
import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import { afterAll, describe, expect, it } from 'vitest';
import { gravity } from './commands.js';

const MONTH = fileURLToPath(
  new URL(
    '../../../packages/formats/test/fixtures/level2/GSM-2_2008001-2008031_GRAC_UTCSR_BB01_0600.gz',
    import.meta.url,
  ),
);
const WEIGHTS = JSON.parse(
  readFileSync(
    new URL('../../../packages/products/test/fixtures/gaussian-mpmath.json', import.meta.url),
    'utf8',
  ),
).weights as Record<string, [number, string][]>;
const folder = mkdtempSync(join(tmpdir(), 'gravity-filter-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const read = async (name: string): Promise<Geopotential> =>
  (await parseGfc(readFileSync(at(name), 'utf8'), { file: name })).constant;
const filter = (out: string, ...words: string[]) => gravity('filter', MONTH, at(out), ...words);

describe('gravity filter', () => {
  it('weighs every degree as a Gaussian filter does', async () => {
    await filter('gauss.gfc', '--gaussian', '300');
    const [own, month] = [
      await read('gauss.gfc'),
      (await readLevel2([gunzipSync(readFileSync(MONTH))], { file: 'GSM' })).field,
    ];
    const weights = WEIGHTS['300000'].filter(([degree]) => degree >= 2 && degree <= month.maxDegree);
    expect(weights.length).toBeGreaterThan(1);
    for (const [degree, weight] of weights) {
      for (const order of [0, 1, degree]) {
        const i = triangleIndex(degree, order);
        // 13 digits of the file written
        expect(own.c[i] / month.c[i] / Number(weight) - 1).toBeCloseTo(0, 10);
      }
    }
  });

  it('subtracts a field by name, builds a filter, writes it, and gives the same with what it wrote', async () => {
    const mean = ['--subtract', 'GGM05C', '--degree', '40'];
    const { notes } = await filter('built.gfc', ...mean, '--build-ddk', 'grace', '--save-ddk', at('own.ddk'));
    expect(notes).not.toContain('whole field');
    await filter('applied.gfc', ...mean, '--ddk', at('own.ddk'));
    await filter('rest.gfc', ...mean, '--gaussian', '1e-3');
    const [built, applied, rest] = await Promise.all(
      ['built.gfc', 'applied.gfc', 'rest.gfc'].map((name) => read(name)),
    );
    const power = (field: Geopotential, from: number, to: number) => {
      let sum = 0;
      for (let i = triangleIndex(from, 0); i < triangleIndex(to, 0); i++)
        sum += field.c[i] ** 2 + field.s[i] ** 2;
      return sum;
    };
    built.c.forEach((value, i) => {
      expect(Math.abs(applied.c[i] - value)).toBeLessThanOrEqual(1e-9 * Math.sqrt(power(built, 2, 41)));
    });
    // signal at low degrees stays, noise at high ones goes
    expect(power(built, 2, 6) / power(rest, 2, 6)).toBeGreaterThan(0.8);
    expect(power(built, 35, 41) / power(rest, 35, 41)).toBeLessThan(0.2);
  });

  it('removes stripes, and adds the mean field again', async () => {
    await filter('stripes.gfc', '--subtract', 'GGM05C', '--destripe', '--gaussian', '300', '--restore');
    const field = await read('stripes.gfc');
    expect(field.c[triangleIndex(2, 0)]).toBeCloseTo(-4.8416e-4, 7);
    expect(readFileSync(at('stripes.gfc'), 'latin1')).toContain('mean field GGM05C restored');
  });

  it('says what is wrong', async () => {
    await expect(filter('never.gfc')).rejects.toThrow('no filter named');
    await expect(filter('never.gfc', '--ddk', at('none'))).rejects.toThrow(/none: no such file/);
    writeFileSync(at('damaged'), 'BINV0001');
    await expect(filter('never.gfc', '--ddk', at('damaged'))).rejects.toThrow(/damaged/);
    await expect(filter('never.gfc', '--gaussian', '300', '--restore')).rejects.toThrow(
      '--restore goes with',
    );
    const { notes } = await filter('whole.gfc', '--gaussian', '300');
    expect(notes).toContain('this is a whole field');
  });
});
