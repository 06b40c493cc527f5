import { earthRotationAngle } from './earth-rotation-angle.js';
import { ARCSECOND } from './fundamental-arguments.js';

/**
 * Greenwich mean sidereal time, IAU 2006, rad (not reduced to one turn). IERS Conventions 2010, eq. 5.32.
 *
 * @param ut1Seconds UT1 seconds since 2000-01-01T12:00:00 UT1, best whole
 * @param offsetSeconds rest of the UT1 seconds
 * @param t Julian centuries TT since J2000.0
 */
export function greenwichMeanSiderealTime(ut1Seconds: number, offsetSeconds: number, t: number): number {
  const precession =
    0.014506 + t * (4612.156534 + t * (1.3915817 + t * (-4.4e-7 + t * (-2.9956e-5 + t * -3.68e-8))));
  return earthRotationAngle(ut1Seconds, offsetSeconds) + precession * ARCSECOND;
}
