import {
  createEopTable,
  EopInterpolator,
  emptyEopValues,
  isoToGpsSeconds,
  sliceEopTable,
  taiMinusUtcSeconds,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { type ArcFixture, c04Table, fixture, type Rows } from './helpers.js';

const leap = fixture<Rows & { source: string }>('c04-leap-second');
const table = c04Table(leap.source, leap.rows);
const arcRows = fixture<ArcFixture>('grace-c-arc').c04.rows;
const gpsOf = (mjd: number) => (mjd - 51544.5) * 86400 + taiMinusUtcSeconds(mjd) - 19;

describe('EopInterpolator', () => {
  it('gives the values of the table on its days', () => {
    const e = emptyEopValues();
    const eop = new EopInterpolator(table);
    table.mjdUtc.forEach((mjd, i) => {
      eop.at(gpsOf(mjd), 0, e);
      expect(e.xPole).toBeCloseTo(table.xPole[i], 18);
      expect(e.yPole).toBeCloseTo(table.yPole[i], 18);
      expect(e.dX).toBeCloseTo(table.dX[i], 20);
      expect(e.ut1MinusTai).toBeCloseTo(table.ut1MinusUtcSeconds[i] - taiMinusUtcSeconds(mjd), 13);
    });
  });

  it('does not see the leap second of 2012-06-30', () => {
    // UT1−UTC jumps by a second in the table …
    const jump = table.ut1MinusUtcSeconds[5] - table.ut1MinusUtcSeconds[4];
    expect(jump).toBeGreaterThan(0.99);
    // … UT1−TAI moves by less than 1.5 ms a day, through the leap second too.
    const eop = new EopInterpolator(table);
    const e = emptyEopValues();
    const start = isoToGpsSeconds('2012-06-30T23:00:00Z');
    let before = eop.ut1MinusTaiSeconds(start, 0);
    for (let t = 1; t < 7200; t++) {
      const now = eop.ut1MinusTaiSeconds(start + t, 0);
      expect(Math.abs(now - before)).toBeLessThan(2e-8);
      eop.at(start + t, 0, e);
      expect(Math.abs(e.ut1Rate * 86400)).toBeLessThan(1.5e-3);
      before = now;
    }
  });

  it('reproduces a cubic exactly, through a leap second, at the ends and inside', () => {
    // In true elapsed days from 2012-06-26 0h UTC. UT1−UTC in the table has the leap second's step.
    const days = leap.rows.map(([mjd]) => (gpsOf(mjd) - gpsOf(56104)) / 86400);
    const cubic = (d: number) => 1e-3 * (0.3 - 0.7 * d + 0.05 * d ** 2 - 0.004 * d ** 3);
    const eop = new EopInterpolator(
      createEopTable(
        'cubic',
        leap.rows.map(([mjdUtc], i) => ({
          mjdUtc,
          xPole: cubic(days[i]) * 1e-3,
          yPole: -cubic(days[i]) * 1e-3,
          ut1MinusUtcSeconds: cubic(days[i]) - 34.9 + taiMinusUtcSeconds(mjdUtc),
          dX: cubic(days[i]) * 1e-5,
          dY: 0,
        })),
      ),
    );
    const e = emptyEopValues();
    for (let t = 0; t < 10 * 86400; t += 4321) {
      const d = t / 86400;
      eop.at(gpsOf(56104) + t, 0, e);
      const slope = (1e-3 * (-0.7 + 0.1 * d - 0.012 * d ** 2)) / 86400;
      // Rounding of UT1−TAI ≈ 35 s: 7e-15 s, three times that with the weights; of x_p 1e-21 rad.
      expect(Math.abs(e.ut1MinusTai - (cubic(d) - 34.9))).toBeLessThan(5e-14);
      expect(Math.abs(e.ut1Rate - slope)).toBeLessThan(1e-17);
      expect(Math.abs(e.xPole - cubic(d) * 1e-3)).toBeLessThan(1e-19);
      expect(Math.abs(e.yPoleRate + slope * 1e-3)).toBeLessThan(1e-23);
      expect(Math.abs(e.dX - cubic(d) * 1e-5)).toBeLessThan(1e-21);
    }
  });

  it('is good to a microsecond for the fortnightly tide in UT1', () => {
    // The largest term of UT1 that daily values sample coarsely: 0.78 ms with 13.66 days, 0.1 ms with 9.13 days
    // (IERS Conventions 2010, table 8.1). Cubic error: (2π/P)⁴·9/384 of the amplitude.
    const tide = (d: number) =>
      0.78e-3 * Math.sin((2 * Math.PI * d) / 13.66) + 0.1e-3 * Math.cos((2 * Math.PI * d) / 9.13);
    const rows = Array.from({ length: 30 }, (_, i) => ({
      mjdUtc: 59400 + i,
      xPole: 0,
      yPole: 0,
      ut1MinusUtcSeconds: tide(i),
      dX: 0,
      dY: 0,
    }));
    const eop = new EopInterpolator(createEopTable('tide', rows));
    let worst = 0;
    for (let d = 1; d < 28; d += 0.05) {
      worst = Math.max(worst, Math.abs(eop.ut1MinusTaiSeconds(gpsOf(59400), d * 86400) + 37 - tide(d)));
    }
    expect(worst).toBeLessThan(1.5e-6);
    expect(worst).toBeGreaterThan(1e-7);
  });

  it('is one-sided at the ends and accepts the last instant, not one after', () => {
    const eop = new EopInterpolator(table);
    const end = gpsOf(table.mjdUtc[table.mjdUtc.length - 1]);
    expect(Number.isFinite(eop.ut1MinusTaiSeconds(end, 0))).toBe(true);
    expect(() => eop.ut1MinusTaiSeconds(end, 1e-6)).toThrow(/2012-07-06/);
    expect(Number.isFinite(eop.ut1MinusTaiSeconds(gpsOf(table.mjdUtc[0]), 0))).toBe(true);
    expect(() => eop.ut1MinusTaiSeconds(gpsOf(table.mjdUtc[0]), -1e-6)).toThrow(/2012-06-25/);
  });

  it('refuses to interpolate over a gap', () => {
    const gap = c04Table('gap', [...arcRows.slice(0, 5), ...arcRows.slice(6)]);
    const eop = new EopInterpolator(gap);
    expect(() => eop.ut1MinusTaiSeconds(gpsOf(arcRows[4][0]) + 3600, 0)).toThrow(/2021-07-17.*"gap"/);
    // Five days in a row before it are enough, the four after it too.
    const whole = new EopInterpolator(c04Table('whole', arcRows));
    const inFirst = gpsOf(arcRows[1][0]) + 3600;
    expect(eop.ut1MinusTaiSeconds(inFirst, 0)).toBe(whole.ut1MinusTaiSeconds(inFirst, 0));
    expect(Number.isFinite(eop.ut1MinusTaiSeconds(gpsOf(arcRows[7][0]), 0))).toBe(true);
    const short = new EopInterpolator(c04Table('short', arcRows.slice(0, 3)));
    expect(() => short.ut1MinusTaiSeconds(gpsOf(arcRows[1][0]), 0)).toThrow(/fewer than 4 days/);
  });
});

describe('EopTable', () => {
  const row = { mjdUtc: 59412, xPole: 1e-6, yPole: 1e-6, ut1MinusUtcSeconds: -0.1, dX: 0, dY: 0 };

  it('is validated, with source, row and field in the message', () => {
    expect(() => createEopTable('S', [])).toThrow(/S is empty/);
    expect(() => createEopTable('S', [row, { ...row, mjdUtc: 59412 }])).toThrow(/S, row 2: mjdUtc 59412/);
    expect(() => createEopTable('S', [{ ...row, mjdUtc: 59412.5 }])).toThrow(/not a whole day/);
    expect(() => createEopTable('S', [{ ...row, xPole: 0.13 }])).toThrow(/2021-07-17.*xPole = 0.13/);
    expect(() => createEopTable('S', [{ ...row, ut1MinusUtcSeconds: Number.NaN }])).toThrow(
      /ut1MinusUtcSeconds = NaN/,
    );
  });

  it('slices so that interpolation inside does not change', () => {
    const whole = c04Table('14 C04', arcRows);
    const part = sliceEopTable(whole, 59412.2, 59412.8, 1);
    expect([...part.mjdUtc]).toEqual([59411, 59412, 59413, 59414]);
    const gps = gpsOf(59412) + 43200;
    expect(new EopInterpolator(part).ut1MinusTaiSeconds(gps, 0)).toBe(
      new EopInterpolator(whole).ut1MinusTaiSeconds(gps, 0),
    );
    expect(() => sliceEopTable(whole, 60000, 60001)).toThrow(/14 C04.*no day/);
  });
});
