import {
  FormatError,
  type FormatErrorCode,
  parseBasinOutline,
  parseDegreeOneSeries,
  parseGiaGrid,
  parseLowDegreeSeries,
} from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { fixture } from './helpers.js';

const text = (path: string) => fixture(path).toString();

function faultOf(work: () => unknown): FormatError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error('no error');
}

describe('TN-11 and TN-14', () => {
  const tn14 = () => parseLowDegreeSeries(text('technotes/TN-14_C30_C20_GSFC_SLR.txt'), { file: 'TN-14' });

  it('reads TN-14, with C30 only where it is given', () => {
    const series = tn14();
    expect(series).toMatchObject({
      title: 'NASA GSFC SLR C20 and C30 solutions',
      meanC20: -4.8416945732e-4,
      meanC30: 9.571647583412e-7,
      radius: 6378136.3,
      tideSystem: 'zero_tide',
    });
    expect(series.gm).toBeCloseTo(3.986004415e14, 0);
    const [first] = series.entries;
    expect(first.startMjd).toBe(52368);
    expect(first.endMjd).toBe(52395);
    expect(first.c20).toBe(-4.8416934147454e-4);
    expect(first.sigmaC20).toBeCloseTo(0.1628e-10, 20);
    expect(first).not.toHaveProperty('c30');
    const last = series.entries.at(-1);
    expect(last?.endMjd).toBe(60462);
    expect(last?.c30).toBe(9.5719829200499e-7);
    expect(last?.sigmaC30).toBeCloseTo(0.2467e-10, 20);
    // "C30 values are not provided prior to MJD 55987"
    expect(series.entries.every((e) => (e.c30 !== undefined) === e.startMjd >= 55987)).toBe(true);
    expect(series.entries).toHaveLength(
      text('technotes/TN-14_C30_C20_GSFC_SLR.txt').match(/^\d{5}\.0/gm)?.length ?? 0,
    );
  });

  it('reads TN-11', () => {
    const series = parseLowDegreeSeries(text('technotes/TN-11_C20_SLR.txt'), { file: 'TN-11' });
    expect(series.meanC20).toBe(-4.8416945732e-4);
    expect(series.tideSystem).toBe('unknown'); // the file does not say
    expect(series.entries[0]).toEqual({
      startMjd: 52365,
      endMjd: 52395,
      c20: -4.841693464445e-4,
      sigmaC20: 0.3789 * 1e-10,
    });
    expect(series.entries.at(-1)?.endMjd).toBe(58849);
    // both centres see the same C20: apart by a few 1e-10 at most
    const other = new Map(tn14().entries.map((e) => [e.startMjd, e.c20]));
    const common = series.entries.filter((e) => other.has(e.startMjd));
    expect(common.length).toBeGreaterThan(100);
    for (const e of common) expect(Math.abs(e.c20 - (other.get(e.startMjd) ?? 0))).toBeLessThan(4e-10);
  });

  it('reads the older layout without end', () => {
    const series = parseLowDegreeSeries(
      'TITLE: x\nPRODUCT:\n52365.0 2002.2464 -0.4841693464445E-03 1.1088 0.3789\n',
      { file: 'old' },
    );
    expect(series.entries[0]).not.toHaveProperty('endMjd');
  });

  const SOURCE = text('technotes/TN-14_C30_C20_GSFC_SLR.txt');
  const ROW = SOURCE.split('\n').findIndex((line) => line.startsWith('Product')) + 2;
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', ' \n', 'empty_file'],
    ['no rows', SOURCE.slice(0, SOURCE.indexOf('52368.0')), 'unknown_format'],
    ['another file', 'hello\n', 'unknown_format'],
    ['value spoilt', SOURCE.replace('-4.8416934147454E-04', '-4.84169x4147454E-04'), 'not_a_number', ROW],
    ['value slipped', SOURCE.replace('-4.8416934147454E-04', '-4.8416994147454E-04'), 'out_of_range', ROW],
    ['row cut', SOURCE.replace(' 52395.0 2002.3288', ''), 'column_count', ROW],
    ['end before begin', SOURCE.replace('52395.0 2002.3288', '52295.0 2002.3288'), 'bad_time', ROW],
    ['months out of order', SOURCE.replace('52396.0', '52366.0'), 'bad_time', ROW + 1],
  ];
  for (const [what, source, code, line] of cases) {
    it(`${what}: ${code}`, () => {
      const fault = faultOf(() => parseLowDegreeSeries(source, { file: 'bad.txt' }));
      expect(fault.code).toBe(code);
      if (line !== undefined) expect(fault.line).toBe(line);
    });
  }
});

describe('TN-13', () => {
  const SOURCE = text('technotes/TN-13_GEOC_CSR_RL0602.txt');

  it('reads pairs of records', () => {
    const series = parseDegreeOneSeries(SOURCE, { file: 'TN-13' });
    expect(series.title).toBe('GRACE Technical Note 13');
    expect(series.description).toContain('RL0602');
    expect(series.entries).toHaveLength((SOURCE.match(/^GRCOF2/gm)?.length ?? 0) / 2);
    // GRCOF2 1 1 -7.341701275e-11 +2.294860738e-10 +4.5296e-11 +5.0724e-11 20240401.0000 20240501.0000
    expect(series.entries.at(-1)).toEqual({
      startMjd: 60401,
      endMjd: 60431,
      c10: -7.267845609e-10,
      c11: -7.341701275e-11,
      s11: 2.294860738e-10,
      sigmaC10: 4.4585e-11,
      sigmaC11: 4.5296e-11,
      sigmaS11: 5.0724e-11,
    });
  });

  const lines = SOURCE.split('\n');
  const first = lines.findIndex((line) => line.startsWith('GRCOF2'));
  const without = (i: number) => lines.filter((_, k) => k !== i).join('\n');
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['no header', 'GRCOF2 1 0 0 0 0 0 20020404.0000 20020501.0000\n', 'header_without_end'],
    ['record missing', without(first + 1), 'missing_field', first + 2],
    [
      'last record missing',
      without(lines.findLastIndex((line) => line.startsWith('GRCOF2'))),
      'missing_field',
    ],
    ['degree 2', SOURCE.replace('GRCOF2    1   0', 'GRCOF2    2   0'), 'out_of_range', first + 1],
    ['number spoilt', SOURCE.replace('+0.000000000e+00', '+0.0000x0000e+00'), 'not_a_number', first + 1],
    [
      'interval spoilt',
      lines
        .map((line, i) => (i === first + 1 ? line.replace(/\d{8}\.\d{4}\s*$/, '20991301.0000') : line))
        .join('\n'),
      'bad_time',
      first + 2,
    ],
  ];
  for (const [what, source, code, line] of cases) {
    it(`${what}: ${code}`, () => {
      const fault = faultOf(() => parseDegreeOneSeries(source, { file: 'bad.txt' }));
      expect(fault.code).toBe(code);
      if (line !== undefined) expect(fault.line).toBe(line);
    });
  }
});

describe('grids of GIA rates', () => {
  const SOURCE = text('gia/GIA_n100_mass_0km.txt.gz');

  it('reads the grid of GRACE Tellus', () => {
    const grid = parseGiaGrid(SOURCE, { file: 'GIA_n100_mass_0km.txt' });
    expect(grid.latitudeDegrees).toHaveLength(180);
    expect([grid.latitudeDegrees[0], grid.latitudeDegrees[179]]).toEqual([89.5, -89.5]);
    expect([grid.longitudeDegrees[0], grid.longitudeDegrees[359]]).toEqual([0.5, 359.5]);
    // first row of the file: 0.5 -89.5 13.198 mm/yr; last: 359.5 89.5 -5.762
    expect(grid.ewhMetersPerYear[179 * 360]).toBeCloseTo(0.013198, 12);
    expect(grid.ewhMetersPerYear[359]).toBeCloseTo(-0.005762, 12);
    // Hudson Bay rises: the largest rate of the northern hemisphere lies there (A et al. 2012)
    let best = 0;
    for (let k = 0; k < 90 * 360; k++) if (grid.ewhMetersPerYear[k] > grid.ewhMetersPerYear[best]) best = k;
    const [latitude, longitude] = [
      grid.latitudeDegrees[Math.floor(best / 360)],
      grid.longitudeDegrees[best % 360],
    ];
    expect(latitude).toBeGreaterThan(50);
    expect(latitude).toBeLessThan(68);
    expect(longitude).toBeGreaterThan(255);
    expect(longitude).toBeLessThan(290);
  });

  const cases: readonly (readonly [string, string, FormatErrorCode])[] = [
    ['empty', '', 'empty_file'],
    ['no header', '0.5 -89.5 1\n', 'unknown_format'],
    ['no unit', SOURCE.replace('mm/yr', 'furlongs'), 'missing_field'],
    ['no axis', SOURCE.replace('LON1_NLONS_DLON', 'LON'), 'missing_field'],
    ['node missing', SOURCE.replace(/^ +0\.5 +-88\.5.*\n/m, ''), 'truncated'],
    ['node twice', SOURCE.replace('0.5  -88.5', '0.5  -89.5'), 'duplicate'],
    ['off the grid', SOURCE.replace('0.5  -88.5', '0.7  -88.5'), 'out_of_range'],
    ['spoilt', SOURCE.replace('13.198', '13.x98'), 'not_a_number'],
  ];
  for (const [what, source, code] of cases) {
    it(`${what}: ${code}`, () => {
      expect(faultOf(() => parseGiaGrid(source, { file: 'bad' })).code).toBe(code);
    });
  }
});

describe('outlines of basins', () => {
  const read = (name: string) => parseBasinOutline(text(`basins/${name}`), { file: name.replace('.gz', '') });

  it('reads rings, counts, separators of NaN and either line end', () => {
    const greenland = read('greenland.bln');
    expect(greenland.name).toBe('greenland');
    expect(greenland.rings).toHaveLength(1);
    expect(greenland.rings[0].longitude).toHaveLength(352);
    expect(greenland.rings[0].longitude[0]).toBe(316.09);
    expect(greenland.rings[0].latitude.at(-1)).toBe(59.9);
    // 549 rows: 547 points, NaN NaN, and a single point behind it
    const lena = read('Lena.bln');
    expect(lena.rings[0].latitude).toHaveLength(547);
    expect(lena.notes).toEqual(['a ring of 1 point before line 551 is left out']);
    expect(read('amazon_new.bln').rings[0].latitude).toHaveLength(211);
    expect(read('yangtze.bln.gz').rings[0].latitude).toHaveLength(12191);
  });

  it('encloses the right areas', () => {
    // Catchments: Amazon 6.1e6 km² (with Tocantins 6.9e6), Yangtze 1.8e6 km², Lena 2.5e6 km²; outlines of half a degree
    // are good to a few percent.
    const area = (name: string) => {
      const { longitude, latitude } = read(name).rings[0];
      let sum = 0;
      for (let i = 0; i < longitude.length; i++) {
        const j = (i + 1) % longitude.length;
        const mean = (Math.sin((latitude[i] * Math.PI) / 180) + Math.sin((latitude[j] * Math.PI) / 180)) / 2;
        sum += ((longitude[j] - longitude[i]) * Math.PI * mean) / 180;
      }
      return Math.abs(sum) * 6371 ** 2;
    };
    expect(area('amazon_new.bln') / 1e6).toBeGreaterThan(5.5);
    expect(area('amazon_new.bln') / 1e6).toBeLessThan(7.1);
    expect(area('yangtze.bln.gz') / 1e6).toBeCloseTo(1.8, 0);
    expect(area('Lena.bln') / 1e6).toBeGreaterThan(2.2);
    expect(area('Lena.bln') / 1e6).toBeLessThan(2.7);
  });

  it('reads several rings', () => {
    const two = '3,1\n0 0\n1 0\n0 1\n4\n10 10\n12 10\n12 12\n10 12\n';
    expect(parseBasinOutline(two, { file: 'a.bln' }).rings.map((r) => r.latitude.length)).toEqual([3, 4]);
    const plain = '# outline\n0 0\n1 0\n0 1\n>\n10,10\n12,10\n12,12\n';
    expect(parseBasinOutline(plain, { file: 'a.txt' }).rings).toHaveLength(2);
  });

  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['too few rows', '4\n0 0\n1 0\n0 1\n', 'truncated'],
    ['too many rows', '3\n0 0\n1 0\n0 1\n5 5\n', 'column_count', 5],
    ['no number', '3\n0 0\n1 x\n0 1\n', 'not_a_number', 3],
    ['latitude first', '3\n0 0\n1 99\n0 1\n', 'out_of_range', 3],
    ['two points', '2\n0 0\n1 1\n', 'out_of_range'],
  ];
  for (const [what, source, code, line] of cases) {
    it(`${what}: ${code}`, () => {
      const fault = faultOf(() => parseBasinOutline(source, { file: 'bad.bln' }));
      expect(fault.code).toBe(code);
      if (line !== undefined) expect(fault.line).toBe(line);
    });
  }
});
