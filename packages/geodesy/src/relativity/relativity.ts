import { BODY_GM, EARTH_GM, SPEED_OF_LIGHT } from '../ephemeris/constants.js';

const C2 = SPEED_OF_LIGHT * SPEED_OF_LIGHT;
/** Angular momentum of the Earth per unit of mass, m²/s. IERS Conventions 2010, section 10.3. */
export const EARTH_ANGULAR_MOMENTUM = 9.8e8;

/** What of the relativistic correction is computed; each on by default. */
export interface RelativityOptions {
  readonly schwarzschild?: boolean;
  readonly lenseThirring?: boolean;
  readonly deSitter?: boolean;
  /** GM of the Earth, m³/s²; default that of the IERS Conventions 2010. */
  readonly gm?: number;
  /** Parameters of the post-Newtonian formalism; 1 in general relativity. */
  readonly beta?: number;
  readonly gamma?: number;
}

/**
 * Adds the relativistic correction of the acceleration of a satellite of the Earth to `out`, GCRS, m/s²:
 * Schwarzschild term, Lense–Thirring precession (frame dragging) and de Sitter (geodesic) precession.
 *
 * Source: IERS Conventions 2010, eq. 10.12.
 *
 * @param position of the satellite, GCRS, m
 * @param velocity of the satellite, GCRS, m/s
 * @param sun geocentric position of the Sun, m
 * @param sunVelocity geocentric velocity of the Sun, m/s
 * @param pole unit vector of the Earth's axis of rotation in the GCRS
 */
export function addRelativisticAcceleration(
  position: ArrayLike<number>,
  velocity: ArrayLike<number>,
  sun: ArrayLike<number>,
  sunVelocity: ArrayLike<number>,
  pole: ArrayLike<number>,
  out: Float64Array,
  options: RelativityOptions = {},
): void {
  const { schwarzschild = true, lenseThirring = true, deSitter = true } = options;
  const { gm = EARTH_GM, beta = 1, gamma = 1 } = options;
  const [x, y, z] = [position[0], position[1], position[2]];
  const [vx, vy, vz] = [velocity[0], velocity[1], velocity[2]];
  const r2 = x * x + y * y + z * z;
  const r = Math.sqrt(r2);
  const k = gm / (C2 * r2 * r);
  if (schwarzschild) {
    const v2 = vx * vx + vy * vy + vz * vz;
    const a = k * ((2 * (beta + gamma) * gm) / r - gamma * v2);
    const b = k * 2 * (1 + gamma) * (x * vx + y * vy + z * vz);
    out[0] += a * x + b * vx;
    out[1] += a * y + b * vy;
    out[2] += a * z + b * vz;
  }
  if (lenseThirring) {
    const [jx, jy, jz] = [
      EARTH_ANGULAR_MOMENTUM * pole[0],
      EARTH_ANGULAR_MOMENTUM * pole[1],
      EARTH_ANGULAR_MOMENTUM * pole[2],
    ];
    const a = (1 + gamma) * k;
    const b = (3 * (x * jx + y * jy + z * jz)) / r2;
    out[0] += a * (b * (y * vz - z * vy) + (vy * jz - vz * jy));
    out[1] += a * (b * (z * vx - x * vz) + (vz * jx - vx * jz));
    out[2] += a * (b * (x * vy - y * vx) + (vx * jy - vy * jx));
  }
  if (deSitter) {
    // Earth from the Sun: position −sun, velocity −sunVelocity; the two signs cancel in the vector product.
    const [sx, sy, sz] = [sun[0], sun[1], sun[2]];
    const [ux, uy, uz] = [sunVelocity[0], sunVelocity[1], sunVelocity[2]];
    const s2 = sx * sx + sy * sy + sz * sz;
    const a = (-(1 + 2 * gamma) * BODY_GM.sun) / (C2 * s2 * Math.sqrt(s2));
    const wx = a * (uy * sz - uz * sy);
    const wy = a * (uz * sx - ux * sz);
    const wz = a * (ux * sy - uy * sx);
    out[0] += wy * vz - wz * vy;
    out[1] += wz * vx - wx * vz;
    out[2] += wx * vy - wy * vx;
  }
}
