import { TT_MINUS_GPS_SECONDS } from '../time/scales.js';
import { tdbMinusTtSeconds } from '../time/tdb.js';
import type { MjdTt } from '../time/types.js';
import type { CelestialBody, Ephemeris, Planet } from './types.js';

/** What a reader of development ephemerides offers: geocentric states, m and m/s, at Julian dates TDB. */
export interface GeocentricStates {
  /** x y z vx vy vz of `out`. */
  geocentricInto(body: CelestialBody, jdTdb: number, jdTdbFraction: number, out: Float64Array): void;
}

/** An `Ephemeris` of geocentric states, such as those of a JPL development ephemeris. */
export function createStateEphemeris(
  source: string,
  states: GeocentricStates,
  planets: readonly Planet[] = [],
): Ephemeris {
  const state = new Float64Array(6);
  const read = (body: CelestialBody, gpsSeconds: number, offsetSeconds: number) => {
    const day = Math.floor(gpsSeconds / 86400);
    const tt = gpsSeconds - day * 86400 + (offsetSeconds + TT_MINUS_GPS_SECONDS);
    const tdb = tt + tdbMinusTtSeconds((51544.5 + day + tt / 86400) as MjdTt);
    states.geocentricInto(body, 2451545 + day, tdb / 86400, state);
  };
  return {
    source,
    planets,
    sunMoon(gpsSeconds, offsetSeconds, out) {
      read('moon', gpsSeconds, offsetSeconds);
      out.moon.set(state.subarray(0, 3));
      read('sun', gpsSeconds, offsetSeconds);
      out.sun.set(state.subarray(0, 3));
      out.sunVelocity.set(state.subarray(3, 6));
    },
    planet(planet, gpsSeconds, offsetSeconds, out) {
      read(planet, gpsSeconds, offsetSeconds);
      out.set(state.subarray(0, 3));
    },
  };
}
