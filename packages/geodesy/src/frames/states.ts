import type { EarthRotation } from '../earth-rotation-types.js';

const R = new Float64Array(9);
const RATE = new Float64Array(9);

/**
 * Position and velocity from the celestial to the terrestrial frame: r′ = R·r, v′ = R·v + Ṙ·r.
 *
 * @param state x, y, z, ẋ, ẏ, ż in m and m/s
 * @param out receives the six values; may be `state` itself
 */
export function celestialToTerrestrial(
  rotation: EarthRotation,
  gpsSeconds: number,
  offsetSeconds: number,
  state: ArrayLike<number>,
  out: Float64Array = new Float64Array(6),
): Float64Array {
  rotation.matrix(gpsSeconds, offsetSeconds, R, RATE);
  const [x, y, z, vx, vy, vz] = [state[0], state[1], state[2], state[3], state[4], state[5]];
  for (let i = 0; i < 3; i++) {
    const [a, b, c] = [R[3 * i], R[3 * i + 1], R[3 * i + 2]];
    out[i] = a * x + b * y + c * z;
    out[3 + i] = a * vx + b * vy + c * vz + (RATE[3 * i] * x + RATE[3 * i + 1] * y + RATE[3 * i + 2] * z);
  }
  return out;
}

/**
 * Position and velocity from the terrestrial to the celestial frame, the inverse of `celestialToTerrestrial`.
 *
 * @param state x, y, z, ẋ, ẏ, ż in m and m/s
 * @param out receives the six values; may be `state` itself
 */
export function terrestrialToCelestial(
  rotation: EarthRotation,
  gpsSeconds: number,
  offsetSeconds: number,
  state: ArrayLike<number>,
  out: Float64Array = new Float64Array(6),
): Float64Array {
  rotation.matrix(gpsSeconds, offsetSeconds, R, RATE);
  const [x, y, z, vx, vy, vz] = [state[0], state[1], state[2], state[3], state[4], state[5]];
  for (let i = 0; i < 3; i++) {
    out[i] = R[i] * x + R[3 + i] * y + R[6 + i] * z;
    // d(Rᵀ)/dt = (dR/dt)ᵀ
    out[3 + i] =
      R[i] * vx + R[3 + i] * vy + R[6 + i] * vz + (RATE[i] * x + RATE[3 + i] * y + RATE[6 + i] * z);
  }
  return out;
}
