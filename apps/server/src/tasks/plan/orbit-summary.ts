import type { StateSeries } from '@gravity/recovery';
import type { OrbitSummary } from './types.js';

/** IERS Conventions (2010), table 1.1 (TCG-compatible value differs in the ninth digit: no matter here). */
const GM = 3.986004418e14;
/** Nominal mean angular velocity of the Earth, rad/s; IERS Conventions (2010), table 1.2. */
const EARTH_ROTATION = 7.292115e-5;

/**
 * Mean semi-major axis, period and inclination of an orbit from its states. Osculating elements, averaged: over a
 * revolution the short-period effects of the flattening (±10 km) cancel, which leaves the period good to 0.1 %.
 * Terrestrial velocities are made inertial with a uniform rotation about z, which is exact enough here.
 *
 * @returns undefined for less than ten states
 */
export function summarizeOrbit(orbit: StateSeries, source: string): OrbitSummary | undefined {
  const n = orbit.gpsSeconds.length;
  if (n < 10) return undefined;
  const rotation = orbit.frame === 'terrestrial' ? EARTH_ROTATION : 0;
  let axis = 0;
  let inclination = 0;
  for (let i = 0; i < n; i++) {
    const [x, y, z] = orbit.position.subarray(3 * i, 3 * i + 3);
    const vx = orbit.velocity[3 * i] - rotation * y;
    const vy = orbit.velocity[3 * i + 1] + rotation * x;
    const vz = orbit.velocity[3 * i + 2];
    axis += 1 / (2 / Math.hypot(x, y, z) - (vx * vx + vy * vy + vz * vz) / GM);
    const [hx, hy, hz] = [y * vz - z * vy, z * vx - x * vz, x * vy - y * vx];
    inclination += Math.acos(hz / Math.hypot(hx, hy, hz));
  }
  const semiMajorAxis = axis / n;
  const periodSeconds = 2 * Math.PI * Math.sqrt(semiMajorAxis ** 3 / GM);
  return { source, semiMajorAxis, periodSeconds, inclination: inclination / n };
}
