import {
  type EpochTable,
  type FormatErrorCode,
  readEpochTable,
  readGeorbOrbit,
  type TableReadOptions,
} from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { errorOf, fixture } from './helpers.js';

const read = (text: string, options: Partial<TableReadOptions> = {}): Promise<EpochTable> =>
  readEpochTable([Buffer.from(text)], { file: 't.csv', ...options });

describe('epoch tables', () => {
  it('reads an orbit with headings, metadata and any delimiter', async () => {
    for (const [d, name] of [
      [',', 'comma'],
      [';', 'semicolon'],
      ['\t', 'tab'],
      ['  ', 'spaces'],
    ]) {
      const rows = [
        ['gps_time', 'x[km]', 'y[km]', 'z[km]', 'vx', 'vy', 'vz'],
        ['738849600', '7000', '1', '2.5', '1', '7500', '-3e0'],
        ['738849605.25', '7001', '1', '2.5', '1', '7500', '-3e0'],
      ];
      const text = `# satellite: C\n# frame: inertial\n${rows.map((r) => r.join(d)).join('\n')}\n`;
      const table = await read(text);
      if (table.kind !== 'orbit') throw new Error(name);
      expect(table).toMatchObject({ satellite: 'C', frame: 'inertial', count: 2 });
      expect(Array.from(table.position.subarray(0, 3))).toEqual([7e6, 1e3, 2.5e3]);
      expect(Array.from(table.velocity.subarray(3))).toEqual([1, 7500, -3]);
      expect(Array.from(table.fractionSeconds)).toEqual([0, 0.25]);
    }
  });

  it('takes an orbit of positions only, with zeros for the velocities', async () => {
    const table = await read('gps_time,x,y,z\n1,2,3,4\n2,3,4,5\n', { frame: 'terrestrial' });
    if (table.kind !== 'orbit') throw new Error(table.kind);
    expect(Array.from(table.position)).toEqual([2, 3, 4, 3, 4, 5]);
    expect(Array.from(table.velocity)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('converts every epoch format and time scale to GPS time', async () => {
    // 2023-06-01T00:00:00 GPS = 738849600; TAI = GPS + 19, TT = GPS + 51.184, UTC = GPS − 18 in 2023
    const cases: readonly (readonly [string, string, TableReadOptions['timeScale'], number, number])[] = [
      ['gps_seconds', '738849600', 'GPS', 738849600, 0],
      ['mjd', '60096.0', 'GPS', 738849600, 0],
      ['mjd', '60096.0', 'UTC', 738849618, 0],
      ['mjd', '60096.5', 'TAI', 738892781, 0],
      ['mjd,seconds_of_day', '60096,51.184', 'TT', 738849600, 0],
      ['mjd,seconds_of_day', '60096,51.68400000025', 'TT', 738849600, 0.50000000025],
      ['iso', '2023-06-01T00:00:00Z', 'UTC', 738849618, 0],
      ['iso', '2023-06-01 00:00:00.5', 'GPS', 738849600, 0.5],
      ['iso', '2023-06-01T00:00:51.184', 'TT', 738849600, 0],
      ['iso', '2016-12-31T23:59:60Z', 'UTC', 536500817, 0],
      ['gps_time_tai', '738849619', undefined, 738849600, 0],
    ];
    for (const [heading, epoch, timeScale, whole, fraction] of cases) {
      const table = await read(`${heading},range_rate\n${epoch},0.1\n`, { timeScale });
      // a double of 5e4 s carries 7e-12 s
      expect(
        table.wholeSeconds[0] - whole + (table.fractionSeconds[0] - fraction),
        `${heading} ${epoch} ${timeScale}`,
      ).toBeCloseTo(0, 10);
    }
  });

  it('keeps nanoseconds of a decimal MJD', async () => {
    const table = await read('mjd,range_rate\n60096.00000000000001,0\n', { timeScale: 'GPS' });
    expect(table.fractionSeconds[0]).toBeCloseTo(8.64e-10, 18);
  });

  it('reads ranging, accelerations and attitude', async () => {
    const ranging = await read('gps_time,range,range-rate [um/s],range_acceleration\n1,2,3,4\n');
    expect(ranging).toMatchObject({
      kind: 'ranging',
      range: Float64Array.of(2),
      rangeAcceleration: Float64Array.of(4),
    });
    expect(ranging.kind === 'ranging' && ranging.rangeRate[0]).toBeCloseTo(3e-6, 20);
    const acc = await read('1 1e-7 2e-7 3e-7\n', { kind: 'accelerometer', epochFormat: 'gps_seconds' });
    expect(acc).toMatchObject({ kind: 'accelerometer', acceleration: Float64Array.of(1e-7, 2e-7, 3e-7) });
    const attitude = await read('gps_time;qw;qx;qy;qz\n1;1;0;0;0\n');
    expect(attitude).toMatchObject({ kind: 'attitude', quaternion: Float64Array.of(1, 0, 0, 0) });
  });

  it('reads a table of decimal years, and warns', async () => {
    const table = await readEpochTable([fixture('level1/GFO_file.csv')], {
      file: 'GFO_file.csv',
      timeScale: 'GPS',
    });
    if (table.kind !== 'ranging') throw new Error(table.kind);
    expect(table.count).toBe(400);
    expect(table.range?.[0]).toBe(180424.700047);
    expect(table.notes).toHaveLength(1);
    // 1 s sampling printed to 1e-10 years (3 ms)
    for (let i = 1; i < 400; i++) {
      expect(Math.abs(table.gpsSeconds[i] - table.gpsSeconds[i - 1] - 1)).toBeLessThan(0.007);
    }
    // the range rate is the slope of the range: 1e-6 m printed, 3 ms of time
    const slope = (table.range![2] - table.range![0]) / 2;
    expect(slope).toBeCloseTo(table.rangeRate[1], 2);
  });

  const cases: readonly (readonly [
    string,
    string,
    Partial<TableReadOptions>,
    FormatErrorCode,
    number?,
    RegExp?,
  ])[] = [
    ['nothing', '# only a comment\n', {}, 'empty_file'],
    ['no headings, no options', '1 2 3 4 5 6 7\n', {}, 'ambiguous', 1, /state `columns`/],
    ['no frame', 'gps_time,x,y,z,vx,vy,vz\n1,2,3,4,5,6,7\n', {}, 'ambiguous', 2, /frame/],
    ['no time scale', 'mjd,range_rate\n60096,1\n', {}, 'ambiguous', 2, /time scale/],
    ['epoch column unknown', 'time,range_rate\n60096,1\n', {}, 'ambiguous', 2, /epoch/],
    ['kind unknown', 'gps_time,a,b\n1,2,3\n', {}, 'ambiguous', 2, /kind/],
    [
      'two kinds',
      'gps_time,range_rate,qw,qx,qy,qz\n1,2,1,0,0,0\n',
      {},
      'ambiguous',
      2,
      /ranging or attitude/,
    ],
    [
      'ranging of four columns without names',
      '1 2 3 4 5\n',
      { kind: 'ranging', epochFormat: 'gps_seconds' },
      'ambiguous',
      1,
    ],
    ['unit unknown', 'gps_time,range_rate [furlong]\n1,2\n', {}, 'unknown_value', 2, /furlong/],
    ['frame unknown', '# frame: moon\ngps_time,x,y,z,vx,vy,vz\n1,2,3,4,5,6,7\n', {}, 'unknown_frame', 3],
    ['velocity cut', 'gps_time,x,y,z,vx,vy\n1,2,3,4,5,6\n', { frame: 'inertial' }, 'missing_field', 2],
    ['position cut', 'gps_time,x,y\n1,2,3\n', { frame: 'inertial', kind: 'orbit' }, 'missing_field', 2],
    ['row short', 'gps_time,range_rate\n1,2\n2\n', {}, 'column_count', 3],
    ['not a number', 'gps_time,range_rate\n1,2\n2,x\n', {}, 'not_a_number', 3],
    ['time going back', 'gps_time,range_rate\n2,2\n1,2\n', {}, 'bad_time', 3],
    ['time standing', 'gps_time,range_rate\n2,2\n2,2\n', {}, 'bad_time', 3],
    ['no such date', 'iso,range_rate\n2023-02-30,2\n', { timeScale: 'UTC' }, 'bad_time', 2],
    ['Z in GPS time', 'iso,range_rate\n2023-02-20T00:00:00Z,2\n', { timeScale: 'GPS' }, 'bad_time', 2],
    [
      'leap second that was none',
      'iso,range_rate\n2023-02-20T23:59:60,2\n',
      { timeScale: 'UTC' },
      'bad_time',
      2,
    ],
  ];
  for (const [what, text, options, code, line, message] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => read(text, options));
      expect(error.code).toBe(code);
      if (line !== undefined) expect(error.line).toBe(line);
      if (message) expect(error.message).toMatch(message);
    });
  }
});

describe('GEORB orbits', () => {
  it('reads the celestial and the terrestrial orbit of the same arc', async () => {
    const [crf, trf] = await Promise.all(
      ['crf', 'trf'].map((frame) => {
        const file = `GRACE-C_59412_orbit_${frame}.orb.gz`;
        return readGeorbOrbit([fixture(`orbits/${file}`)], { file });
      }),
    );
    expect([crf.frame, trf.frame]).toEqual(['inertial', 'terrestrial']);
    expect(crf.satellite).toBe('GRACE-C');
    expect(crf.count).toBe(trf.count);
    // MJD 59412, 51.183999935 s TT = 2021-07-17T00:00:00 GPS − 65 ns (the file prints single steps of its clock)
    expect(crf.wholeSeconds[0] + 1).toBe((59412 - 51544) * 86400 - 43200);
    expect(crf.fractionSeconds[0]).toBeCloseTo(1 - 65e-9, 11);
    // a rotation keeps the length: both files print 11 decimals
    for (let i = 0; i < crf.count; i++) {
      const length = (p: Float64Array) => Math.hypot(p[3 * i], p[3 * i + 1], p[3 * i + 2]);
      expect(Math.abs(length(crf.position) - length(trf.position))).toBeLessThan(1e-6);
    }
  });

  it('tells a header without end, frame or scale', async () => {
    const text = fixture('orbits/GRACE-C_59412_orbit_crf.orb.gz').toString();
    const cases: readonly (readonly [string, FormatErrorCode])[] = [
      ['', 'empty_file'],
      [text.slice(0, 500), 'header_without_end'],
      [text.replace('ICRF', 'MOON'), 'unknown_frame'],
      [text.replace('Terrestrial Time', 'Local Time'), 'unknown_value'],
    ];
    for (const [changed, code] of cases) {
      expect((await errorOf(() => readGeorbOrbit([Buffer.from(changed)], { file: 'o.orb' }))).code).toBe(
        code,
      );
    }
    const lines = text.split('\n');
    lines[40] = lines[40].replace('59412', 'x');
    const error = await errorOf(() => readGeorbOrbit([Buffer.from(lines.join('\n'))], { file: 'o.orb' }));
    expect([error.code, error.line]).toEqual(['bad_time', 41]);
  });
});
