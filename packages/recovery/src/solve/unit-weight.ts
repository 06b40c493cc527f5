import type { Constraint } from './constraint.js';
import type { TotalNormals } from './normals-sum.js';
import { SolutionError } from './solution-error.js';

/** Relative rounding of the weighted square sum over some hundred thousand rows. */
const CANCELLATION = 1e-13;

export interface UnitWeight {
  /** A posteriori, of unit weight. */
  readonly sigma0: number;
  /** Share of the data in each coefficient, 1 − K_ii·C_ii. */
  readonly dataContribution: Float64Array;
}

/**
 * σ₀ from the residual squares and the redundancy.
 *
 * @param rightHandSide n + K·offset
 * @param inverseDiagonal of (N + K)⁻¹
 * @throws SolutionError 'no_redundancy'
 */
export function unitWeight(
  total: Omit<TotalNormals, 'matrix'>,
  { diagonal, offset }: Constraint,
  rightHandSide: Float64Array,
  x: Float64Array,
  inverseDiagonal: Float64Array,
): UnitWeight {
  const dataContribution = inverseDiagonal.map((value, i) => 1 - diagonal[i] * value);
  const estimated = dataContribution.reduce((sum, c) => sum + c, 0);
  const redundancy = total.observationCount - total.arcParameterCount - estimated;
  if (!(redundancy > 0)) {
    throw new SolutionError(
      'no_redundancy',
      `${total.observationCount} observations do not outnumber the parameters: add data or lower degree_max`,
    );
  }
  let squareSum = total.weightedSquareSum;
  for (let i = 0; i < x.length; i++) {
    squareSum -= x[i] * rightHandSide[i];
    squareSum += offset[i] ** 2 * diagonal[i];
  }
  // lᵀPl − xᵀn cancels; what is below its rounding says nothing, and zero would claim exactness.
  const sigma0 = Math.sqrt(Math.max(squareSum, CANCELLATION * total.weightedSquareSum) / redundancy);
  return { sigma0, dataContribution };
}
