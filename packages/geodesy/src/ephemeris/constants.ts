import type { CelestialBody } from './types.js';

/**
 * GM of the bodies (planets with their satellites), m³/s², TDB compatible. Source: header of JPL DE430
 * (Folkner et al. 2014, IPN Progress Report 42-196, table 8).
 */
export const BODY_GM: Readonly<Record<CelestialBody, number>> = {
  sun: 1.327124400419394e20,
  moon: 4.902800066163796e12,
  mercury: 2.203178e13,
  venus: 3.24858592e14,
  mars: 4.2828375214e13,
  jupiter: 1.267127648e17,
  saturn: 3.79405852e16,
  uranus: 5.7945486e15,
  neptune: 6.83652710058e15,
};

/** GM of the Earth, m³/s². IERS Conventions 2010, table 1.1. */
export const EARTH_GM = 3.986004418e14;
/** Equatorial radius of the Earth, m. IERS Conventions 2010, table 1.1. */
export const EARTH_RADIUS = 6378136.6;
/** Astronomical unit, m. IAU 2012 resolution B2. */
export const ASTRONOMICAL_UNIT = 149597870700;
/** m/s */
export const SPEED_OF_LIGHT = 299792458;
