import { coefficientOrdering, type Geopotential, triangleIndex, triangleSize } from '@gravity/geodesy';
import type { RecoverySetup } from '../types.js';

/** The reference field plus corrections x, with standard deviations from the variances of x. */
export function updatedField(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax' | 'referenceField'>,
  x: Float64Array,
  variances: Float64Array,
  name = `${setup.referenceField.name} + correction`,
): Geopotential {
  const reference = setup.referenceField;
  const { degree, order, kind, count } = coefficientOrdering(setup.degreeMin, setup.degreeMax);
  const maxDegree = Math.max(reference.maxDegree, setup.degreeMax);
  const size = triangleSize(maxDegree);
  const field = {
    c: new Float64Array(size),
    s: new Float64Array(size),
    sigmaC: new Float64Array(size),
    sigmaS: new Float64Array(size),
  };
  field.c.set(reference.c);
  field.s.set(reference.s);
  for (let i = 0; i < count; i++) {
    const k = triangleIndex(degree[i], order[i]);
    const sigma = Math.sqrt(variances[i]);
    if (kind[i] === 0) {
      field.c[k] += x[i];
      field.sigmaC[k] = sigma;
    } else {
      field.s[k] += x[i];
      field.sigmaS[k] = sigma;
    }
  }
  return {
    name,
    gm: reference.gm,
    radius: reference.radius,
    maxDegree,
    tideSystem: reference.tideSystem,
    ...field,
  };
}
