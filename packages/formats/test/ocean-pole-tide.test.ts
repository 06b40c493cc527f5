import { type FormatErrorCode, readOceanPoleTide } from '@gravity/formats';
import { triangleIndex } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { errorOf } from './helpers.js';

/** The rows of desaiscopolecoef.txt (IERS Conventions 2010) to degree 2, under its line of column names. */
const TABLE = `  n    m        Anm(Real)          Bnm(Real)        Anm(Imaginary)     Bnm(Imaginary)
   1    0   1.8736759805448e-02  0.0000000000000e+00  2.9688884960424e-02  0.0000000000000e+00
   1    1   2.8258913146935e-02  2.1774643075236e-02  2.3898264393684e-02  5.6771602236635e-02
   2    0  -3.9555099024374e-03  0.0000000000000e+00  6.8390464271953e-04  0.0000000000000e+00
   2    1  -2.4325330521304e-01  5.4680741193318e-03  5.4680741193318e-03 -1.9252111185300e-01
   2    2   1.9102047023374e-02  1.1158297399424e-02 -1.5123770169928e-02 -2.4857839911518e-04
`;
const read = (text: string, maxDegree?: number) =>
  readOceanPoleTide([Buffer.from(text)], { file: 'desai.txt', maxDegree });

describe('ocean pole tide coefficients', () => {
  it('reads the published rows', async () => {
    const table = await read(TABLE);
    expect(table.maxDegree).toBe(2);
    const i = triangleIndex(2, 1);
    expect([table.aReal[i], table.bReal[i], table.aImaginary[i], table.bImaginary[i]]).toEqual([
      -2.4325330521304e-1, 5.4680741193318e-3, 5.4680741193318e-3, -1.92521111853e-1,
    ]);
    expect((await read(TABLE, 1)).aReal).toHaveLength(3);
  });

  it('gives C21 and S21 of IERS Conventions 2010, eq. 6.24', async () => {
    const table = await read(TABLE);
    const i = triangleIndex(2, 1);
    // C̄21 = −2.1778e-10 (m1 − 0.01724 m2), S̄21 = −1.7232e-10 (m2 − 0.03365 m1), m in arcseconds: the ratios of the
    // terms depend on the columns alone, γ₂ = 0.6870 + 0.0036i. Four digits are published.
    const [re, im] = [0.687, 0.0036];
    const term = (a: number, b: number) => ({ m1: a * re - b * im, m2: a * im + b * re });
    const c = term(table.aReal[i], table.aImaginary[i]);
    const s = term(table.bReal[i], table.bImaginary[i]);
    expect(c.m2 / c.m1).toBeCloseTo(-0.01724, 5);
    expect(s.m1 / s.m2).toBeCloseTo(-0.03365, 5);
    expect(c.m1 / s.m2).toBeCloseTo(2.1778 / 1.7232, 4);
  });

  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['no names', TABLE.split('\n').slice(1).join('\n'), 'unknown_format', 1],
    [
      'columns swapped',
      TABLE.replace('Bnm(Real)        Anm(Imaginary)', 'Anm(Imaginary) Bnm(Real)'),
      'unknown_format',
    ],
    ['names alone', TABLE.split('\n')[0], 'unknown_format'],
    ['row missing', TABLE.replace(/^ +2 +0.*\n/m, ''), 'truncated'],
    ['row twice', TABLE.replace('   2    2', '   2    1'), 'duplicate', 6],
    ['row cut', TABLE.replace(' -2.4857839911518e-04', ''), 'column_count', 6],
    ['spoilt', TABLE.replace('1.9102', '1.x102'), 'not_a_number', 6],
    ['order above degree', TABLE.replace('   2    2', '   2    3'), 'out_of_range', 6],
  ];
  for (const [what, text, code, line] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => read(text));
      expect(error.code).toBe(code);
      if (line !== undefined) expect(error.line).toBe(line);
    });
  }
});
