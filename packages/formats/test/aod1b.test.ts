import { gzipSync } from 'node:zlib';
import { type Aod1bSet, type FormatErrorCode, openAod1b, readAod1bTide } from '@gravity/formats';
import { triangleIndex } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { chunked, errorOf } from './helpers.js';

/**
 * No AOD1B file is among the references: these are written to the layout of the AOD1B product description (header
 * keys to column 30, value behind the colon; title line of a set; 2(I3,x),E15.9,x,E15.9).
 */
interface Written {
  readonly type: string;
  readonly epoch?: string;
}
const coefficient = (set: number, n: number, m: number) => (set + 1) * 1e-10 + n * 1e-12 + m * 1e-14;
function write(
  sets: readonly Written[],
  maxDegree: number,
  first = '157723200.000000 (2004-12-31 00:00:00)',
) {
  const key = (name: string, value: string) => `${name.padEnd(30)}: ${value}`;
  const lines = [
    key('PRODUCER AGENCY', 'GFZ'),
    key('FILE FORMAT 0=BINARY 1=ASCII', '1'),
    key('SOFTWARE VERSION', 'atm_ocean_dealise.06'),
    key('TIME EPOCH (GPS TIME)', '2000-01-01 12:00:00'),
    key('TIME FIRST OBS(SEC PAST EPOCH)', first),
    key('PARTIAL TIDE', 'S2'),
    key('MAXIMUM DEGREE', String(maxDegree)),
    key('COEFF. NORMALIZED (YES/NO)', 'YES'),
    key('CONSTANT GM [M^3/S^2]', '0.39860044180000E+15'),
    key('CONSTANT A [M]', '0.63781366000000E+07'),
    key('NUMBER OF DATA SETS', String(sets.length).padStart(7)),
    key('DATA FORMAT (N,M,C,S)', '(2(I3,x),E15.9,x,E15.9)'),
    'END OF HEADER',
  ];
  const number = (x: number) =>
    x
      .toExponential(8)
      .toUpperCase()
      .replace(/E([+-])(\d)$/, 'E$10$2')
      .padStart(15);
  sets.forEach(({ type, epoch }, k) => {
    const count = ((maxDegree + 1) * (maxDegree + 2)) / 2;
    const when = epoch === undefined ? '' : `FOR ${epoch} `;
    lines.push(
      `DATA SET ${String(k + 1).padStart(2, '0')}: ${String(count).padStart(7)} COEFFICIENTS ${when}OF TYPE ${type}`,
    );
    for (let n = 0; n <= maxDegree; n++) {
      for (let m = 0; m <= n; m++) {
        const [c, s] = [coefficient(k, n, m), m === 0 ? 0 : -coefficient(k, n, m)];
        lines.push(`${String(n).padStart(3)} ${String(m).padStart(3)} ${number(c)} ${number(s)}`);
      }
    }
  });
  return `${lines.join('\n')}\n`;
}
const DAY: Written[] = ['2004-12-31 00:00:00', '2004-12-31 03:00:00'].flatMap((epoch) =>
  ['atm', 'ocn', 'glo', 'oba'].map((type) => ({ type, epoch })),
);
const file = 'AOD1B_2004-12-31_X_06.asc';
const readSets = async (
  bytes: Uint8Array,
  options: { types?: ('glo' | 'atm')[]; maxDegree?: number } = {},
) => {
  const { header, sets } = await openAod1b(chunked(bytes, 999), { file, ...options });
  const all: Aod1bSet[] = [];
  for await (const set of sets) all.push(set);
  return { header, all };
};

describe('AOD1B', () => {
  it('reads all sets of a day to degree 180, plain and gzipped', async () => {
    const text = Buffer.from(write(DAY, 180));
    for (const bytes of [text, gzipSync(text)]) {
      const { header, all } = await readSets(bytes);
      expect(header).toMatchObject({
        gm: 3.986004418e14,
        radius: 6378136.6,
        maxDegree: 180,
        setCount: 8,
        release: '06',
        timeScale: 'gps',
      });
      expect(all.map((set) => set.type).join(' ')).toBe('atm ocn glo oba atm ocn glo oba');
      expect(all[0].c).toHaveLength(16471); // as the title line of real files says
      // the header's own pair: 157723200 s past the GPS epoch is 2004-12-31 00:00:00
      expect(all[0].gpsSeconds).toBe(157723200);
      expect(all[7].gpsSeconds).toBe(157723200 + 3 * 3600);
      const i = triangleIndex(180, 77);
      expect(all[6].c[i]).toBeCloseTo(coefficient(6, 180, 77), 18); // nine digits in the file
      expect(all[6].s[i]).toBeCloseTo(-coefficient(6, 180, 77), 18);
    }
  });

  it('selects types and degrees', async () => {
    const { all } = await readSets(Buffer.from(write(DAY, 12)), { types: ['glo'], maxDegree: 5 });
    expect(all.map((set) => [set.number, set.type])).toEqual([
      [3, 'glo'],
      [7, 'glo'],
    ]);
    expect(all[1].c).toHaveLength(21);
    expect(all[1].c[20]).toBeCloseTo(coefficient(6, 5, 5), 18);
  });

  it('takes epochs for UTC when the first pair is apart by the leap seconds of the day', async () => {
    // 13 leap seconds between GPS and UTC at the end of 2004
    const text = write(DAY, 1, '157723213.000000 (2004-12-31 00:00:00)');
    const { header, all } = await readSets(Buffer.from(text));
    expect(header.timeScale).toBe('utc');
    expect(all[0].gpsSeconds).toBe(157723213);
  });

  it('reads an atmospheric tide', async () => {
    const text = write([{ type: 'cos' }, { type: 'sin' }], 8);
    const tide = await readAod1bTide([Buffer.from(text)], { file: 'AOD1B_ATM_S2_06.asc', maxDegree: 4 });
    expect(tide.wave).toBe('S2');
    expect(tide.maxDegree).toBe(4);
    expect(tide.cosine.c[triangleIndex(3, 2)]).toBeCloseTo(coefficient(0, 3, 2), 18);
    expect(tide.sine.s[triangleIndex(4, 4)]).toBeCloseTo(-coefficient(1, 4, 4), 18);
    const one = write([{ type: 'cos' }], 2);
    const error = await errorOf(() => readAod1bTide([Buffer.from(one)], { file: 'x' }));
    expect(error.message).toMatch(/no set of type sin/);
  });

  const SMALL = write(DAY, 3); // 13 lines of header, then sets of 11 lines
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['header alone', 'PRODUCER AGENCY : GFZ\n', 'header_without_end'],
    ['no GM', SMALL.replace('CONSTANT GM', 'CONSTANT XX'), 'missing_field'],
    [
      'cut between sets',
      SMALL.split('\n')
        .slice(0, 13 + 22)
        .join('\n'),
      'truncated',
    ],
    [
      'cut in a set',
      SMALL.split('\n')
        .slice(0, 13 + 20)
        .join('\n'),
      'truncated',
      34,
    ],
    ['cut in a line', SMALL.slice(0, -30), 'truncated', 101],
    ['number spoilt', SMALL.replace('2.00000000E-10', '2.00x00000E-10'), 'not_a_number'],
    ['type unknown', SMALL.replace('TYPE ocn', 'TYPE xyz'), 'unknown_value', 25],
    ['no epoch', SMALL.replace('2004-12-31 03', '2004-02-31 03'), 'bad_time', 58],
    ['too many lines', SMALL.replace('     10 COEFF', '      9 COEFF'), 'unknown_value', 24],
    ['degree above', SMALL.replace('\n  3   3', '\n  4   3'), 'out_of_range', 24],
    ['twice', SMALL.replace('\n  3   3', '\n  3   2'), 'duplicate', 24],
    ['not normalized', SMALL.replace('YES\n', 'NO\n'), 'unsupported'],
  ];
  for (const [what, text, code, line] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => readSets(Buffer.from(text)));
      expect(error.code).toBe(code);
      if (line !== undefined) expect(error.line).toBe(line);
    });
  }
});
