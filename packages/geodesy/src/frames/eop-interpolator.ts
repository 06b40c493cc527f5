import type { EopTable } from '../earth-rotation-types.js';
import { describeEopTable, validateEopTable } from '../eop-table.js';
import { mjdToIsoDate } from '../time/calendar.js';
import { FIRST_UTC_MJD, taiMinusUtcSeconds } from '../time/leap-seconds.js';
import { mjdUtc, TAI_MINUS_GPS_SECONDS, type Ut1Source } from '../time/scales.js';
import { interpolatingPolynomial } from './polynomial.js';
import { zonalTideUt1 } from './zonal-tide-ut1.js';

const DAY = 86400;
const POINTS = 4;
const QUANTITIES = 5;
const CENTURY_DAYS = 36525;
const J2000_MJD = 51544.5;
/** Points of a day through which the zonal tides in UT1 are carried; periods are five days and more. */
const TIDE_POINTS = Float64Array.from({ length: 8 }, (_, i) => i / 7);
/** Coefficients of UT1−TAI stand behind the others: degree 7. */
const UT1 = POINTS * (QUANTITIES - 1);
const SEGMENT = UT1 + TIDE_POINTS.length;

/** Earth orientation at an epoch and its rates per second; angles in rad, times in s. */
export interface EopValues {
  xPole: number;
  yPole: number;
  ut1MinusTai: number;
  dX: number;
  dY: number;
  xPoleRate: number;
  yPoleRate: number;
  ut1Rate: number;
  dXRate: number;
  dYRate: number;
}

/** An EopValues to be filled. */
export function emptyEopValues(): EopValues {
  return {
    xPole: 0,
    yPole: 0,
    ut1MinusTai: 0,
    dX: 0,
    dY: 0,
    xPoleRate: 0,
    yPoleRate: 0,
    ut1Rate: 0,
    dXRate: 0,
    dYRate: 0,
  };
}

export interface EopInterpolationOptions {
  /**
   * Take the zonal tides (IERS Conventions 2010, table 8.1) off UT1 before it is interpolated and put them back
   * after. Without, the fortnightly tide leaves up to 1.5 µs between the days. Default false.
   */
  readonly zonalTides?: boolean;
}

/**
 * Earth orientation parameters between the days of a table: cubic polynomials through the four nearest days
 * (one-sided at the ends and at gaps). UT1−TAI is interpolated, not UT1−UTC, and over true elapsed time, so
 * leap seconds leave no trace.
 */
export class EopInterpolator implements Ut1Source {
  /** GPS seconds of the table's days; NaN before 1972. */
  private readonly nodeGps: Float64Array;
  private readonly segments = new Map<number, Float64Array>();
  private readonly scratch = emptyEopValues();
  private lastIndex = -1;
  private last: Float64Array = new Float64Array(0);

  /** @throws RangeError for a table that is not valid, see `createEopTable` */
  constructor(
    readonly table: EopTable,
    private readonly options: EopInterpolationOptions = {},
  ) {
    validateEopTable(table);
    this.nodeGps = table.mjdUtc.map((mjd) =>
      mjd < FIRST_UTC_MJD
        ? Number.NaN
        : (mjd - 51544.5) * DAY + taiMinusUtcSeconds(mjd) - TAI_MINUS_GPS_SECONDS,
    );
  }

  ut1MinusTaiSeconds(gpsSeconds: number, offsetSeconds: number): number {
    this.at(gpsSeconds, offsetSeconds, this.scratch);
    return this.scratch.ut1MinusTai;
  }

  /** @throws RangeError naming the date, and the source and span of the table, where it has no data */
  at(gpsSeconds: number, offsetSeconds: number, out: EopValues): void {
    const index = this.locate(gpsSeconds, offsetSeconds);
    if (index !== this.lastIndex) {
      this.last = this.segment(index, gpsSeconds);
      this.lastIndex = index;
    }
    const c = this.last;
    const u = (gpsSeconds - this.nodeGps[index] + offsetSeconds) / DAY;
    out.xPole = value(c, 0, u);
    out.yPole = value(c, 4, u);
    out.dX = value(c, 8, u);
    out.dY = value(c, 12, u);
    out.xPoleRate = rate(c, 0, u);
    out.yPoleRate = rate(c, 4, u);
    out.dXRate = rate(c, 8, u);
    out.dYRate = rate(c, 12, u);
    let ut1 = c[SEGMENT - 1];
    let slope = 0;
    for (let i = SEGMENT - 2; i >= UT1; i--) {
      slope = slope * u + ut1;
      ut1 = ut1 * u + c[i];
    }
    out.ut1MinusTai = ut1;
    out.ut1Rate = slope / DAY;
  }

  /** Index i with node i ≤ epoch < node i+1; the last node itself belongs to the last interval. */
  private locate(gpsSeconds: number, offsetSeconds: number): number {
    const nodes = this.nodeGps;
    const last = nodes.length - 1;
    const since = (i: number) => gpsSeconds - nodes[i] + offsetSeconds;
    const known = this.lastIndex;
    if (known >= 0 && since(known) >= 0 && since(known + 1) < 0) return known;
    if (last < 1 || !(since(last) <= 0)) throw this.missing(gpsSeconds + offsetSeconds);
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      // NaN (before 1972) counts as earlier than the epoch.
      if (since(middle) < 0) high = middle;
      else low = middle;
    }
    if (!(since(low) >= 0)) throw this.missing(gpsSeconds + offsetSeconds);
    return low;
  }

  private segment(index: number, gpsSeconds: number): Float64Array {
    const known = this.segments.get(index);
    if (known) return known;
    const { mjdUtc: mjd, xPole, yPole, ut1MinusUtcSeconds, dX, dY } = this.table;
    if (mjd[index + 1] - mjd[index] !== 1) throw this.missing(gpsSeconds);
    // Days in a row around the interval: two before, two after, shifted where the row ends.
    const usable = (i: number) =>
      i >= 0 && i < mjd.length && mjd[i] - mjd[index] === i - index && mjd[i] >= FIRST_UTC_MJD;
    let from = index - 1;
    if (!usable(from)) from = index;
    while (from > 0 && !usable(from + POINTS - 1) && usable(from - 1)) from--;
    if (!usable(from + POINTS - 1)) {
      throw new RangeError(
        `Earth orientation table ${describeEopTable(this.table)} has fewer than ${POINTS} days in a row around ${mjdToIsoDate(mjd[index])}`,
      );
    }
    const days = Array.from({ length: POINTS }, (_, i) => from + i);
    const positions = days.map((i) => (this.nodeGps[i] - this.nodeGps[index]) / DAY);
    const segment = new Float64Array(SEGMENT);
    const quantities = [
      (i: number) => xPole[i],
      (i: number) => yPole[i],
      (i: number) => dX[i],
      (i: number) => dY[i],
    ];
    quantities.forEach((quantity, k) => {
      segment.set(interpolatingPolynomial(positions, days.map(quantity)), k * POINTS);
    });
    const tide = (u: number) =>
      this.options.zonalTides ? zonalTideUt1((mjd[index] + u - J2000_MJD) / CENTURY_DAYS) : 0;
    const ut1MinusTai = (i: number, k: number) =>
      ut1MinusUtcSeconds[i] - taiMinusUtcSeconds(mjd[i]) - tide(positions[k]);
    segment.set(interpolatingPolynomial(positions, days.map(ut1MinusTai)), UT1);
    if (this.options.zonalTides) {
      const tides = interpolatingPolynomial(TIDE_POINTS, [...TIDE_POINTS].map(tide));
      for (let k = 0; k < tides.length; k++) segment[UT1 + k] += tides[k];
    }
    this.segments.set(index, segment);
    return segment;
  }

  private missing(gpsSeconds: number): RangeError {
    let date = `GPS second ${gpsSeconds}`;
    try {
      const mjd = mjdUtc(gpsSeconds);
      date = `${mjdToIsoDate(mjd)} (MJD ${mjd.toFixed(3)})`;
    } catch {
      // Before 1972 or not a number: the GPS seconds have to do.
    }
    return new RangeError(
      `no Earth orientation parameters for ${date} in table ${describeEopTable(this.table)}`,
    );
  }
}

function value(c: Float64Array, i: number, u: number): number {
  return ((c[i + 3] * u + c[i + 2]) * u + c[i + 1]) * u + c[i];
}

function rate(c: Float64Array, i: number, u: number): number {
  return ((3 * c[i + 3] * u + 2 * c[i + 2]) * u + c[i + 1]) / DAY;
}
