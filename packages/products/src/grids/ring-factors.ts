import type { DegreeFactors } from '../functionals/functional.js';
import type { LatitudeRing } from './surface.js';

/**
 * Factors per degree at one ring: factor_n·(R/r)^(n+p), with normal gravity of the point where the functional asks.
 * @param out maxDegree + 1 values, overwritten
 */
export function ringFactors(
  functional: DegreeFactors,
  referenceRadius: number,
  ring: LatitudeRing,
  out: Float64Array,
): Float64Array {
  const ratio = referenceRadius / ring.radius;
  let power = ratio ** functional.radialPower;
  if (functional.perNormalGravity) power *= functional.gammaReference / ring.gamma;
  for (let n = 0; n < out.length; n++) {
    out[n] = functional.factors[n] * power;
    power *= ratio;
  }
  return out;
}
