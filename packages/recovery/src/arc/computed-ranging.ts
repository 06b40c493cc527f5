import { accelerationAt, stateAt } from '../dynamics/orbit.js';
import type { RangingObservation } from '../types.js';
import type { SatelliteModel } from './satellite-model.js';

/** Range and its derivatives between two satellites, with what their partial derivatives need. */
export interface RangingGeometry {
  readonly range: number;
  readonly rangeRate: number;
  readonly rangeAcceleration: number;
}

/** ρ = |d|, ρ̇ = d·Δv/ρ, ρ̈ = (|Δv|² − ρ̇² + d·Δa)/ρ; d, Δv, Δa second minus first. */
export function rangingGeometry(
  d: ArrayLike<number>,
  dv: ArrayLike<number>,
  da: ArrayLike<number>,
): RangingGeometry {
  let square = 0;
  let product = 0;
  let speed = 0;
  let pull = 0;
  for (let c = 0; c < 3; c++) {
    square += d[c] * d[c];
    product += d[c] * dv[c];
    speed += dv[c] * dv[c];
    pull += d[c] * da[c];
  }
  const range = Math.sqrt(square);
  const rangeRate = product / range;
  return { range, rangeRate, rangeAcceleration: (speed - rangeRate * rangeRate + pull) / range };
}

/** The computed observation at seconds of the arc, from the orbits of a pair. */
export function computedRanging(
  type: RangingObservation,
  models: readonly SatelliteModel[],
  seconds: number,
): number {
  const states = [new Float64Array(6), new Float64Array(6)];
  const accelerations = [new Float64Array(3), new Float64Array(3)];
  states.forEach((state, k) => {
    stateAt(models[k].trajectory!, seconds, state);
    if (type === 'range_acceleration') accelerationAt(models[k].trajectory!, seconds, accelerations[k]);
  });
  const [a, b] = states;
  const difference = (offset: number) => [0, 1, 2].map((c) => b[offset + c] - a[offset + c]);
  const geometry = rangingGeometry(
    difference(0),
    difference(3),
    accelerations[1].map((v, c) => v - accelerations[0][c]),
  );
  if (type === 'range') return geometry.range;
  return type === 'range_rate' ? geometry.rangeRate : geometry.rangeAcceleration;
}
