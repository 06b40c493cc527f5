import { readFileSync } from 'node:fs';
import {
  type FormatErrorCode,
  packedIndex,
  readSinex,
  type SinexNormals,
  type SinexOptions,
  writeSinex,
} from '@gravity/formats';
import { coefficientOrdering } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { chunked, errorOf, fixture, sameDoubles } from './helpers.js';

const ASU = 'GSWARM_NE_SABC_ASU_2014-08_01_IFG.snx.txt.gz';
const TUG = 'normals_swarm1_2013-11.snx.txt.gz';
const raw = (file: string) => readFileSync(new URL(`./fixtures/sinex/${file}`, import.meta.url));
const read = (file: string, matrix?: SinexOptions['matrix']) =>
  readSinex(chunked(raw(file), 65_536), { file, matrix });

/** Solution and inverse's diagonal by Cholesky with the diagonal scaled to one. */
function solve(normals: SinexNormals): { x: Float64Array; inverseDiagonal: Float64Array } {
  const n = normals.parameters.length;
  const { matrix, rightHandSide } = normals;
  if (!matrix || !rightHandSide) throw new Error('no matrix');
  const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(matrix[packedIndex(n, i, i)]));
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[packedIndex(n, j, i)] * scale[i] * scale[j];
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k];
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / lower[j * n + j];
    }
  }
  const forward = (b: Float64Array, from = 0) => {
    for (let i = from; i < n; i++) {
      let sum = b[i];
      for (let k = from; k < i; k++) sum -= lower[i * n + k] * b[k];
      b[i] = sum / lower[i * n + i];
    }
    return b;
  };
  const x = forward(rightHandSide.map((b, i) => b * scale[i]));
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k * n + i] * x[k];
    x[i] /= lower[i * n + i];
  }
  const inverseDiagonal = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    inverseDiagonal[i] = forward(unit, i).reduce((sum, v) => sum + v * v, 0) * scale[i] ** 2;
  }
  return { x: x.map((v, i) => v * scale[i]), inverseDiagonal };
}

describe('SINEX normal equations', () => {
  it('reads header, statistics and parameters', async () => {
    const normals = await read(TUG, 'skip');
    expect(normals.header).toMatchObject({
      version: '2.02',
      agency: 'TUG',
      technique: 'C',
      parameterCount: 437,
      startMjd: 56621, // 13:329 is 2013-11-25
      endMjd: 56627,
    });
    expect(normals.reference.SOFTWARE).toBe('GROOPS');
    expect(normals.statistics).toMatchObject({
      observationCount: 111390,
      unknownCount: 437,
      degreesOfFreedom: 110953,
      weightedSquareSum: 111757.174401916,
    });
    expect(normals.matrix).toBeUndefined();
    // degree by degree from 2 to 20, which is the order of this project
    const ordering = coefficientOrdering(2, 20);
    expect(normals.parameters.map((p) => p.degree)).toEqual(Array.from(ordering.degree));
    expect(normals.parameters.map((p) => p.order)).toEqual(Array.from(ordering.order));
    expect(normals.parameters.map((p) => p.type)).toEqual(
      Array.from(ordering.kind, (k) => (k ? 'SN' : 'CN')),
    );
    expect(normals.parameters[0].epochMjd).toBe(56624);
    expect(normals.estimate?.[0]).toBe(5.30968096716456e-10);
    expect(normals.estimateSigma?.[0]).toBe(1.53293e-10);
    expect(normals.apriori?.[0]).toBe(-4.841694552725e-4);
    const asu = await read(ASU, 'skip');
    expect(asu.comments).toContain('earth_gravity_constant 3.986004415e+14');
  });

  for (const file of [TUG, ASU]) {
    it(`solves to the coefficients of the same file: ${file}`, async () => {
      const normals = await read(file);
      const { x, inverseDiagonal } = solve(normals);
      const { estimate, estimateSigma, rightHandSide, statistics } = normals;
      if (!estimate || !estimateSigma || !rightHandSide) throw new Error('vectors missing');
      // Fifteen digits of each element: measured 1.6e-13 sigma (TUG, a correction to the a-priori field) and 2.3e-8
      // sigma (ASU, whose C20 is a total of 4.8e-4 beside a sigma of 1.9e-11, so digits of it are lost).
      const worst = x.reduce((max, v, i) => Math.max(max, Math.abs(v - estimate[i]) / estimateSigma[i]), 0);
      expect(worst).toBeLessThan(file === TUG ? 1e-11 : 1e-6);
      // both publish formal sigmas for unit variance, with six digits
      for (let i = 0; i < x.length; i++) {
        expect(Math.abs(Math.sqrt(inverseDiagonal[i]) / estimateSigma[i] - 1)).toBeLessThan(6e-6);
      }
      if (file !== TUG) return; // ASU gives the square sum after the fit
      // TUG estimated its weights until (lᵀPl − bᵀx) / redundancy was one
      const { weightedSquareSum = Number.NaN, degreesOfFreedom = Number.NaN } = statistics;
      const bx = rightHandSide.reduce((sum, v, i) => sum + v * x[i], 0);
      expect((weightedSquareSum - bx) / degreesOfFreedom).toBeCloseTo(1, 5);
    });
  }

  it('hands elements on without holding them', async () => {
    let count = 0;
    let trace = 0;
    const normals = await read(TUG, (row, column, value) => {
      count++;
      if (row === column) trace += value;
    });
    expect(normals.matrix).toBeUndefined();
    expect(count).toBe((437 * 438) / 2);
    const held = await read(TUG);
    let wanted = 0;
    for (let i = 0; i < 437; i++) wanted += held.matrix?.[packedIndex(437, i, i)] ?? Number.NaN;
    expect(trace).toBe(wanted);
  });

  it('writes what it reads', async () => {
    const normals = await read(TUG);
    const text = [...writeSinex(normals)].join('');
    const again = await readSinex([Buffer.from(text)], { file: 'written.snx' });
    // the file's own digits: fifteen
    expect(sameDoubles(again.matrix, normals.matrix)).toBe(true);
    expect(again.rightHandSide).toEqual(normals.rightHandSide);
    expect(again.estimate).toEqual(normals.estimate);
    expect(again.estimateSigma).toEqual(normals.estimateSigma);
    expect(again.parameters).toEqual(normals.parameters);
    expect(again.header).toEqual(normals.header);
    expect(again.statistics.weightedSquareSum).toBe(normals.statistics.weightedSquareSum);
    // byte for byte where the format fixes the columns
    const original = fixture(`sinex/${TUG}`).toString().split('\n');
    const written = text.split('\n');
    for (const start of ['+SOLUTION/ESTIMATE', '+SOLUTION/NORMAL_EQUATION_MATRIX U']) {
      const [a, b] = [original.indexOf(start), written.indexOf(start)];
      expect(written.slice(b, b + 400)).toEqual(original.slice(a, a + 400));
    }
  });

  it('reads a lower triangle as the same matrix', async () => {
    const body = (triangle: string, rows: string) =>
      `%=SNX 2.02 TST 24:001:00000 TST 24:001:00000 24:002:00000 C 00002 2\n+SOLUTION/NORMAL_EQUATION_VECTOR\n${LINE(1, 'CN', 2, 0)}\n${LINE(2, 'CN', 2, 1)}\n-SOLUTION/NORMAL_EQUATION_VECTOR\n+SOLUTION/NORMAL_EQUATION_MATRIX ${triangle}\n${rows}-SOLUTION/NORMAL_EQUATION_MATRIX ${triangle}\n%ENDSNX\n`;
    const upper = await readSinex([Buffer.from(body('U', ' 1 1 4.0 1.5\n 2 2 3.0\n'))], { file: 'u' });
    const lower = await readSinex([Buffer.from(body('L', ' 1 1 4.0\n 2 1 1.5 3.0\n'))], { file: 'l' });
    expect(Array.from(upper.matrix ?? [])).toEqual([4, 1.5, 3]);
    expect(lower.matrix).toEqual(upper.matrix);
  });

  const LINE = (i: number, type: string, n: number, m: number) =>
    ` ${String(i).padStart(5)} ${type.padEnd(6)} ${String(n).padStart(4)} -- ${String(m).padStart(4)} 24:001:43200 ---- 2  1.00000000000000e+00`;
  const SMALL = `%=SNX 2.02 TST 24:001:00000 TST 24:001:00000 24:002:00000 C 00002 2
+SOLUTION/NORMAL_EQUATION_VECTOR
${LINE(1, 'CN', 2, 0)}
${LINE(2, 'SN', 2, 1)}
-SOLUTION/NORMAL_EQUATION_VECTOR
+SOLUTION/NORMAL_EQUATION_MATRIX U
     1     1  4.00000000000000e+00  1.00000000000000e+00
     2     2  3.00000000000000e+00
-SOLUTION/NORMAL_EQUATION_MATRIX U
%ENDSNX
`;
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['no SINEX', 'hello\n', 'unknown_format', 1],
    ['no end', SMALL.replace('%ENDSNX\n', ''), 'truncated', 10],
    ['block without end', SMALL.replace('-SOLUTION/NORMAL_EQUATION_VECTOR\n', ''), 'truncated', 5],
    ['value spoilt', SMALL.replace('4.00000000000000e+00', '4.0000x000000000e+00'), 'not_a_number', 7],
    ['index above', SMALL.replace('     2     2', '     3     3'), 'out_of_range', 8],
    ['order above degree', SMALL.replace('   2 --    1', '   2 --    3'), 'out_of_range', 4],
    ['index missing', SMALL.replace('     2 SN', '     3 SN'), 'out_of_range', 4],
    ['bad epoch', SMALL.replace('24:001:43200', '24:400:4x200'), 'bad_time', 3],
    [
      'two vectors',
      SMALL.replace(
        '+SOLUTION/NORMAL_EQUATION_M',
        `${SMALL.split('\n').slice(1, 5).join('\n')}\n+SOLUTION/NORMAL_EQUATION_M`,
      ),
      'duplicate',
    ],
  ];
  for (const [what, text, code, line] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => readSinex([Buffer.from(text)], { file: 'bad.snx' }));
      expect(error.code).toBe(code);
      if (line !== undefined) expect(error.line).toBe(line);
    });
  }
});
