import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseGfc } from '@gravity/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/mission.js';
import { runCommand } from './support/server-process.js';

const SINEX = new URL('../packages/formats/test/fixtures/sinex/', import.meta.url).pathname;
const TUG = join(SINEX, 'normals_swarm1_2013-11.snx.txt.gz');
const ASU = join(SINEX, 'GSWARM_NE_SABC_ASU_2014-08_01_IFG.snx.txt.gz');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe('gravity combine', () => {
  test('from published SINEX files to a field and one system, which gives the field again', async () => {
    const [first, second] = ['first.gfc', 'second.gfc'].map((name) => join(folder.path, name));
    const sum = join(folder.path, 'sum.snx');
    const made = await runCommand([
      ...['combine', TUG, ASU, '--weight', '2', '--weight', '1', '--field', 'GGM05C'],
      ...['--out', first, '--normals', sum],
    ]);
    expect(made.stderr).toContain('brought to zero_tide');
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/sigma0 not known/); // Prague's square sum is that after the fit
    const again = await runCommand(['combine', sum, '--out', second, '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ parameterCount: 437, observationCount: 23_551_494 });
    const [a, b] = await Promise.all(
      [first, second].map(async (file) => (await parseGfc(await readFile(file, 'utf8'), { file })).constant),
    );
    expect(a).toMatchObject({ maxDegree: 20, tideSystem: 'zero_tide' });
    for (const part of ['c', 's'] as const) {
      const sigma = part === 'c' ? a.sigmaC : a.sigmaS;
      a[part].forEach((value, i) => {
        // fifteen digits of SINEX
        if (i >= 3) expect(Math.abs(b[part][i] - value)).toBeLessThanOrEqual(1e-5 * (sigma?.[i] ?? 0));
      });
    }
  });

  test('says what is wrong', async () => {
    const missing = await runCommand(['combine', join(folder.path, 'none.snx')]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/none\.snx: no such file/) });
    const weights = await runCommand(['combine', TUG, ASU, '--weight', '1']);
    expect(weights).toMatchObject({ code: 1, stderr: expect.stringMatching(/1 weights for 2 files/) });
    const scaled = await runCommand(['combine', ASU, '--scale-errors', '--out', join(folder.path, 'x.gfc')]);
    expect(scaled).toMatchObject({ code: 1, stderr: expect.stringMatching(/sigma0 is not known/) });
  });
});
