import { type Ellipsoid, WGS84 } from './ellipsoid.js';

/** Geodetic coordinates: radians and metres, longitude in (−π, π]. */
export interface GeodeticPosition {
  readonly latitude: number;
  readonly longitude: number;
  readonly height: number;
}

export type CartesianPosition = readonly [x: number, y: number, z: number];

/**
 * Geodetic coordinates to Cartesian, m.
 *
 * @throws RangeError for a latitude beyond ±π/2 or values that are not finite
 */
export function geodeticToCartesian(
  position: GeodeticPosition,
  ellipsoid: Ellipsoid = WGS84,
): CartesianPosition {
  const { latitude, longitude, height } = position;
  if (!(Math.abs(latitude) <= Math.PI / 2) || !Number.isFinite(longitude) || !Number.isFinite(height)) {
    throw new RangeError(
      `not a geodetic position: latitude ${latitude}, longitude ${longitude}, height ${height}`,
    );
  }
  const e2 = ellipsoid.eccentricitySquared;
  const sin = Math.sin(latitude);
  const n = ellipsoid.semiMajorAxis / Math.sqrt(1 - e2 * sin * sin);
  const p = (n + height) * Math.cos(latitude);
  return [p * Math.cos(longitude), p * Math.sin(longitude), (n * (1 - e2) + height) * sin];
}

/**
 * Cartesian to geodetic coordinates by Bowring's iteration on the reduced latitude, to rounding error from the
 * poles to the equator and from 5000 km below to beyond the Moon.
 *
 * @throws RangeError within 50 km of the geocentre, where geodetic latitude loses its meaning
 */
export function cartesianToGeodetic(
  position: ArrayLike<number>,
  ellipsoid: Ellipsoid = WGS84,
): GeodeticPosition {
  const x = position[0];
  const y = position[1];
  const z = position[2];
  const p = Math.hypot(x, y);
  if (!(Math.hypot(p, z) > 50e3)) throw new RangeError(`no geodetic position for (${x}, ${y}, ${z}) m`);
  const {
    semiMajorAxis: a,
    semiMinorAxis: b,
    eccentricitySquared: e2,
    secondEccentricitySquared,
  } = ellipsoid;
  let latitude = Math.atan2(z * a, p * b);
  let reduced = latitude;
  for (let i = 0; i < 12; i++) {
    const sin = Math.sin(reduced);
    const cos = Math.cos(reduced);
    const next = Math.atan2(z + secondEccentricitySquared * b * sin ** 3, p - e2 * a * cos ** 3);
    const change = Math.abs(next - latitude);
    latitude = next;
    if (change < 1e-16) break;
    reduced = Math.atan2(b * Math.sin(latitude), a * Math.cos(latitude));
  }
  const sin = Math.sin(latitude);
  const height = p * Math.cos(latitude) + z * sin - a * Math.sqrt(1 - e2 * sin * sin);
  return { latitude, longitude: Math.atan2(y, x), height };
}
