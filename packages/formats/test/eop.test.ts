import { FormatError, type FormatErrorCode, mergeEopTables, parseEopC04 } from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { fixture } from './helpers.js';

const ARCSECOND = Math.PI / 648_000;
const read = (file: string) => parseEopC04(fixture(`eop/${file}`).toString(), { file });

/** Made after the description of the 20 C04 text layout (Bizouard 2023), with the values of the CSV of 2022-01-01. */
const NEW_C04 = `# EARTH ORIENTATION PARAMETER (EOP) PRODUCT CENTER
# EOP (IERS) 20 C04 TIME SERIES consistent with ITRF 2020
# YR  MM  DD  HH       MJD        x(")        y(")  UT1-UTC(s)       dX(")      dY(")       xrt(")      yrt(")      LOD(s)
2022   1   1   0  59580.00    0.054651    0.276982  -0.1105073    0.000066   -0.000221   -0.001480    0.000936  -0.0000314
2022   1   2   0  59581.00    0.053421    0.277921  -0.1103808    0.000067   -0.000208   -0.000845    0.000992  -0.0002175
`;

describe('EOP C04', () => {
  it('reads 08 C04', () => {
    const table = read('eopc04_08_IAU2000.head');
    expect(table.source).toBe('EOP (IERS) 08 C04');
    // 1962-01-01: -0.012700 0.213000 0.0326338 (LOD 0.0017230) 0 0
    expect(table.mjdUtc[0]).toBe(37665);
    expect(table.xPole[0]).toBe(-0.0127 * ARCSECOND);
    expect(table.yPole[0]).toBe(0.213 * ARCSECOND);
    expect(table.ut1MinusUtcSeconds[0]).toBe(0.0326338);
    expect(table.dX[0]).toBe(0);
  });

  it('reads 14 C04, whose header holds a line of # although its columns are the old ones', () => {
    const table = read('eopc04_14_IAU2000.20.txt');
    expect(table.mjdUtc).toHaveLength(366);
    // 2020-12-31: 0.069721 0.303116 -0.1760010 (-0.0006564) 0.000003 0.000133
    expect(table.mjdUtc[365]).toBe(59214);
    expect(table.xPole[365]).toBe(0.069721 * ARCSECOND);
    expect(table.ut1MinusUtcSeconds[365]).toBe(-0.176001);
    expect(table.dX[365]).toBe(0.000003 * ARCSECOND);
    expect(table.dY[365]).toBe(0.000133 * ARCSECOND);
  });

  it('reads 20 C04, as text and as CSV, to the same values', () => {
    const csv = read('eopc04_20.csv');
    const text = parseEopC04(NEW_C04, { file: 'eopc04.1962-now' });
    for (const key of ['mjdUtc', 'xPole', 'yPole', 'ut1MinusUtcSeconds', 'dX', 'dY'] as const) {
      expect(Array.from(text[key])).toEqual(Array.from(csv[key].subarray(0, 2)));
    }
    expect(text.dY[0]).toBe(-0.000221 * ARCSECOND);
  });

  it('joins series and refuses holes', () => {
    const a = parseEopC04(NEW_C04, { file: 'a' });
    const csv = read('eopc04_20.csv');
    expect(mergeEopTables([csv, a]).mjdUtc).toEqual(csv.mjdUtc);
    expect(() => mergeEopTables([read('eopc04_14_IAU2000.20.txt'), csv])).toThrow(
      /missing between MJD 59214 and 59580/,
    );
  });

  const row = (text: string, n: number) => text.split('\n').slice(0, n).join('\n');
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['prose', 'hello\nworld\n', 'unknown_format'],
    ['other numbers', '1 2 3\n', 'unknown_format', 1],
    ['not a number', NEW_C04.replace('0.053421', '0.05x421'), 'not_a_number', 5],
    ['row cut', NEW_C04.replace(/ +-0\.000208.*$/m, ''), 'column_count', 5],
    ['day missing', NEW_C04.replace('2022   1   2   0  59581', '2022   1   3   0  59582'), 'bad_time', 5],
    ['date and MJD apart', NEW_C04.replace('2022   1   2', '2022   1   4'), 'bad_time', 5],
    ['not 0h', NEW_C04.replace('59581.00', '59581.50'), 'bad_time', 5],
    ['IAU 1980 series', `${row(NEW_C04, 2)}\n# YR MM DD dPsi dEps\n`, 'unsupported', 3],
    ['CSV without UT1', 'MJD;Year;Month;Day;x_pole;y_pole;dX\n', 'missing_field', 1],
    ['UT1 in milliseconds', NEW_C04.replace('-0.1103808', '-110.3808'), 'out_of_range', 5],
  ];
  for (const [what, text, code, line] of cases) {
    it(`${what}: ${code}`, () => {
      try {
        parseEopC04(text, { file: 'bad.txt' });
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        const { code: found, line: at, message } = error as FormatError;
        expect(found).toBe(code);
        if (line !== undefined) expect(at).toBe(line);
        expect(message).toContain('bad.txt');
        return;
      }
      throw new Error('no error');
    });
  }
});
