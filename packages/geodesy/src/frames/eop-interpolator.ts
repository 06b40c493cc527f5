import type { EopTable } from '../earth-rotation-types.js';
import { describeEopTable, validateEopTable } from '../eop-table.js';
import { mjdToIsoDate } from '../time/calendar.js';
import { FIRST_UTC_MJD, taiMinusUtcSeconds } from '../time/leap-seconds.js';
import { mjdUtc, TAI_MINUS_GPS_SECONDS, type Ut1Source } from '../time/scales.js';
import { interpolatingPolynomial } from './polynomial.js';

const DAY = 86400;
const POINTS = 4;
const QUANTITIES = 5;

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
  constructor(readonly table: EopTable) {
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
    out.ut1MinusTai = value(c, 8, u);
    out.dX = value(c, 12, u);
    out.dY = value(c, 16, u);
    out.xPoleRate = rate(c, 0, u);
    out.yPoleRate = rate(c, 4, u);
    out.ut1Rate = rate(c, 8, u);
    out.dXRate = rate(c, 12, u);
    out.dYRate = rate(c, 16, u);
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
    const ut1MinusTai = (i: number) => ut1MinusUtcSeconds[i] - taiMinusUtcSeconds(mjd[i]);
    const segment = new Float64Array(POINTS * QUANTITIES);
    const quantities = [
      (i: number) => xPole[i],
      (i: number) => yPole[i],
      ut1MinusTai,
      (i: number) => dX[i],
      (i: number) => dY[i],
    ];
    quantities.forEach((quantity, k) => {
      segment.set(interpolatingPolynomial(positions, days.map(quantity)), k * POINTS);
    });
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
