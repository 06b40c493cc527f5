import type { EarthRotation, Geopotential } from '@gravity/geodesy';
import { NodeForces } from './forces.js';
import { createNodeGrid } from './node-grid.js';
import { integrateOrbit, stateAt } from './orbit.js';

/**
 * Gravity-only propagation against time: the same equations with t → −t, the velocity turned round and the Earth
 * turning back.
 *
 * @param state position (m) and velocity (m/s) at `gpsSeconds`, celestial frame
 * @returns the state `seconds` earlier
 */
export function propagateBackward(
  field: Geopotential,
  rotation: EarthRotation,
  gpsSeconds: number,
  state: ArrayLike<number>,
  seconds: number,
): Float64Array {
  const reversed: EarthRotation = {
    spec: rotation.spec,
    matrix(whole, offset, out) {
      const target = gpsSeconds - (whole + offset);
      const floor = Math.floor(target);
      rotation.matrix(floor, target - floor, out);
    },
  };
  const grid = createNodeGrid(0, seconds, field.maxDegree, reversed);
  const turned = Float64Array.from({ length: 6 }, (_, i) => (i < 3 ? state[i] : -state[i]));
  const out = new Float64Array(6);
  stateAt(integrateOrbit(new NodeForces(grid, field), turned), seconds, out);
  for (let i = 3; i < 6; i++) out[i] = -out[i];
  return out;
}
