import {
  createSolidEarthTide,
  formatDoodsonNumber,
  greenwichMeanSiderealTime,
  PERMANENT_TIDE_C20,
  parseDoodsonNumber,
  type SolidEarthTideOptions,
  type TideEpoch,
  tideArguments,
  tideFrequency,
  tideGeneratingPotential,
  triangleIndex,
  triangleSize,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { fixture, type TideEpochsFixture, tideEpochOf } from './helpers.js';

const { epochs } = fixture<TideEpochsFixture>('tide-epochs');

function evaluate(options: SolidEarthTideOptions, epoch: TideEpoch) {
  const c = new Float64Array(triangleSize(4));
  const s = new Float64Array(triangleSize(4));
  createSolidEarthTide(options)(epoch, c, s);
  return { c, s };
}

describe('tide arguments', () => {
  it('sidereal time as published (gmst06, validation program of ERFA)', () => {
    const t = (53736 - 51544.5) / 36525;
    const gmst = greenwichMeanSiderealTime((53736 - 51544.5) * 86400, 0, t);
    expect(Math.abs(gmst - 1.754174971870091)).toBeLessThan(1e-12);
  });

  it('have the speeds of IERS Conventions 2010, table 6.5', () => {
    const degreesPerHour = (text: string) => (tideFrequency(parseDoodsonNumber(text)) * 180) / Math.PI / 24;
    for (const [text, speed] of [
      ['125.755', 12.85429],
      ['145,555', 13.94303],
      ['163.555', 14.95893],
      ['165,555', 15.04107],
      ['185.575', 16.14352],
      ['255.555', 28.9841],
      ['55.565', 0.00221],
      ['56.554', 0.04107],
      ['075.555', 1.09804],
    ] as const) {
      expect(Math.abs(degreesPerHour(text) - speed)).toBeLessThan(1e-5);
    }
  });

  it('Doodson numbers are read and written', () => {
    expect(parseDoodsonNumber(' 56.554')).toEqual([0, 0, 1, 0, 0, -1]);
    expect(formatDoodsonNumber(parseDoodsonNumber('165,565'))).toBe('165.565');
    expect(() => parseDoodsonNumber('25.5555')).toThrow(/not a Doodson number/);
  });

  it('belong to each other: τ + s = GMST + π, Delaunay and Doodson give the same angle', () => {
    const { doodson: d, delaunay: f, siderealAngle } = tideArguments(0.21, 1.3);
    // O1: 145.555 has Delaunay multipliers 0 0 2 0 2 (table 6.5a); 2N2: 235.755, 2 0 2 0 2.
    expect(Math.cos(d[0] - d[1])).toBeCloseTo(Math.cos(siderealAngle - 2 * f[2] - 2 * f[4]), 12);
    expect(Math.cos(2 * d[0] - 2 * d[1] + 2 * d[3])).toBeCloseTo(
      Math.cos(2 * siderealAngle - 2 * f[0] - 2 * f[2] - 2 * f[4]),
      12,
    );
    // π1: 162.556, multipliers 0 1 2 −2 2.
    expect(Math.sin(d[0] + d[1] - 3 * d[2] + d[5])).toBeCloseTo(
      Math.sin(siderealAngle - f[1] - 2 * f[2] + 2 * f[3] - 2 * f[4]),
      12,
    );
  });
});

describe('solid Earth tide', () => {
  it('step 1 agrees with the closed form of eqs. 6.6 and 6.7 with positions of DE421', () => {
    let worst = 0;
    for (const epoch of epochs) {
      const { c, s } = evaluate({ tideSystem: 'tide_free', frequencyDependence: false }, tideEpochOf(epoch));
      for (const [n, m, dc, ds] of epoch.stokes) {
        const i = triangleIndex(n, m);
        worst = Math.max(worst, Math.abs(c[i] - dc), Math.abs(s[i] - ds));
      }
    }
    // Rounding: 1e-16 of 1e-8.
    expect(worst).toBeLessThan(1e-23);
  });

  it('step 1 agrees with the spectral lines of the tide-generating potential', () => {
    // Independent of the positions of Sun and Moon and of eq. 6.6: A_m·k·Σ H_f·e^{iθ_f} (eq. 6.8) with the lines of
    // Hartmann & Wenzel. Checks arguments, signs, H_f and normalization together.
    const k = 0.3;
    const a0 = 1 / (6378136.6 * Math.sqrt(4 * Math.PI));
    const worst = [0, 0, 0];
    const size = [0, 0, 0];
    for (const epoch of epochs) {
      const at = tideEpochOf(epoch);
      const { c, s } = evaluate({ tideSystem: 'tide_free', frequencyDependence: false, love: 'elastic' }, at);
      const sums = [0, 1, 2].map(() => ({ re: 0, im: 0 }));
      for (const { doodson, amplitude } of tideGeneratingPotential()) {
        const theta = doodson.reduce((sum, n, i) => sum + n * at.doodson[i], 0);
        sums[doodson[0]].re += amplitude * Math.cos(theta);
        sums[doodson[0]].im += amplitude * Math.sin(theta);
      }
      const love = [0.29525, 0.2947, 0.29801];
      sums.forEach(({ re, im }, m) => {
        const a = m === 0 ? a0 : ((m === 1 ? -1 : 1) * a0) / Math.SQRT2;
        const expected = m === 1 ? [a * im, a * re] : [a * re, m === 0 ? 0 : -a * im];
        const i = triangleIndex(2, m);
        worst[m] = Math.max(
          worst[m],
          Math.hypot(c[i] / love[m] - expected[0], s[i] / love[m] - expected[1]) * k,
        );
        size[m] = Math.max(size[m], Math.hypot(c[i], s[i]));
      });
    }
    // Of up to 1 m; all 4143 lines leave 0.14 mm, those below 0.05 mm that are not in the table add up to 0.7 mm.
    for (let m = 0; m <= 2; m++) expect(worst[m]).toBeLessThan(8e-4 * a0 * k);
    expect(Math.min(...size)).toBeGreaterThan(3e-9);
  });

  it('step 2 has the K1 term printed in the IERS Conventions (section 6.2.1)', () => {
    // ΔC21 = 470.9e-12·sin(θg+π) − 30.2e-12·cos(θg+π), ΔS21 = 470.9e-12·cos(θg+π) + 30.2e-12·sin(θg+π): averaged over
    // a nodal cycle at a fixed sidereal angle nothing else with that speed is left.
    const angle = 0.7;
    const n = 4000;
    const years = 18.6 * 10;
    let [c21, s21] = [0, 0];
    for (let i = 0; i < n; i++) {
      const at: TideEpoch = {
        ...tideEpochOf(epochs[0]),
        ...tideArguments((i / n) * (years / 100), angle - Math.PI),
      };
      const { c, s } = evaluate({ tideSystem: 'tide_free' }, at);
      const first = evaluate({ tideSystem: 'tide_free', frequencyDependence: false }, at);
      c21 += (c[triangleIndex(2, 1)] - first.c[triangleIndex(2, 1)]) / n;
      s21 += (s[triangleIndex(2, 1)] - first.s[triangleIndex(2, 1)]) / n;
    }
    expect(Math.abs(c21 - 1e-12 * (470.9 * Math.sin(angle) - 30.2 * Math.cos(angle)))).toBeLessThan(2e-12);
    expect(Math.abs(s21 - 1e-12 * (470.9 * Math.cos(angle) + 30.2 * Math.sin(angle)))).toBeLessThan(2e-12);
  });

  it('takes the permanent tide out for a zero-tide field', () => {
    const free = evaluate({ tideSystem: 'tide_free' }, tideEpochOf(epochs[3]));
    const zero = evaluate({ tideSystem: 'zero_tide' }, tideEpochOf(epochs[3]));
    // IERS Conventions 2010, eq. 6.14: −4.2736e-9 with k20 = 0.30190 is −4.2007e-9.
    expect(free.c[3] - zero.c[3]).toBeCloseTo(4.4228e-8 * -0.3146 * 0.3019, 20);
    expect(PERMANENT_TIDE_C20).toBeCloseTo(-1.39142e-8, 12);
    expect(() => evaluate({ tideSystem: 'unknown' }, tideEpochOf(epochs[0]))).toThrow(/tide system unknown/);
  });
});
