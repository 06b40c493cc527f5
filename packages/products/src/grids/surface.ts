/** Where grid points lie: on a sphere (grid latitudes geocentric) or on an ellipsoid (grid latitudes geodetic). */
export type Surface = SphereSurface | EllipsoidSurface;

export interface SphereSurface {
  readonly kind: 'sphere';
  /** m; default: the reference radius of the field. */
  readonly radius?: number;
}

export interface EllipsoidSurface {
  readonly kind: 'ellipsoid';
  readonly semiMajorAxis: number;
  readonly flattening: number;
  /** Normal gravity at the equator and the poles, m/s² (Somigliana). */
  readonly gammaEquator: number;
  readonly gammaPole: number;
}

/** Geodetic Reference System 1980. Source: Moritz (2000), J. Geodesy 74, 128–133. */
export const GRS80_SURFACE: EllipsoidSurface = {
  kind: 'ellipsoid',
  semiMajorAxis: 6378137,
  flattening: 1 / 298.257222101,
  gammaEquator: 9.7803267715,
  gammaPole: 9.8321863685,
};

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
  const { semiMajorAxis, flattening, gammaEquator, gammaPole } = surface;
  const axisRatio = 1 - flattening;
  const sin = Math.sin(latitude);
  const cos = cosine(latitude);
  // Cartesian coordinates of the point in units of the prime vertical radius.
  const z = axisRatio ** 2 * sin;
  const length = Math.hypot(cos, z);
  const squared = Math.sqrt(cos ** 2 + (axisRatio * sin) ** 2);
  return {
    sin: z / length,
    cos: cos / length,
    radius: (semiMajorAxis / squared) * length,
    // Somigliana: γ = (a γe cos² + b γp sin²) / √(a² cos² + b² sin²).
    gamma: (gammaEquator * cos ** 2 + axisRatio * gammaPole * sin ** 2) / squared,
  };
}

/** Cosine of a latitude, exactly zero at the poles. */
function cosine(latitude: number): number {
  return Math.abs(Math.abs(latitude) - Math.PI / 2) < 1e-15 ? 0 : Math.cos(latitude);
}
