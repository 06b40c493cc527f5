import {
  celestialPole2006,
  cioLocator2006,
  fundamentalArguments,
  nutation2000A,
  nutation2000AR06,
  PoleInterpolator,
  planetaryArguments,
  precessionAngles2006,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { type ErfaFixture, fixture } from './helpers.js';

// Published values: validation program of ERFA/SOFA (t_erfa_c.c, ERFA 2.0.1). Tolerances of that program, which
// are those of double arithmetic.
const centuries = (mjd: number, seconds = 0) => (mjd - 51544.5 + seconds / 86400) / 36525;

describe('published values of SOFA/ERFA', () => {
  it('fundamental arguments', () => {
    expect(Math.abs(fundamentalArguments(0.8).moonAnomaly - 5.132369751108684)).toBeLessThan(1e-12);
    expect(Math.abs(planetaryArguments(0.8)[8] - 0.0195088476224)).toBeLessThan(1e-14);
  });

  it('precession angles (pfw06) and obliquity (obl06)', () => {
    const p = precessionAngles2006(centuries(50123.9999));
    expect(Math.abs(p.gamma - -2.2433876709979958e-6)).toBeLessThan(1e-16);
    expect(Math.abs(p.phi - 0.4091014602391313)).toBeLessThan(1e-12);
    expect(Math.abs(p.psi - -0.0009501954178013031)).toBeLessThan(1e-14);
    expect(Math.abs(p.obliquity - 0.40910143165873675)).toBeLessThan(1e-12);
    expect(Math.abs(precessionAngles2006(centuries(54388)).obliquity - 0.4090749229387258)).toBeLessThan(
      1e-14,
    );
  });

  it('nutation (nut00a, nut06a)', () => {
    const iau2000 = nutation2000A(centuries(53736));
    expect(Math.abs(iau2000.longitude - -9.630909107115518e-6)).toBeLessThan(1e-13);
    expect(Math.abs(iau2000.obliquity - 4.063239174001679e-5)).toBeLessThan(1e-13);
    const iau2006 = nutation2000AR06(centuries(53736));
    expect(Math.abs(iau2006.longitude - -9.63091202582031e-6)).toBeLessThan(1e-13);
    expect(Math.abs(iau2006.obliquity - 4.06323849688725e-5)).toBeLessThan(1e-13);
  });

  it('pole and CIO locator (xys06a, s06)', () => {
    const pole = celestialPole2006(centuries(53736));
    expect(Math.abs(pole.x - 0.0005791308482835292)).toBeLessThan(1e-14);
    expect(Math.abs(pole.y - 4.0205800994540205e-5)).toBeLessThan(1e-15);
    expect(Math.abs(pole.s - -1.22003229416458e-8)).toBeLessThan(1e-18);
    const s = cioLocator2006(centuries(53736), 0.5791308486706011e-3, 4.020579816732961e-5);
    expect(Math.abs(s - -1.220032213076463e-8)).toBeLessThan(1e-18);
  });
});

describe('ERFA at 200 random epochs 1973–2050', () => {
  const { rows } = fixture<ErfaFixture>('erfa').pole;

  it('agrees in X, Y, s and nutation', () => {
    expect(rows.length).toBe(200);
    for (const [mjd, second, x, y, s, dpsi, deps] of rows) {
      const t = centuries(mjd, second);
      const pole = celestialPole2006(t);
      // A double t holds 1e-16 century = 10 µs: X moves by 2e-13 rad in that time only in its fastest terms.
      expect(Math.abs(pole.x - x)).toBeLessThan(1e-15);
      expect(Math.abs(pole.y - y)).toBeLessThan(1e-15);
      expect(Math.abs(pole.s - s)).toBeLessThan(1e-15);
      const nutation = nutation2000AR06(t);
      // The peer was called with a date in one double (µs), so this is looser.
      expect(Math.abs(nutation.longitude - dpsi)).toBeLessThan(1e-15);
      expect(Math.abs(nutation.obliquity - deps)).toBeLessThan(1e-15);
    }
  });

  it('the interpolator agrees with the series to 1e-13 rad, values and rates', () => {
    const interpolator = new PoleInterpolator();
    const p = { x: 0, y: 0, s: 0, xRate: 0, yRate: 0, sRate: 0 };
    const step = 600;
    let worst = 0;
    let worstRate = 0;
    for (const [mjd, second] of rows) {
      const ttSeconds = (mjd - 51544.5) * 86400 + second;
      interpolator.at(ttSeconds, p);
      const pole = celestialPole2006(ttSeconds / (36525 * 86400));
      worst = Math.max(worst, Math.abs(p.x - pole.x), Math.abs(p.y - pole.y), Math.abs(p.s - pole.s));
      const before = celestialPole2006((ttSeconds - step) / (36525 * 86400));
      const after = celestialPole2006((ttSeconds + step) / (36525 * 86400));
      worstRate = Math.max(
        worstRate,
        Math.abs(p.xRate - (after.x - before.x) / (2 * step)),
        Math.abs(p.yRate - (after.y - before.y) / (2 * step)),
      );
    }
    expect(worst).toBeLessThan(1e-14);
    // 1e-17 rad/s is 1e-10 m/s for a low orbit; the differences themselves carry rounding of 1e-18 rad/s.
    expect(worstRate).toBeLessThan(1e-17);
  });
});
