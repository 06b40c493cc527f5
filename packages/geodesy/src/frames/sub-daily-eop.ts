import type { EopTable } from '../earth-rotation-types.js';
import { FIRST_UTC_MJD, taiMinusUtcSeconds } from '../time/leap-seconds.js';
import { TAI_MINUS_GPS_SECONDS, TT_MINUS_GPS_SECONDS } from '../time/scales.js';
import { ARCSECOND, fundamentalArguments } from './fundamental-arguments.js';
import { parseTable } from './parse-table.js';
import { interpolatingPolynomial } from './polynomial.js';
import { greenwichMeanSiderealTime } from './sidereal-time.js';
import { LIBRATION_TERMS, OCEAN_TIDE_TERMS } from './tables/sub-daily-eop.js';

const CENTURY_SECONDS = 36525 * 86400;
const MICRO_ARCSECOND = ARCSECOND * 1e-6;
const COLUMNS = 12;
/** Rates of GMST and of l, l′, F, D, Ω, rad/s (IERS Conventions 2010, eq. 5.43, linear terms). */
const RATES = [
  (2 * Math.PI * 1.00273790935) / 86400,
  ...[1717915923.2178, 129596581.0481, 1739527262.8478, 1602961601.209, -6962890.5431].map(
    (perCentury) => (perCentury * ARCSECOND) / CENTURY_SECONDS,
  ),
];

/**
 * Variations of Earth orientation that daily tables do not hold (ocean tides and libration, IERS Conventions
 * 2010, section 8), to be added to the interpolated values.
 *
 * @param out six values are written: Δx_p, Δy_p in rad, ΔUT1 in s, then their rates per second
 */
export type SubDailyEop = (gpsSeconds: number, offsetSeconds: number, out: Float64Array) => void;

/** Which diurnal and semidiurnal variations are computed; both by default. */
export interface SubDailyTerms {
  readonly oceanTides?: boolean;
  readonly libration?: boolean;
}

/** Amplitudes by argument: multipliers of six angles, then sin and cos of x_p, y_p (rad) and UT1 (s). */
function terms({ oceanTides = true, libration = true }: SubDailyTerms): Float64Array {
  const rows = new Map<string, Float64Array>();
  for (const text of [oceanTides ? OCEAN_TIDE_TERMS : '', libration ? LIBRATION_TERMS : '']) {
    if (!text) continue;
    const table = parseTable(text, COLUMNS);
    for (let i = 0; i < table.length; i += COLUMNS) {
      const key = table.slice(i, i + 6).join(' ');
      const row =
        rows.get(key) ?? Float64Array.from({ length: COLUMNS }, (_, k) => (k < 6 ? table[i + k] : 0));
      for (let k = 6; k < 10; k++) row[k] += table[i + k] * MICRO_ARCSECOND;
      for (let k = 10; k < 12; k++) row[k] += table[i + k] * 1e-6;
      rows.set(key, row);
    }
  }
  return Float64Array.from([...rows.values()].flatMap((row) => [...row]));
}

/**
 * Diurnal and semidiurnal variations of pole and UT1 by ocean tides (IERS Conventions 2010, tables 8.2 and 8.3) and
 * libration (tables 5.1a and 5.1b), a function of the arguments alone.
 *
 * @returns function of t (Julian centuries TT since J2000.0), Greenwich mean sidereal time (rad) and `out`: Δx_p, Δy_p
 *   in rad, ΔUT1 in s, then their rates per second
 */
export function createSubDailyVariations(
  which: SubDailyTerms = {},
): (t: number, gmst: number, out: Float64Array) => void {
  const table = terms(which);
  const args = new Float64Array(6);
  return (t, gmst, out) => {
    const f = fundamentalArguments(t);
    args[0] = gmst + Math.PI;
    args[1] = f.moonAnomaly;
    args[2] = f.sunAnomaly;
    args[3] = f.moonLatitudeArgument;
    args[4] = f.elongation;
    args[5] = f.node;
    out.fill(0, 0, 6);
    for (let i = 0; i < table.length; i += COLUMNS) {
      let angle = 0;
      let rate = 0;
      for (let k = 0; k < 6; k++) {
        angle += table[i + k] * args[k];
        rate += table[i + k] * RATES[k];
      }
      const sin = Math.sin(angle);
      const cos = Math.cos(angle);
      for (let k = 0; k < 3; k++) {
        const a = table[i + 6 + 2 * k];
        const b = table[i + 7 + 2 * k];
        out[k] += a * sin + b * cos;
        out[3 + k] += rate * (a * cos - b * sin);
      }
    }
  };
}

/** Step of the nodes between which the variations are interpolated; the shortest periods are eleven hours. */
const NODE_SECONDS = 900;
const NODES = 8;
const POSITIONS = Float64Array.from({ length: NODES }, (_, i) => i - (NODES - 1) / 2);

/**
 * The same as a function of GPS time, for `createEarthRotation`: polynomials of degree 7 through nodes of 15 minutes,
 * which agree with the sums to 1e-17 rad.
 *
 * @param table where the sidereal time takes UT1 from, the value of the nearest day: 1.5 ms are 1e-7 of the angles
 */
export function createSubDailyEop(table: EopTable, which: SubDailyTerms = {}): SubDailyEop {
  const variations = createSubDailyVariations(which);
  const nodes = new Map<number, Float64Array>();
  const node = (index: number): Float64Array => {
    let values = nodes.get(index);
    if (!values) {
      const gpsSeconds = index * NODE_SECONDS;
      const t = (gpsSeconds + TT_MINUS_GPS_SECONDS) / CENTURY_SECONDS;
      const ut1Offset = TAI_MINUS_GPS_SECONDS + nearestUt1MinusTai(table, gpsSeconds);
      values = new Float64Array(6);
      variations(t, greenwichMeanSiderealTime(gpsSeconds, ut1Offset, t), values);
      nodes.set(index, values);
    }
    return values;
  };
  let current = Number.NaN;
  let segment: readonly Float64Array[] = [];
  return (gpsSeconds, offsetSeconds, out) => {
    const index = Math.floor((gpsSeconds + offsetSeconds) / NODE_SECONDS);
    if (index !== current) {
      const around = Array.from({ length: NODES }, (_, i) => node(index - NODES / 2 + 1 + i));
      segment = [0, 1, 2].map((k) =>
        interpolatingPolynomial(
          POSITIONS,
          around.map((values) => values[k]),
        ),
      );
      current = index;
    }
    const u = (gpsSeconds - index * NODE_SECONDS + offsetSeconds) / NODE_SECONDS - 0.5;
    for (let k = 0; k < 3; k++) {
      const c = segment[k];
      let value = c[NODES - 1];
      let rate = 0;
      for (let j = NODES - 2; j >= 0; j--) {
        rate = rate * u + value;
        value = value * u + c[j];
      }
      out[k] = value;
      out[3 + k] = rate / NODE_SECONDS;
    }
  };
}

function nearestUt1MinusTai({ mjdUtc, ut1MinusUtcSeconds }: EopTable, gpsSeconds: number): number {
  const mjd = 51544.5 + gpsSeconds / 86400;
  let low = 0;
  let high = mjdUtc.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (mjdUtc[middle] > mjd) high = middle;
    else low = middle;
  }
  const i = mjd - mjdUtc[low] > mjdUtc[high] - mjd ? high : low;
  return ut1MinusUtcSeconds[i] - taiMinusUtcSeconds(Math.max(mjdUtc[i], FIRST_UTC_MJD));
}
