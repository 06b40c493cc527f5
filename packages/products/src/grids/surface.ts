import { type Ellipsoid, GRS80, normalGravity } from '@gravity/geodesy';

/** Where grid points lie: on a sphere (grid latitudes geocentric) or on an ellipsoid (grid latitudes geodetic). */
export type Surface = SphereSurface | EllipsoidSurface;

export interface SphereSurface {
  readonly kind: 'sphere';
  /** m; default: the reference radius of the field. */
  readonly radius?: number;
}

export interface EllipsoidSurface {
  readonly kind: 'ellipsoid';
  readonly ellipsoid: Ellipsoid;
}

/** The ellipsoid of the Geodetic Reference System 1980. */
export const GRS80_SURFACE: EllipsoidSurface = { kind: 'ellipsoid', ellipsoid: GRS80 };

/** One ring of equal latitude on the surface. */
export interface LatitudeRing {
  /** Sine and cosine of the geocentric latitude. */
  readonly sin: number;
  readonly cos: number;
  /** Distance from the centre, m. */
  readonly radius: number;
  /** Normal gravity, m/s². */
  readonly gamma: number;
}

/**
 * Geometry of a ring.
 * @param latitude rad; geocentric on a sphere, geodetic on an ellipsoid
 * @param constants GM (m³/s²) and radius (m) of the field
 */
export function latitudeRing(
  surface: Surface,
  latitude: number,
  constants: { readonly gm: number; readonly radius: number },
): LatitudeRing {
  if (surface.kind === 'sphere') {
    const radius = surface.radius ?? constants.radius;
    return { sin: Math.sin(latitude), cos: cosine(latitude), radius, gamma: constants.gm / radius ** 2 };
  }
  const { semiMajorAxis, eccentricitySquared } = surface.ellipsoid;
  const sin = Math.sin(latitude);
  const cos = cosine(latitude);
  // Cartesian coordinates of the point in units of the prime vertical radius of curvature.
  const z = (1 - eccentricitySquared) * sin;
  const length = Math.hypot(cos, z);
  return {
    sin: z / length,
    cos: cos / length,
    radius: (semiMajorAxis / Math.sqrt(1 - eccentricitySquared * sin ** 2)) * length,
    gamma: normalGravity(latitude, 0, surface.ellipsoid),
  };
}

/** Cosine of a latitude, exactly zero at the poles. */
function cosine(latitude: number): number {
  return Math.abs(Math.abs(latitude) - Math.PI / 2) < 1e-15 ? 0 : Math.cos(latitude);
}
