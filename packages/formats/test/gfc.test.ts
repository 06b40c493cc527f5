import {
  evaluateGfcAt,
  type FormatErrorCode,
  mjdOfCompactDate,
  parseGfc,
  parseLevel2FileName,
  readGfc,
  readLevel2,
  writeGfc,
} from '@gravity/formats';
import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { errorOf, fixture } from './helpers.js';

const GSM = 'GSM-2_2008001-2008031_GRAC_UTCSR_BB01_0600';
const HEAD = `product_type gravity_field
modelname TEST
earth_gravity_constant 0.3986004415D+15
radius 6378136.3
max_degree 3
errors no
`;
const gfc = (body: string, head = HEAD) => parseGfc(`${head}end_of_head ===\n${body}`, { file: 'test.gfc' });

describe('ICGEM reader', () => {
  it('reads GGM05C', async () => {
    const model = await readGfc([fixture('gfc/GGM05C_180.gfc.gz')], { file: 'GGM05C.gfc' });
    expect(model).toMatchObject({
      name: 'GGM05C',
      format: 'icgem1.0',
      errors: 'calibrated',
      timeVariable: [],
      notes: [],
    });
    const { constant } = model;
    expect(constant).toMatchObject({
      gm: 3.986004415e14,
      radius: 6378136.3,
      maxDegree: 180,
      tideSystem: 'zero_tide',
    });
    // lines of the file as published (ICGEM)
    const text = fixture('gfc/GGM05C_180.gfc.gz').toString();
    for (const [n, m] of [
      [0, 0],
      [2, 0],
      [2, 2],
      [97, 31],
      [180, 180],
    ]) {
      const line = new RegExp(`^gfc +${n} +${m} +(\\S+) +(\\S+) +(\\S+) +(\\S+)`, 'm').exec(text)!;
      const i = triangleIndex(n, m);
      const read = [constant.c[i], constant.s[i], constant.sigmaC![i], constant.sigmaS![i]];
      expect(read).toEqual(line.slice(1, 5).map((word) => Number(word.replace('D', 'e'))));
    }
    expect(constant.c[3]).toBe(-0.00048416945732);
    expect(model.comment).toContain('THE COMBINED GRAVITY MODEL GGM05C');
  });

  it('reads what other writers make', async () => {
    const itsg = await readGfc([fixture('gfc/ITSG-Grace2018_n96_2008-01.gfc.gz')], { file: 'itsg.gfc' });
    expect(itsg.constant).toMatchObject({ maxDegree: 96, tideSystem: 'zero_tide' });
    const dorus = await readGfc([fixture('gfc/DORUS_GRACE-FO_59409-59415.gfc')], { file: 'dorus.gfc' });
    expect(dorus.constant).toMatchObject({ maxDegree: 30, tideSystem: 'tide_free' });
    const bare = await readGfc([fixture('gfc/icgem_test_nosig_ITSG.gfc')], { file: 'bare.gfc' });
    expect(bare.constant.sigmaC).toBeUndefined();
    expect(bare.constant.c[3]).toBe(-4.8416961521e-4);
  });

  it('reads only as far as asked', async () => {
    const model = await readGfc([fixture('gfc/GGM05C_180.gfc.gz')], { file: 'a.gfc', maxDegree: 20 });
    expect(model.constant.maxDegree).toBe(20);
    expect(model.constant.c).toHaveLength(231);
  });

  it('does not depend on the order of the records', async () => {
    const rows = ['gfc 3 3 1D-7 2d-7', 'gfc 2 0 -4.8E-04 0', 'gfc 0 0 1 0', 'gfc 3 0 .5e-6 0.'];
    const a = await gfc(rows.join('\n'));
    const b = await gfc([...rows].reverse().join('\n'));
    expect(a.constant).toEqual(b.constant);
    expect(a.constant.c[triangleIndex(3, 3)]).toBe(1e-7);
    expect(a.constant.gm).toBe(3.986004415e14);
  });

  it('assumes C00 = 1 where no centre writes it, and says so', async () => {
    const model = await gfc('gfc 2 0 -4.8e-4 0\nunknownkey 1 2 3\n');
    expect(model.constant.c[0]).toBe(1);
    expect(model.notes).toHaveLength(1);
  });

  it('keeps calibrated and formal errors apart', async () => {
    const head = HEAD.replace('errors no', 'errors calibrated_and_formal');
    const model = await gfc('gfc 2 0 1 0 1e-10 2e-10 3e-12 4e-12\n', head);
    expect([model.constant.sigmaC![3], model.constant.sigmaS![3]]).toEqual([1e-10, 2e-10]);
    expect([model.formalSigmaC![3], model.formalSigmaS![3]]).toEqual([3e-12, 4e-12]);
  });
});

describe('time-variable models', () => {
  it('evaluates format 1 as the formula says', async () => {
    const rows = [
      'gfct 2 0 -4.8e-4 0 1e-12 0 20050101',
      'trnd 2 0 1e-11 0 1e-13 0',
      'acos 2 0 4e-11 0 1e-13 0 1.0',
      'asin 2 0 5e-11 0 1e-13 0 0.5',
      'dot 3 1 1e-12 2e-12',
      'gfct 3 1 2e-6 2.5e-7 20050101',
    ];
    const model = await gfc(rows.join('\n'));
    const t0 = 53371; // 2005-01-01
    const years = 1.3;
    const at = evaluateGfcAt(model, t0 + years * 365.25);
    const expected =
      -4.8e-4 +
      1e-11 * years +
      4e-11 * Math.cos(2 * Math.PI * years) +
      5e-11 * Math.sin((2 * Math.PI * years) / 0.5);
    // a few roundings of numbers of 5e-4
    expect(Math.abs(at.c[3] - expected)).toBeLessThan(3e-19);
    expect(at.c[triangleIndex(3, 1)]).toBeCloseTo(2e-6 + 1.3e-12, 18);
    expect(at.s[triangleIndex(3, 1)]).toBeCloseTo(2.5e-7 + 2.6e-12, 18);
  });

  it('selects the interval of EIGEN-6S4v2 that holds the epoch', async () => {
    const model = await readGfc([fixture('gfc/EIGEN-6S4-v2-truncated')], { file: 'EIGEN-6S4-v2' });
    expect(model.format).toBe('icgem2.0');
    expect(model.timeVariable).toHaveLength(9);
    const year = (mjd: number, t0: number) => (mjd - t0) / 365.25;
    // 1995-07-01: offset and trend of the interval 1995–1996, annual and semi-annual terms of 1950–2003
    const mjd = mjdOfCompactDate('19950701');
    const t = year(mjd, mjdOfCompactDate('19950101.0000'));
    const p = year(mjd, mjdOfCompactDate('19500101.0000'));
    const c20 =
      -4.84165260819e-4 +
      9.12798998887e-11 * t +
      3.87007395388e-11 * Math.cos(2 * Math.PI * p) +
      5.91814852349e-11 * Math.sin(2 * Math.PI * p) +
      3.93538776211e-11 * Math.cos(4 * Math.PI * p) -
      2.19462790927e-11 * Math.sin(4 * Math.PI * p);
    expect(Math.abs(evaluateGfcAt(model, mjd).c[3] - c20)).toBeLessThan(1e-18);
    // 2012-03-01, C10, all records of the interval 2012–2013
    const later = mjdOfCompactDate('20120301');
    const u = year(later, mjdOfCompactDate('20120101.0000'));
    const c10 =
      2.79633669708e-11 -
      3.69825207693e-12 * u +
      7.82200444497e-11 * Math.cos(2 * Math.PI * u) -
      2.59878908273e-12 * Math.sin(2 * Math.PI * u) -
      3.33602085179e-11 * Math.cos(4 * Math.PI * u) -
      2.08487450562e-11 * Math.sin(4 * Math.PI * u);
    expect(Math.abs(evaluateGfcAt(model, later).c[1] - c10)).toBeLessThan(1e-24);
  });

  it('stands still before the first and after the last interval', async () => {
    const head = `format icgem2.0\n${HEAD}`;
    const model = await gfc(
      'gfct 2 0 1e-3 0 20000101.0000 20100101.0000\ntrnd 2 0 1e-9 0 20000101.0000 20100101.0000\n',
      head,
    );
    const c20 = (date: string) => evaluateGfcAt(model, mjdOfCompactDate(date)).c[3];
    expect(c20('19900101')).toBe(1e-3);
    expect(c20('20300101')).toBeCloseTo(c20('20091231'), 11);
    expect(c20('20300101')).toBeGreaterThan(c20('20050101'));
  });

  it('reads the minute 60 of published dates', () => {
    expect(mjdOfCompactDate('20041226.0060')).toBe(mjdOfCompactDate('20041226.0100'));
    expect(mjdOfCompactDate('20000101')).toBe(51544);
    for (const text of ['20001301', '20010229', '2000', '20000101.2561', ''])
      expect(mjdOfCompactDate(text)).toBeNaN();
  });
});

describe('ICGEM errors', () => {
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['no end_of_head', HEAD, 'header_without_end'],
    ['no radius', `${HEAD.replace(/radius.*\n/, '')}end_of_head\n`, 'missing_field'],
    ['radius that is none', `${HEAD.replace('6378136.3', 'R')}end_of_head\n`, 'not_a_number', 4],
    [
      'degree out of all bounds',
      `${HEAD.replace('max_degree 3', 'max_degree 1000000000')}end_of_head\n`,
      'out_of_range',
      5,
    ],
    ['unnormalized', `${HEAD}norm unnormalized\nend_of_head\n`, 'unsupported'],
    ['unknown tide system', `${HEAD}tide_system lunar\nend_of_head\n`, 'unknown_value', 7],
    ['order above degree', `${HEAD}end_of_head\ngfc 2 3 1 1\n`, 'out_of_range', 8],
    ['degree above max_degree', `${HEAD}end_of_head\ngfc 4 0 1 1\n`, 'out_of_range', 8],
    ['coefficient twice', `${HEAD}end_of_head\ngfc 2 0 1 0\ngfc 2 0 1 0\n`, 'duplicate', 9],
    ['value that is none', `${HEAD}end_of_head\ngfc 2 0 x 0\n`, 'not_a_number', 8],
    ['value missing', `${HEAD}end_of_head\ngfc 2 0 1\n`, 'column_count', 8],
    ['three deviations', `${HEAD}end_of_head\ngfc 2 0 1 0 1 1 1\n`, 'column_count', 8],
    ['bad date', `${HEAD}end_of_head\ngfct 2 0 1 0 20051301\n`, 'bad_time', 8],
    ['trend alone', `${HEAD}end_of_head\ntrnd 2 0 1 0\n`, 'missing_field'],
  ];
  for (const [what, text, code, line] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => parseGfc(text, { file: 'bad.gfc' }));
      expect(error.code).toBe(code);
      if (line !== undefined) expect(error.line).toBe(line);
      expect(error.message).toContain('bad.gfc');
    });
  }

  it('does not take other coefficient files for gfc', async () => {
    const error = await errorOf(() => readGfc([fixture('gfc/EGM96-truncated-21x21')], { file: 'EGM96' }));
    expect(error.code).toBe('header_without_end');
  });
});

describe('ICGEM writer', () => {
  it('loses no bit and gives the same bytes again', async () => {
    const { constant } = await readGfc([fixture('gfc/ITSG-Grace2018_n96_2008-01.gfc.gz')], {
      file: 'itsg.gfc',
    });
    // values that 15 digits do not hold
    const field: Geopotential = {
      ...constant,
      c: constant.c.map((v) => v * Math.PI),
      s: constant.s.map((v) => v / 3),
    };
    const text = writeGfc(field, { comment: 'made by a test', header: { time_period_of_data: '2008-01' } });
    const back = await parseGfc(text, { file: 'back.gfc' });
    expect(back.constant).toEqual(field);
    expect(back.errors).toBe('formal');
    expect(back.header.time_period_of_data).toBe('2008-01');
    expect(back.comment).toBe('made by a test');
    expect(
      writeGfc(back.constant, { comment: 'made by a test', header: { time_period_of_data: '2008-01' } }),
    ).toBe(text);
  });

  it('refuses what would be a wrong file', () => {
    const field: Geopotential = {
      name: 'x',
      gm: 1,
      radius: 1,
      maxDegree: 0,
      tideSystem: 'tide_free',
      c: Float64Array.of(1),
      s: Float64Array.of(0),
    };
    expect(() => writeGfc(field, { errors: 'formal' })).toThrow(RangeError);
    expect(() => writeGfc({ ...field, c: Float64Array.of(Number.NaN) })).toThrow(RangeError);
    expect(() => writeGfc(field, { comment: 'a\nend_of_head' })).toThrow(RangeError);
    expect(() => writeGfc(field, { header: { a: 'b\nc' } })).toThrow(RangeError);
  });
});

describe('Level-2 fields', () => {
  it('reads a CSR RL06 GSM file', async () => {
    const level2 = await readLevel2([fixture(`level2/${GSM}.gz`)], { file: GSM });
    expect(level2).toMatchObject({
      product: 'GSM',
      institution: 'UT-AUSTIN/CSR',
      release: 'RL06',
      notes: [],
    });
    // 2008-01-01 to 2008-02-01
    expect([level2.startMjd, level2.stopMjd]).toEqual([54466, 54497]);
    expect(level2.field).toMatchObject({
      gm: 3.986004415e14,
      radius: 6378136.3,
      maxDegree: 96,
      tideSystem: 'zero_tide',
    });
    expect(level2.field.c[0]).toBe(1);
    expect(level2.field.c[3]).toBe(-0.484169365713e-3);
    expect(level2.field.sigmaC![3]).toBe(3.972e-13);
    const text = fixture(`level2/${GSM}.gz`).toString();
    const records = text.match(/^GRCOF2.*$/gm)!;
    let sum = 0;
    for (const record of records) sum += Number(record.trim().split(/\s+/)[4]);
    expect(level2.field.s.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 15);
  });

  it('parses names, months across the year included', () => {
    expect(parseLevel2FileName('GSM-2_2010335-2011001_GRAC_JPLEM_BA01_0600.gz')).toMatchObject({
      startMjd: 55531,
      stopMjd: 55563,
      centre: 'JPLEM',
    });
    expect(parseLevel2FileName('GSM-2_2013001-2013031_0030_JPLEM_0000_0005')).toMatchObject({
      mission: '0030',
    });
    expect(parseLevel2FileName('DORUS.gfc')).toBeUndefined();
  });

  it('reads the record header of release 05 and its errors', async () => {
    const head =
      'FIRST SDS...\nEARTH  0.3986004415E+15 0.6378136300E+07\nSHM      60   60 1.00 fully normalized exclusive permanent tide\n';
    const row = 'GRCOF2    2    0 -.484169E-03 0.0E+00 0.1E-12 0.0E+00 20130101.0000 20130201.0000 ynnn\n';
    const file = 'GAA-2_2013001-2013031_0030_UTCSR_0000_0005';
    const level2 = await readLevel2([Buffer.from(head + row)], { file });
    expect(level2.field).toMatchObject({ maxDegree: 60, tideSystem: 'tide_free', gm: 3.986004415e14 });
    expect(level2.product).toBe('GAA');
    expect(level2.field.c[0]).toBe(0);
    const cases: readonly (readonly [string, FormatErrorCode])[] = [
      ['', 'empty_file'],
      [head, 'unknown_format'],
      [row, 'missing_field'],
      [head + row + row, 'duplicate'],
      [head + row.replace('.484169E-03', 'x'), 'not_a_number'],
      [`${head + row}junk\n`, 'unknown_value'],
    ];
    for (const [text, code] of cases) {
      expect((await errorOf(() => readLevel2([Buffer.from(text)], { file }))).code).toBe(code);
    }
  });
});
