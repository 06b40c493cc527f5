import {
  FormatError,
  type FormatErrorCode,
  parseEop,
  parseEopC04,
  parseFinals2000A,
  parseLeapSeconds,
} from '@gravity/formats';
import { taiMinusUtcSeconds } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { fixture } from './helpers.js';

const ARCSECOND = Math.PI / 648_000;
const text = (name: string) => fixture(`eop/${name}`).toString();

function faultOf(work: () => unknown): FormatError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error('no error');
}

describe('finals2000A', () => {
  it('reads the columns of Bulletin A', () => {
    const { table, firstPredictedMjd } = parseFinals2000A(text('finals2000A.2022'), { file: 'finals2000A' });
    expect(firstPredictedMjd).toBeUndefined();
    expect(table.mjdUtc).toHaveLength(61);
    // 22 1 1 59580.00 I  0.054644 …  0.276986 …  I-0.1104988 … I     0.095    0.060    -0.250
    expect(table.mjdUtc[0]).toBe(59580);
    expect(table.xPole[0]).toBe(0.054644 * ARCSECOND);
    expect(table.yPole[0]).toBe(0.276986 * ARCSECOND);
    expect(table.ut1MinusUtcSeconds[0]).toBe(-0.1104988);
    expect(table.dX[0]).toBeCloseTo(0.095e-3 * ARCSECOND, 20);
    expect(table.dY[0]).toBeCloseTo(-0.25e-3 * ARCSECOND, 20);
  });

  it('agrees with the C04 series of the same days', () => {
    const c04 = parseEopC04(text('eopc04.2022'), { file: 'eopc04' });
    for (const prefer of ['bulletinA', 'bulletinB'] as const) {
      const { table } = parseFinals2000A(text('finals2000A.2022'), { file: 'finals2000A', prefer });
      expect(table.mjdUtc).toEqual(c04.mjdUtc);
      for (let i = 0; i < 61; i++) {
        // Series of two centres; measured: 0.14 mas in the pole, 67 µs in UT1, 0.45 mas in the offsets
        expect(Math.abs(table.xPole[i] - c04.xPole[i])).toBeLessThan(2e-4 * ARCSECOND);
        expect(Math.abs(table.yPole[i] - c04.yPole[i])).toBeLessThan(2e-4 * ARCSECOND);
        expect(Math.abs(table.ut1MinusUtcSeconds[i] - c04.ut1MinusUtcSeconds[i])).toBeLessThan(1e-4);
        expect(Math.abs(table.dX[i] - c04.dX[i])).toBeLessThan(5e-4 * ARCSECOND);
        expect(Math.abs(table.dY[i] - c04.dY[i])).toBeLessThan(5e-4 * ARCSECOND);
      }
    }
  });

  it('ends where the predictions end', () => {
    const source = text('finals2000A.end');
    const cut = parseFinals2000A(source, { file: 'finals2000A' });
    const long = parseFinals2000A(source, { file: 'finals2000A', missingPoleOffsets: 'zero' });
    const rows = source.split('\n').filter((line) => line !== '');
    const lastWith = (start: number, end: number) =>
      Number(rows.findLast((line) => line.slice(start, end).trim() !== '')?.slice(7, 15));
    expect(cut.table.mjdUtc.at(-1)).toBe(lastWith(97, 106));
    expect(long.table.mjdUtc.at(-1)).toBe(lastWith(58, 68));
    expect(long.table.mjdUtc.length).toBeGreaterThan(cut.table.mjdUtc.length);
    expect(long.table.dX.at(-1)).toBe(0);
    expect(cut.firstPredictedMjd).toBe(Number(rows.find((line) => line[16] === 'P')?.slice(7, 15)));
  });

  it('is told apart from C04', () => {
    expect(parseEop(text('finals2000A.2022'), { file: 'a' }).source).toBe('IERS finals2000A');
    expect(parseEop(text('eopc04.2022'), { file: 'b' }).source).toMatch(/20 C04/);
    expect(parseEop(text('eopc04_20.csv'), { file: 'c' }).mjdUtc[0]).toBe(59580);
  });

  const SOURCE = text('finals2000A.2022');
  const lines = SOURCE.split('\n');
  const changed = (i: number, change: (line: string) => string) =>
    lines.map((line, k) => (k === i ? change(line) : line)).join('\n');
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['prose', 'hello\n', 'unknown_format', 1],
    ['IAU 1980', changed(0, (l) => `${l.slice(0, 97)}  -104.123${l.slice(107)}`), 'unsupported', 1],
    ['spoilt', changed(2, (l) => l.replace(/(\d\.\d{2})\d/, '$1x')), 'not_a_number', 3],
    ['day missing', lines.filter((_, k) => k !== 5).join('\n'), 'bad_time', 6],
    ['date and MJD apart', changed(1, (l) => `22 1 3${l.slice(6)}`), 'bad_time', 2],
    ['hole', changed(3, (l) => l.slice(0, 16)), 'missing_field', 5],
  ];
  for (const [what, source, code, line] of cases) {
    it(`${what}: ${code}`, () => {
      const fault = faultOf(() => parseFinals2000A(source, { file: 'bad' }));
      expect(fault.code).toBe(code);
      if (line !== undefined) expect(fault.line).toBe(line);
    });
  }
});

describe('leap seconds', () => {
  const files = ['LeapSecond.dat', 'tai-utc.dat', 'Leap_Second.dat', 'leap-seconds.list'];

  it('reads all four layouts to the same table, which is that of @gravity/geodesy', () => {
    const tables = files.map((file) => parseLeapSeconds(text(file), { file }));
    for (const { entries } of tables) {
      expect(entries).toEqual(tables[0].entries);
      expect(entries).toHaveLength(28);
    }
    for (const { mjdUtc, taiMinusUtcSeconds: seconds } of tables[0].entries) {
      expect(taiMinusUtcSeconds(mjdUtc)).toBe(seconds);
      if (mjdUtc > 41317) expect(taiMinusUtcSeconds(mjdUtc - 1)).toBe(seconds - 1);
    }
    // "File expires on 28 June 2027"
    expect(tables[2].expiresMjd).toBe(61584);
    expect(tables[3].expiresMjd).toBeGreaterThan(60000);
    expect(tables[0].expiresMjd).toBeUndefined();
  });

  const SOURCE = text('Leap_Second.dat');
  const cases: readonly (readonly [string, string, FormatErrorCode])[] = [
    ['empty', '', 'empty_file'],
    ['prose', 'hello\n', 'unknown_format'],
    ['beginning missing', SOURCE.replace(/^.*1972 {7}10\n/m, ''), 'unknown_format'],
    ['step of two', SOURCE.replace('2017       37', '2017       38'), 'out_of_range'],
    ['date apart', SOURCE.replace('57754.0    1  1 2017', '57754.0    1  2 2017'), 'bad_time'],
  ];
  for (const [what, source, code] of cases) {
    it(`${what}: ${code}`, () => {
      expect(faultOf(() => parseLeapSeconds(source, { file: 'bad' })).code).toBe(code);
    });
  }
});
