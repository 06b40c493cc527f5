import {
  celestialPole2006,
  celestialToTerrestrial,
  createEarthRotation,
  dayToGps,
  type EarthOrientation,
  EopInterpolator,
  earthRotationAngle,
  emptyEopValues,
  orientationMatrix,
  tioLocator,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { type ArcFixture, c04Table, fixture } from './helpers.js';

/*
 * The same reduced-dynamic arc of GRACE-C in ICRF and ITRF, transformed by another program (GEORB v.1.7.4.9) with
 * the same C04 series. That program computes differently from the IERS Conventions 2010 in three ways, found from
 * the residuals and confirmed by its public documentation:
 *  1. X, Y, s of IAU 2000A, cubic through daily values (up to 0.15 mas = 5 mm at the satellite),
 *  2. no dX, dY,
 *  3. UT1 as a Julian Date in one double, which has steps of 2^-31 day = 40 µs (up to ±20 µs = 10 mm),
 * and velocities with ω = 7.292115e-5 rad/s alone. With these three put in the place of ours, everything else in
 * the chain (time scales, EOP interpolation, ERA, s′, polar motion, matrix) must agree far below 1 mm. Without, the
 * difference has to stay within what the three explain.
 */
const arc = fixture<ArcFixture>('grace-c-arc');
const table = c04Table('14 C04', arc.c04.rows);
const JD_STEP_DAYS = 2 ** -31;

describe('GRACE-C 2021-07-17, ICRF to ITRF', () => {
  it('agrees to 0.1 mm and 1e-6 m/s with the conventions of the other program', () => {
    expect(arc.icrf.length).toBe(432);
    const eop = new EopInterpolator(table);
    const e = emptyEopValues();
    const [matrix, rate] = [new Float64Array(9), new Float64Array(9)];
    let worst = 0;
    let worstVelocity = 0;
    arc.icrf.forEach((row, i) => {
      const [mjd, second] = row;
      const gps = dayToGps({ scale: 'TT', mjd, secondsOfDay: second });
      eop.at(gps.gpsSeconds, gps.offsetSeconds, e);
      const pole = iau2000ADaily(mjd + second / 86400);
      const utcToUt1 = e.ut1MinusTai + 37;
      const ut1Steps = (second - 69.184 + utcToUt1) / 86400 / JD_STEP_DAYS;
      // Where UT1 lies in the middle between two steps, the other program's last bit decides: try both.
      const candidates = [Math.floor(ut1Steps), Math.ceil(ut1Steps)].filter(
        (k) => Math.abs(k - ut1Steps) < 0.53,
      );
      const distances = candidates.map((steps) => {
        const ut1 = steps * JD_STEP_DAYS * 86400;
        const ttSeconds = (mjd - 51544.5) * 86400 + second;
        const orientation: EarthOrientation = {
          x: pole.x,
          y: pole.y,
          angle: earthRotationAngle((mjd - 51544.5) * 86400, ut1) - pole.s + tioLocator(ttSeconds),
          xPole: e.xPole,
          yPole: e.yPole,
          xRate: 0,
          yRate: 0,
          angleRate: 7.292115e-5,
          xPoleRate: 0,
          yPoleRate: 0,
        };
        orientationMatrix(orientation, matrix, rate);
        return difference(matrix, rate, row.slice(2), arc.itrf[i].slice(2));
      });
      const best = distances.sort((a, b) => a.position - b.position)[0];
      worst = Math.max(worst, best.position);
      worstVelocity = Math.max(worstVelocity, best.velocity);
    });
    expect(worst).toBeLessThan(1e-4);
    expect(worstVelocity).toBeLessThan(1e-6);
  });

  it('differs by no more than the other program explains, with our own conventions', () => {
    // That program has no sub-daily terms.
    const rotation = createEarthRotation({
      model: 'iers2010',
      eop: table,
      subDailyTides: false,
      zonalTides: false,
    });
    const out = new Float64Array(6);
    let worst = 0;
    let worstVelocity = 0;
    arc.icrf.forEach((row, i) => {
      const gps = dayToGps({ scale: 'TT', mjd: row[0], secondsOfDay: row[1] });
      celestialToTerrestrial(rotation, gps.gpsSeconds, gps.offsetSeconds, row.slice(2), out);
      const d = out.map((value, k) => value - arc.itrf[i][2 + k]);
      worst = Math.max(worst, Math.hypot(...d.slice(0, 3)));
      worstVelocity = Math.max(worstVelocity, Math.hypot(...d.slice(3)));
    });
    // 10 mm of the clock and 0.15 + 0.22 mas of the pole (IAU 2000A, cubic, dX and dY): 16 mm at the most.
    expect(worst).toBeLessThan(0.016);
    // 1.5e-12 rad/s of ω (1e-5 m/s), 16 mm turned about at the orbit's rate (1.8e-5), length of day (1e-5).
    expect(worstVelocity).toBeLessThan(4e-5);
  });

  it('has IAU 2006 and IAU 2000A poles differ by what is known', () => {
    // Capitaine & Wallace 2006: differences stay near 0.1 mas in these years.
    for (const [mjd, x, y] of arc.poleIau2000A.rows) {
      const pole = celestialPole2006((mjd - 51544.5) / 36525);
      expect(Math.hypot(pole.x - x, pole.y - y)).toBeLessThan(1e-9);
      expect(Math.hypot(pole.x - x, pole.y - y)).toBeGreaterThan(1e-11);
    }
  });
});

function iau2000ADaily(mjdTt: number): { x: number; y: number; s: number } {
  const { rows } = arc.poleIau2000A;
  const sum = [0, 0, 0];
  rows.forEach((row, i) => {
    let weight = 1;
    rows.forEach((other, j) => {
      if (j !== i) weight *= (mjdTt - other[0]) / (row[0] - other[0]);
    });
    for (let k = 0; k < 3; k++) sum[k] += weight * row[1 + k];
  });
  return { x: sum[0], y: sum[1], s: sum[2] };
}

function difference(m: Float64Array, rate: Float64Array, state: number[], expected: number[]) {
  const d = [0, 1, 2].map((i) => {
    const row = (a: Float64Array, from: number) =>
      a[3 * i] * state[from] + a[3 * i + 1] * state[from + 1] + a[3 * i + 2] * state[from + 2];
    return [row(m, 0) - expected[i], row(m, 3) + row(rate, 0) - expected[3 + i]];
  });
  return { position: Math.hypot(...d.map((v) => v[0])), velocity: Math.hypot(...d.map((v) => v[1])) };
}
