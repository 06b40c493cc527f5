import { interpolatingPolynomial } from '../frames/polynomial.js';
import { TT_MINUS_GPS_SECONDS } from '../time/scales.js';
import { moonPosition } from './analytical-moon.js';
import { sunPosition } from './analytical-sun.js';
import { type Ephemeris, emptySunMoon, type SunMoon } from './types.js';

const CENTURY_SECONDS = 36525 * 86400;
/** Julian centuries from J2000.0 within which the accuracy is stated. */
const SPAN_CENTURIES = 1;
/** Grid and number of nodes of the interpolation: the Moon moves by 1/300 of a turn in a step. */
const STEP_SECONDS = 7200;
const NODES = 8;
const POSITIONS = Float64Array.from({ length: NODES }, (_, i) => i - (NODES - 1) / 2);
const QUANTITIES = 9;

/**
 * Sun and Moon from analytical theories, for dates no ephemeris file is at hand for: the Moon within 0.4″ and the Sun
 * within 0.1″ of JPL DE421 in 1950–2050 (tested). No planets.
 *
 * Between nodes of two hours polynomials of degree 7 are used: the series cost 40 µs, the polynomials less than one.
 */
export function createAnalyticalEphemeris(): Ephemeris {
  const nodes = new Map<number, Float64Array>();
  const node = (index: number): Float64Array => {
    let values = nodes.get(index);
    if (!values) {
      const at = emptySunMoon();
      analyticalSunMoon((index * STEP_SECONDS) / CENTURY_SECONDS, at);
      values = Float64Array.of(...at.sun, ...at.moon, ...at.sunVelocity);
      nodes.set(index, values);
    }
    return values;
  };
  let segmentIndex = Number.NaN;
  let segment: readonly Float64Array[] = [];
  return {
    source: 'ELP/MPP02 and VSOP87, truncated',
    sunMoon(gpsSeconds, offsetSeconds, out) {
      // TDB − TT is below 2 ms, 2 m of the Moon's way.
      const tt = gpsSeconds + (offsetSeconds + TT_MINUS_GPS_SECONDS);
      const index = Math.floor(tt / STEP_SECONDS);
      if (index !== segmentIndex) {
        if (!(Math.abs(tt) < SPAN_CENTURIES * CENTURY_SECONDS)) {
          throw new RangeError(
            `the analytical Sun and Moon are for 1900 to 2100, not GPS second ${gpsSeconds}`,
          );
        }
        const around = Array.from({ length: NODES }, (_, i) => node(index - NODES / 2 + 1 + i));
        segment = Array.from({ length: QUANTITIES }, (_, k) =>
          interpolatingPolynomial(
            POSITIONS,
            around.map((values) => values[k]),
          ),
        );
        segmentIndex = index;
      }
      const u = tt / STEP_SECONDS - index - 0.5;
      for (let k = 0; k < 3; k++) {
        out.sun[k] = horner(segment[k], u);
        out.moon[k] = horner(segment[3 + k], u);
        out.sunVelocity[k] = horner(segment[6 + k], u);
      }
    },
  };
}

/** Sun and Moon straight from the series. @param t Julian centuries TDB (or TT) since J2000.0 */
export function analyticalSunMoon(t: number, out: SunMoon): void {
  moonPosition(t, out.moon);
  sunPosition(t, out.sun, out.sunVelocity);
}

function horner(c: Float64Array, u: number): number {
  let sum = c[NODES - 1];
  for (let i = NODES - 2; i >= 0; i--) sum = sum * u + c[i];
  return sum;
}
