import { type Ellipsoid, WGS84 } from './ellipsoid.js';

/**
 * Normal gravity in m/s²: Somigliana's closed formula on the ellipsoid, continued upward with its exact vertical
 * gradient there (Bruns: −γ(1/M + 1/N) − 2ω²) and the second-order term of a sphere. Error of the continuation:
 * 2 µGal at 2 km, 2 mGal at 50 km.
 *
 * @param latitude geodetic latitude, rad
 * @param height above the ellipsoid, m
 * @see Heiskanen & Moritz 1967, eqs. 2-78, 2-79 and 2-20
 */
export function normalGravity(latitude: number, height = 0, ellipsoid: Ellipsoid = WGS84): number {
  const {
    gravityEquator,
    somiglianaConstant,
    eccentricitySquared: e2,
    semiMajorAxis: a,
    angularVelocity,
  } = ellipsoid;
  const sin2 = Math.sin(latitude) ** 2;
  const w2 = 1 - e2 * sin2;
  const w = Math.sqrt(w2);
  const surface = (gravityEquator * (1 + somiglianaConstant * sin2)) / w;
  const curvature = w / a + (w * w2) / (a * (1 - e2));
  const h = height / a;
  return surface - (surface * curvature + 2 * angularVelocity ** 2) * height + 3 * surface * h * h;
}

/**
 * Fully normalized zonal coefficients C̄_n0 of the normal gravitational field (for GM and a of the ellipsoid),
 * index = degree; odd degrees are zero, C̄_00 = 1.
 *
 * @param maxDegree highest degree; beyond 20 the coefficients are below 1e-30
 * @see Heiskanen & Moritz 1967, eq. 2-92
 */
export function normalZonalCoefficients(maxDegree: number, ellipsoid: Ellipsoid = WGS84): Float64Array {
  if (!Number.isInteger(maxDegree) || maxDegree < 0) {
    throw new RangeError(`maxDegree must be a whole number, not ${maxDegree}`);
  }
  const { eccentricitySquared: e2, j2 } = ellipsoid;
  const out = new Float64Array(maxDegree + 1);
  out[0] = 1;
  for (let degree = 2; degree <= maxDegree; degree += 2) {
    const n = degree / 2;
    const j = ((n % 2 ? 3 : -3) * e2 ** n * (1 - n + (5 * n * j2) / e2)) / ((2 * n + 1) * (2 * n + 3));
    out[degree] = -j / Math.sqrt(2 * degree + 1);
  }
  return out;
}
