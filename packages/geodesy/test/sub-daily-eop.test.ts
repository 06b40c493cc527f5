import {
  ARCSECOND,
  createEarthRotation,
  createSubDailyEop,
  createSubDailyVariations,
  EopInterpolator,
  emptyEopValues,
  greenwichMeanSiderealTime,
  taiMinusUtcSeconds,
  zonalTideUt1,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { type ArcFixture, c04Table, constantTable, fixture } from './helpers.js';

/*
 * Test cases printed in the headers of the routines of the IERS Conventions 2010 (ORTHO_EOP, PMSDNUT2, UTLIBR,
 * RG_ZONT2). The routines take the MJD as TDB and GMST from the IAU 1982 expression at the same number.
 */
const centuries = (mjd: number) => (mjd - 51544.5) / 36525;
const gmst1982 = (t: number) =>
  ((67310.54841 + t * (8640184.812866 + 3155760000 + t * (0.093104 - 6.2e-6 * t))) % 86400) *
  (Math.PI / 43200);
const MICRO = 1e-6;

function at(mjd: number, which: Parameters<typeof createSubDailyVariations>[0]) {
  const out = new Float64Array(6);
  createSubDailyVariations(which)(centuries(mjd), gmst1982(centuries(mjd)), out);
  return out;
}

describe('libration', () => {
  it('in polar motion agrees with PMSDNUT2', () => {
    const out = at(54335, { oceanTides: false });
    // µas; the sums are the same to rounding of the angles (1e-9 rad of 30 µas).
    expect(out[0] / (MICRO * ARCSECOND)).toBeCloseTo(24.83144238273365, 6);
    expect(out[1] / (MICRO * ARCSECOND)).toBeCloseTo(-14.09240692041838, 6);
  });

  it('in UT1 and LOD agrees with UTLIBR', () => {
    for (const [mjd, ut1, lod] of [
      [44239.1, 2.441143834386762, -14.78971247349449],
      [55227.4, -2.65570584433568, 27.39445826599847],
    ]) {
      const out = at(mjd, { oceanTides: false });
      expect(out[2] / MICRO).toBeCloseTo(ut1, 6);
      // LOD here is the derivative of UT1; table 5.1b has it rounded to 0.1 µs in eleven terms.
      expect(Math.abs((-out[5] * 86400) / MICRO - lod)).toBeLessThan(0.3);
    }
  });
});

describe('ocean tides in Earth orientation', () => {
  it('agree with ORTHO_EOP', () => {
    const out = at(47100, { libration: false });
    // ORTHO_EOP sums orthotides, the tables their 71 largest lines: 1 µas (0.03 mm on the ground), 0.1 µs.
    expect(Math.abs(out[0] / (MICRO * ARCSECOND) - -162.8386373279637)).toBeLessThan(1);
    expect(Math.abs(out[1] / (MICRO * ARCSECOND) - 117.7907525842669)).toBeLessThan(1);
    expect(Math.abs(out[2] / MICRO - -23.39092369709808)).toBeLessThan(0.1);
  });

  it('have the rates of numeric differentiation', () => {
    const [a, b, c] = [new Float64Array(6), new Float64Array(6), new Float64Array(6)];
    const variations = createSubDailyVariations();
    const rotation = (2 * Math.PI * 1.00273790935) / 86400;
    const h = 20;
    const t = 0.2345;
    variations(t, 1.1, a);
    variations(t + h / (36525 * 86400), 1.1 + rotation * h, b);
    variations(t - h / (36525 * 86400), 1.1 - rotation * h, c);
    for (let k = 0; k < 3; k++) {
      // (ωh)²/6 = 1.4e-6 relative.
      expect(Math.abs((b[k] - c[k]) / (2 * h) - a[3 + k])).toBeLessThan(
        3e-6 * Math.abs(a[k] * 1.5e-4) + 1e-17,
      );
    }
  });
});

describe('as a function of time', () => {
  it('agree with the sums, with their rates', () => {
    const table = c04Table('14 C04', fixture<ArcFixture>('grace-c-arc').c04.rows);
    const eop = new EopInterpolator(table);
    const subDaily = createSubDailyEop(table);
    const variations = createSubDailyVariations();
    const [a, b] = [new Float64Array(6), new Float64Array(6)];
    for (let i = 0; i < 200; i++) {
      const gps = (59412 - 51544.5) * 86400 + i * 431;
      subDaily(gps, 0.25, a);
      const t = (gps + 51.434) / 86400 / 36525;
      const ut1 = 19.25 + eop.ut1MinusTaiSeconds(gps, 0.25);
      variations(t, greenwichMeanSiderealTime(gps, ut1, t), b);
      // Of 1e-9 rad and 5e-5 s: UT1 of the nearest day costs 1e-7, the polynomials 1e-9.
      for (let k = 0; k < 2; k++) {
        expect(Math.abs(a[k] - b[k])).toBeLessThan(1e-15);
        expect(Math.abs(a[3 + k] - b[3 + k])).toBeLessThan(1e-19);
      }
      expect(Math.abs(a[2] - b[2])).toBeLessThan(1e-11);
      expect(Math.abs(a[5] - b[5])).toBeLessThan(1e-15);
    }
  });
});

describe('zonal tides in UT1', () => {
  it('agree with RG_ZONT2', () => {
    const t = 0.07995893223819302;
    expect(Math.abs(zonalTideUt1(t) - 7.983287678576557e-2)).toBeLessThan(1e-12);
    const day = 1 / 36525;
    const lod = -(zonalTideUt1(t + day / 100) - zonalTideUt1(t - day / 100)) / (day / 50) / 36525;
    // The table's LOD is rounded to 1e-9 s in 62 terms.
    expect(Math.abs(lod - 5.035331113978199e-5)).toBeLessThan(2e-9);
  });

  it('make the interpolation of UT1 better than 0.1 µs where it was good to 1 µs', () => {
    const ut1 = (mjd: number) => zonalTideUt1(centuries(mjd + 69.184 / 86400));
    const rows = Array.from({ length: 30 }, (_, i) => [59400 + i, 0, 0, ut1(59400 + i), 0, 0]);
    const table = c04Table('zonal tide', rows);
    const worst = [false, true].map((zonalTides) => {
      const eop = new EopInterpolator(table, { zonalTides });
      const e = emptyEopValues();
      let largest = 0;
      for (let d = 1; d < 28; d += 0.13) {
        const gps = (59400 - 51544.5) * 86400 + taiMinusUtcSeconds(59400) - 19;
        eop.at(gps, d * 86400, e);
        largest = Math.max(largest, Math.abs(e.ut1MinusTai + 37 - ut1(59400 + d)));
      }
      return largest;
    });
    expect(worst[0]).toBeGreaterThan(3e-7);
    // What is left is TT−UTC = 69 s in the argument, constant here.
    expect(worst[1]).toBeLessThan(1e-8);
  });

  it('leave the values on the days and give the rate', () => {
    const table = c04Table('14 C04', fixture<ArcFixture>('grace-c-arc').c04.rows);
    const eop = new EopInterpolator(table, { zonalTides: true });
    const e = emptyEopValues();
    table.mjdUtc.forEach((mjd, i) => {
      const gps = (mjd - 51544.5) * 86400 + 18;
      eop.at(gps, 0, e);
      expect(Math.abs(e.ut1MinusTai + 37 - table.ut1MinusUtcSeconds[i])).toBeLessThan(1e-13);
      if (i === table.mjdUtc.length - 1) return;
      const slope = (eop.ut1MinusTaiSeconds(gps, 43300) - eop.ut1MinusTaiSeconds(gps, 43100)) / 200;
      eop.at(gps, 43200, e);
      // Rounding of 37 s, some 1e-14/200; third derivative below 1e-17.
      expect(Math.abs(slope - e.ut1Rate)).toBeLessThan(1e-15);
    });
  });
});

describe('Earth rotation', () => {
  it('has the sub-daily terms by default, without when asked', () => {
    const eop = constantTable(59412, {
      xPole: 5e-7,
      yPole: 2e-6,
      ut1MinusUtcSeconds: -0.1,
      dX: 0,
      dY: 0,
    });
    const gps = (59412 - 51544.5) * 86400;
    const [a, b] = [new Float64Array(9), new Float64Array(9)];
    createEarthRotation({ model: 'iers2010', eop, zonalTides: false }).matrix(gps, 0, a);
    createEarthRotation({ model: 'iers2010', eop, zonalTides: false, subDailyTides: false }).matrix(
      gps,
      0,
      b,
    );
    const out = new Float64Array(6);
    const t = (gps + 51.184) / 86400 / 36525;
    createSubDailyVariations()(t, gmst1982((gps - 18.1) / 86400 / 36525), out);
    // R31 changes by −Δx_p, R32 by Δy_p to first order (both below 1e-9 rad).
    const difference = a.map((v, k) => v - b[k]);
    const expected = [-out[0], out[1]];
    // Row 3 of R₁(−y)R₂(−x)·T with T from the celestial frame: turn back by b's transpose.
    const dz = [0, 1, 2].map(
      (j) => difference[6] * b[3 * j] + difference[7] * b[3 * j + 1] + difference[8] * b[3 * j + 2],
    );
    expect(Math.abs(dz[0] - expected[0])).toBeLessThan(2e-13);
    expect(Math.abs(dz[1] - expected[1])).toBeLessThan(2e-13);
    expect(Math.hypot(dz[0], dz[1])).toBeGreaterThan(1e-11);
  });
});
