import { coefficientOrdering } from '@gravity/geodesy';
import type { RecoverySetup, RecoverySolution } from '../types.js';

/**
 * Mean share of the data (against the regularization) in the coefficients of every degree, 0…1; index is the degree,
 * NaN below degreeMin. Times 2n+1 it is the number of coefficients of the degree that the data determine.
 */
export function contributionPerDegree(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax'>,
  { dataContribution }: Pick<RecoverySolution, 'dataContribution'>,
): Float64Array {
  const { degree, count } = coefficientOrdering(setup.degreeMin, setup.degreeMax);
  const sums = new Float64Array(setup.degreeMax + 1);
  const counts = new Float64Array(setup.degreeMax + 1);
  for (let i = 0; i < count; i++) {
    sums[degree[i]] += dataContribution[i];
    counts[degree[i]]++;
  }
  return sums.map((sum, n) => sum / counts[n]);
}
