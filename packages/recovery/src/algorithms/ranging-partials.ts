import { rangingGeometry } from '../arc/computed-ranging.js';
import type { RangingObservation } from '../types.js';

/**
 * A computed ranging observation and its derivatives by position, velocity and acceleration of the second satellite
 * relative to the first.
 */
export interface RangingPartials {
  computed: number;
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly acceleration: Float64Array;
}

export function emptyRangingPartials(): RangingPartials {
  return {
    computed: 0,
    position: new Float64Array(3),
    velocity: new Float64Array(3),
    acceleration: new Float64Array(3),
  };
}

/**
 * ρ = |d|: ∂/∂d = e. ρ̇ = e·Δv: ∂/∂d = (Δv − ρ̇e)/ρ, ∂/∂Δv = e. ρ̈ = (|Δv|² − ρ̇² + d·Δa)/ρ:
 * ∂/∂d = (Δa − 2ρ̇(Δv − ρ̇e)/ρ − ρ̈e)/ρ, ∂/∂Δv = 2(Δv − ρ̇e)/ρ, ∂/∂Δa = e.
 *
 * @param states six values each; accelerations only where range accelerations are asked for
 */
export function rangingPartials(
  type: RangingObservation,
  [a, b]: readonly Float64Array[],
  [fa, fb]: readonly Float64Array[],
  out: RangingPartials,
): void {
  const d = [0, 1, 2].map((c) => b[c] - a[c]);
  const dv = [3, 4, 5].map((c) => b[c] - a[c]);
  const da = [0, 1, 2].map((c) => fb[c] - fa[c]);
  const { range, rangeRate, rangeAcceleration } = rangingGeometry(d, dv, da);
  for (let c = 0; c < 3; c++) {
    const e = d[c] / range;
    const across = dv[c] - rangeRate * e;
    if (type === 'range') {
      out.position[c] = e;
      out.velocity[c] = 0;
      out.acceleration[c] = 0;
    } else if (type === 'range_rate') {
      out.position[c] = across / range;
      out.velocity[c] = e;
      out.acceleration[c] = 0;
    } else {
      out.position[c] = (da[c] - (2 * rangeRate * across) / range - rangeAcceleration * e) / range;
      out.velocity[c] = (2 * across) / range;
      out.acceleration[c] = e;
    }
  }
  out.computed = type === 'range' ? range : type === 'range_rate' ? rangeRate : rangeAcceleration;
}
