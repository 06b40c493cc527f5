import type { EarthRotation } from '../earth-rotation-types.js';
import { type Ephemeris, emptySunMoon } from '../ephemeris/types.js';
import { EopInterpolator, emptyEopValues } from '../frames/eop-interpolator.js';
import { greenwichMeanSiderealTime } from '../frames/sidereal-time.js';
import { TAI_MINUS_GPS_SECONDS, TT_MINUS_GPS_SECONDS } from '../time/scales.js';
import { type TideArguments, tideArguments } from './tide-arguments.js';

const CENTURY_SECONDS = 36525 * 86400;

/** All that tides depend on at one epoch. */
export interface TideEpoch extends TideArguments {
  readonly gpsSeconds: number;
  readonly offsetSeconds: number;
  /** Julian centuries TT since J2000.0. */
  readonly ttCenturies: number;
  /** Position of the Sun in the terrestrial frame, m. */
  readonly sun: Float64Array;
  /** Position of the Moon in the terrestrial frame, m. */
  readonly moon: Float64Array;
  /** Polar motion without sub-daily terms, rad; NaN when the model of the Earth's rotation has none. */
  readonly xPole: number;
  readonly yPole: number;
}

/** Time and pole alone, without Sun, Moon and sidereal time; the result is the same object at each call. */
export function createPoleSource(
  rotation: EarthRotation,
): (
  gpsSeconds: number,
  offsetSeconds: number,
) => Readonly<Pick<TideEpoch, 'ttCenturies' | 'xPole' | 'yPole'>> {
  const eop = eopOf(rotation);
  const values = emptyEopValues();
  const out = { ttCenturies: 0, xPole: Number.NaN, yPole: Number.NaN };
  return (gpsSeconds, offsetSeconds) => {
    out.ttCenturies = (gpsSeconds + (offsetSeconds + TT_MINUS_GPS_SECONDS)) / CENTURY_SECONDS;
    if (eop) {
      eop.at(gpsSeconds, offsetSeconds, values);
      out.xPole = values.xPole;
      out.yPole = values.yPole;
    }
    return out;
  };
}

function eopOf({ spec }: EarthRotation): EopInterpolator | undefined {
  return spec.model === 'iers2010'
    ? new EopInterpolator(spec.eop, { zonalTides: spec.zonalTides ?? true })
    : undefined;
}

/**
 * Makes the function that gives the tide epoch of a time. GMST and pole come from the Earth orientation parameters of
 * the rotation; for a constant rotation GMST is its angle and there is no pole.
 *
 * @param celestialToTerrestrial may be handed to the function when the caller has the matrix already
 */
export function createTideEpochSource(
  rotation: EarthRotation,
  ephemeris: Ephemeris,
): (gpsSeconds: number, offsetSeconds: number, celestialToTerrestrial?: ArrayLike<number>) => TideEpoch {
  const eop = eopOf(rotation);
  const values = emptyEopValues();
  const own = new Float64Array(9);
  const sunMoon = emptySunMoon();
  return (gpsSeconds, offsetSeconds, celestialToTerrestrial) => {
    let r = celestialToTerrestrial;
    if (!r) {
      rotation.matrix(gpsSeconds, offsetSeconds, own);
      r = own;
    }
    const ttCenturies = (gpsSeconds + (offsetSeconds + TT_MINUS_GPS_SECONDS)) / CENTURY_SECONDS;
    let gmst = Math.atan2(r[1], r[0]);
    let xPole = Number.NaN;
    let yPole = Number.NaN;
    if (eop) {
      eop.at(gpsSeconds, offsetSeconds, values);
      const ut1Offset = offsetSeconds + TAI_MINUS_GPS_SECONDS + values.ut1MinusTai;
      gmst = greenwichMeanSiderealTime(gpsSeconds, ut1Offset, ttCenturies);
      xPole = values.xPole;
      yPole = values.yPole;
    }
    ephemeris.sunMoon(gpsSeconds, offsetSeconds, sunMoon);
    return {
      ...tideArguments(ttCenturies, gmst),
      gpsSeconds,
      offsetSeconds,
      ttCenturies,
      sun: rotate(r, sunMoon.sun),
      moon: rotate(r, sunMoon.moon),
      xPole,
      yPole,
    };
  };
}

function rotate(r: ArrayLike<number>, v: Float64Array): Float64Array {
  return Float64Array.of(
    r[0] * v[0] + r[1] * v[1] + r[2] * v[2],
    r[3] * v[0] + r[4] * v[1] + r[5] * v[2],
    r[6] * v[0] + r[7] * v[1] + r[8] * v[2],
  );
}
