import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import { gaussianWeights } from '../functionals/gaussian.js';

/** A field with every degree multiplied by its weight, standard deviations too. @throws RangeError for too few weights */
export function weightDegrees(field: Geopotential, weights: ArrayLike<number>): Geopotential {
  if (weights.length <= field.maxDegree)
    throw new RangeError(`${weights.length} weights for degrees 0 to ${field.maxDegree}`);
  const weighted = (values: Float64Array): Float64Array => {
    const out = values.slice();
    for (let n = 0; n <= field.maxDegree; n++) {
      for (let k = triangleIndex(n, 0); k <= triangleIndex(n, n); k++) out[k] *= weights[n];
    }
    return out;
  };
  return {
    ...field,
    c: weighted(field.c),
    s: weighted(field.s),
    ...(field.sigmaC && { sigmaC: weighted(field.sigmaC) }),
    ...(field.sigmaS && { sigmaS: weighted(field.sigmaS) }),
  };
}

/** Gaussian smoothing of a field; see `gaussianWeights`. @param smoothingRadius half-width on the surface, m */
export function smoothField(field: Geopotential, smoothingRadius: number): Geopotential {
  return weightDegrees(field, gaussianWeights(field.maxDegree, smoothingRadius, field.radius));
}
