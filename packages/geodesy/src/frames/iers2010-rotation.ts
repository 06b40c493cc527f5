import type { EarthRotation, EarthRotationSpec } from '../earth-rotation-types.js';
import { TAI_MINUS_GPS_SECONDS, TT_MINUS_GPS_SECONDS } from '../time/scales.js';
import { type EarthOrientation, orientationMatrix } from './celestial-terrestrial.js';
import { EARTH_ROTATION_ANGLE_RATE, earthRotationAngle } from './earth-rotation-angle.js';
import { EopInterpolator, emptyEopValues } from './eop-interpolator.js';
import { ARCSECOND } from './fundamental-arguments.js';
import { type PoleAndRate, PoleInterpolator } from './pole-interpolator.js';
import { createSubDailyEop, type SubDailyEop } from './sub-daily-eop.js';

const CENTURY_SECONDS = 36525 * 86400;
/** TIO locator s′ = −47 µas·t. IERS Conventions 2010, eq. 5.13. */
const TIO_LOCATOR_RATE = (-47e-6 * ARCSECOND) / CENTURY_SECONDS;

/** TIO locator s′ in rad at TT seconds since J2000.0. */
export function tioLocator(ttSeconds: number): number {
  return TIO_LOCATOR_RATE * ttSeconds;
}

/** GCRS to ITRS of the IERS Conventions 2010 (IAU 2006/2000A, CIO based); a function handed in replaces the terms of the spec. */
export function createIers2010Rotation(
  spec: Extract<EarthRotationSpec, { model: 'iers2010' }>,
  subDailyEop?: SubDailyEop,
): EarthRotation {
  const pole = new PoleInterpolator();
  const eop = new EopInterpolator(spec.eop, { zonalTides: spec.zonalTides ?? true });
  const subDaily = subDailyEop ?? ((spec.subDailyTides ?? true) ? createSubDailyEop(spec.eop) : undefined);
  const p: PoleAndRate = { x: 0, y: 0, s: 0, xRate: 0, yRate: 0, sRate: 0 };
  const e = emptyEopValues();
  const extra = new Float64Array(6);
  const o: EarthOrientation = {
    x: 0,
    y: 0,
    angle: 0,
    xPole: 0,
    yPole: 0,
    xRate: 0,
    yRate: 0,
    angleRate: 0,
    xPoleRate: 0,
    yPoleRate: 0,
  };
  return {
    spec,
    matrix(gpsSeconds, offsetSeconds, out, outRate) {
      const ttSeconds = gpsSeconds + (offsetSeconds + TT_MINUS_GPS_SECONDS);
      pole.at(ttSeconds, p);
      eop.at(gpsSeconds, offsetSeconds, e);
      subDaily?.(gpsSeconds, offsetSeconds, extra);
      const ut1Offset = offsetSeconds + TAI_MINUS_GPS_SECONDS + (e.ut1MinusTai + extra[2]);
      o.x = p.x + e.dX;
      o.y = p.y + e.dY;
      o.angle = earthRotationAngle(gpsSeconds, ut1Offset) - p.s + tioLocator(ttSeconds);
      o.xPole = e.xPole + extra[0];
      o.yPole = e.yPole + extra[1];
      o.xRate = p.xRate + e.dXRate;
      o.yRate = p.yRate + e.dYRate;
      o.angleRate = EARTH_ROTATION_ANGLE_RATE * (1 + e.ut1Rate + extra[5]) - p.sRate + TIO_LOCATOR_RATE;
      o.xPoleRate = e.xPoleRate + extra[3];
      o.yPoleRate = e.yPoleRate + extra[4];
      orientationMatrix(o, out, outRate);
    },
  };
}
