import {
  type FormatErrorCode,
  formatDoodson,
  type OceanTideModel,
  parseDoodson,
  parseTideAmplitudes,
  readOceanTides,
} from '@gravity/formats';
import { triangleIndex } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { chunked, errorOf, fixture } from './helpers.js';

const read = (file: string, maxDegree?: number) =>
  readOceanTides(chunked(fixture(`oceantide/${file}`), 777), { file, maxDegree });
const waveOf = (model: OceanTideModel, name: string) => {
  const wave = model.waves.find((w) => w.name === name);
  if (!wave) throw new Error(`no wave ${name}`);
  return wave;
};
const amplitudes = () =>
  parseTideAmplitudes(fixture('oceantide/hf-fes2004.dat').toString(), { file: 'hf-fes2004.dat' });

describe('ocean tides', () => {
  it('reads Stokes coefficients of the IERS layout', async () => {
    const model = await read('fes2004_Cnm-Snm-8x8.dat');
    expect(model.quantity).toBe('stokes');
    expect(model.unit).toBe(1e-11);
    expect(model.maxDegree).toBe(8);
    // FES2004 as the IERS hands it out: Om1, Om2 and 16 waves
    expect(model.waves.map((w) => w.name)).toEqual(
      'Om1 Om2 Sa Ssa Mm Mf Mtm Msq Q1 O1 P1 K1 2N2 N2 M2 S2 K2 M4'.split(' '),
    );
    const om1 = waveOf(model, 'Om1');
    expect(om1.multipliers).toEqual([0, 0, 0, 0, 1, 0]);
    expect(om1.maxDegree).toBe(2);
    expect(om1.cPlus[triangleIndex(2, 0)]).toBeCloseTo(-6.58128e-11, 24);
    expect(Object.is(om1.cMinus[triangleIndex(2, 0)], 0)).toBe(true);
    // last record: 455.555 M4 8 8 0.01579 0.00386 0.04252 -0.03707
    const m4 = waveOf(model, 'M4');
    expect(m4.multipliers).toEqual([4, 0, 0, 0, 0, 0]);
    const i = triangleIndex(8, 8);
    expect([m4.cPlus[i], m4.sPlus[i], m4.cMinus[i], m4.sMinus[i]].map((x) => x / 1e-11)).toEqual(
      [0.01579, 0.00386, 0.04252, -0.03707].map((x) => (x * 1e-11) / 1e-11),
    );
    expect(waveOf(model, 'Sa').multipliers).toEqual([0, 0, 1, 0, 0, -1]);
  });

  it('reads heights, which give the Stokes coefficients of the other file', async () => {
    const stokes = await read('fes2004_Cnm-Snm-8x8.dat');
    const heights = await read('fes2004-7x7.dat');
    expect(heights.quantity).toBe('height');
    expect(heights.unit).toBe(0.01);
    expect(heights.maxDegree).toBe(7);
    // IERS Conventions 2010, eq. 6.21 and table 6.6: loading, and the bias of phase by species and sign of H_f
    const loadLove = [0, 0, -0.3075, -0.195, -0.132, -0.1032, -0.0892];
    const base = (4 * Math.PI * 6.67428e-11 * 1025) / 9.7803278;
    const sign = new Map(amplitudes().map((row) => [row.doodson, row.amplitudeMeters]));
    let compared = 0;
    for (const wave of heights.waves) {
      const other = stokes.waves.find((w) => w.doodson === wave.doodson);
      if (!other) throw new Error(`no wave ${wave.doodson}`);
      const species = wave.multipliers[0];
      const positive = (sign.get(wave.doodson) ?? 1) > 0;
      const bias =
        [positive ? Math.PI : 0, positive ? Math.PI / 2 : -Math.PI / 2, positive ? 0 : Math.PI][species] ?? 0;
      for (let n = 2; n <= 6 && n <= wave.maxDegree; n++) {
        const factor = (base * (1 + loadLove[n])) / (2 * n + 1);
        for (let m = 0; m <= n; m++) {
          const i = triangleIndex(n, m);
          for (const [c, s, wantedC, wantedS] of [
            [wave.cPlus[i], wave.sPlus[i], other.cPlus[i], other.sPlus[i]],
            [wave.cMinus[i], wave.sMinus[i], other.cMinus[i], other.sMinus[i]],
          ]) {
            const made = [
              factor * (c * Math.cos(bias) + s * Math.sin(bias)),
              factor * (s * Math.cos(bias) - c * Math.sin(bias)),
            ];
            // Half a unit of the last digit: of the Stokes coefficients, and of the amplitudes (four decimals of cm)
            // they were once computed from; 1e-4 for constants of unstated digits
            const tolerance = 0.51e-16 + factor * 0.51e-6 + 1e-4 * factor * Math.hypot(c, s);
            expect(Math.abs(made[0] - wantedC)).toBeLessThan(tolerance);
            expect(Math.abs(made[1] - wantedS)).toBeLessThan(tolerance);
            compared++;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(600);
  });

  it('cuts at a degree', async () => {
    const model = await read('fes2004_Cnm-Snm-8x8.dat', 3);
    expect(model.maxDegree).toBe(3);
    expect(waveOf(model, 'M2').cPlus).toHaveLength(10);
  });

  it('names the line of the corrupted file', async () => {
    const error = await errorOf(() => read('fes2004-corrupted-line.dat'));
    expect(error.code).toBe('not_a_number');
    expect(error.line).toBe(9); // as its own header says
    expect(error.field).toBe('C+');
    expect(error.message).toContain('0.00###');
  });

  const HEAD = 'Coefficients (unit = 10^-11)\nDoodson Darw  l   m    DelC+     DelS+       DelC-     DelS-\n';
  const ROW = '255.555 M2    2   2   0.1 0.2 0.3 0.4\n';
  const cases: readonly (readonly [string, string, FormatErrorCode, number?])[] = [
    ['empty', '', 'empty_file'],
    ['no record', HEAD, 'unknown_format'],
    ['no unit', (HEAD + ROW).replace('10^-11', 'none'), 'missing_field'],
    ['no column names', `unit = 10^-11\n${ROW}`, 'missing_field'],
    ['twice', HEAD + ROW + ROW, 'duplicate', 4],
    ['order above degree', HEAD + ROW.replace('2   2', '2   3'), 'out_of_range', 3],
    ['row cut', HEAD + ROW.replace(' 0.3 0.4', ''), 'column_count', 3],
    ['prose after the table', `${HEAD + ROW}end of file\n`, 'unknown_value', 4],
  ];
  for (const [what, text, code, line] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => readOceanTides([Buffer.from(text)], { file: 'bad.dat' }));
      expect(error.code).toBe(code);
      if (line !== undefined) expect(error.line).toBe(line);
    });
  }

  it('takes records without names and a unit from outside', async () => {
    const text = 'DelC+ DelS+ DelC- DelS-\n255.555 2 2 0.1 0.2 0.3 0.4\n';
    const model = await readOceanTides([Buffer.from(text)], { file: 'x', unit: 1e-12 });
    expect(model.waves[0].sMinus[5]).toBeCloseTo(0.4e-12, 25);
  });
});

describe('Doodson numbers and amplitudes', () => {
  it('turns numbers into multipliers and back', () => {
    expect(parseDoodson('057.555')).toEqual([0, 0, 2, 0, 0, 0]);
    expect(parseDoodson('57.555')).toEqual([0, 0, 2, 0, 0, 0]);
    expect(parseDoodson('135.655')).toEqual([1, -2, 0, 1, 0, 0]);
    expect(formatDoodson([1, -2, 0, 1, 0, 0])).toBe('135.655');
    expect(formatDoodson([1, 5, 0, 0, 0, 0])).toBeUndefined();
    expect(parseDoodson('2555.55')).toBeUndefined();
  });

  it('reads table 6.7', () => {
    const rows = amplitudes();
    expect(rows.find((row) => row.doodson === '255.555')).toEqual({
      name: 'M₂',
      doodson: '255.555',
      multipliers: [2, 0, 0, 0, 0, 0],
      amplitudeMeters: 0.63192,
    });
    const k1side = rows.find((row) => row.doodson === '165.565');
    expect(k1side?.amplitudeMeters).toBe(0.05001);
    expect(k1side?.pivots).toEqual([
      [1, -1, 0, 0, 0, 0],
      [1, 1, 0, 0, 0, 0],
    ]);
    expect(rows).toHaveLength(81);
  });
});
