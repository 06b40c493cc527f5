import type { LinearAlgebra } from '@gravity/linalg';
import type { RecoverySolution, Regularization } from '../types.js';
import type { SolvedDegrees } from './constraint.js';
import { combineGroups, estimateGroupVariances, type GroupVariances } from './group-variances.js';
import { type LCurve, lCurve } from './l-curve.js';
import type { TotalNormals } from './normals-sum.js';
import { type SolveOptions, solveNormals } from './solve.js';

export interface RegularizedSolution {
  readonly solution: RecoverySolution;
  /** The regularization of the solution, for normals over `dataVariance`. */
  readonly regularization: Regularization;
  /** Variance of unit weight of the observations by which the normals were divided; 1 unless estimated. */
  readonly dataVariance: number;
  readonly variances?: GroupVariances;
  readonly lCurve?: LCurve;
}

/**
 * Solves normals with a regularization whose weight is given, or is found from them: by variance components
 * (observations and regularization as two groups), or at the corner of the L-curve.
 *
 * @throws SolutionError as `solveNormals`, `estimateGroupVariances` and `lCurve`
 */
export async function solveRegularized(
  setup: SolvedDegrees,
  total: TotalNormals,
  regularization: Regularization,
  la: LinearAlgebra,
  options: SolveOptions & { readonly weight: 'given' | 'vce' | 'l_curve' },
): Promise<RegularizedSolution> {
  const { weight, ...solve } = options;
  const prior = options.priorField ? { priorField: options.priorField } : {};
  if (weight === 'given') {
    const solution = await solveNormals(setup, total, regularization, la, solve);
    return { solution, regularization, dataVariance: 1 };
  }
  if (weight === 'l_curve') {
    const curve = await lCurve(setup, total, regularization, la, prior);
    const solution = await solveNormals(setup, total, curve.regularization, la, solve);
    return { solution, regularization: curve.regularization, dataVariance: 1, lCurve: curve };
  }
  const variances = await estimateGroupVariances(setup, [total], regularization, la, prior);
  const dataVariance = variances.groups[0].variance;
  const estimated = variances.regularization?.estimated ?? regularization;
  const weighted = combineGroups([total], [1 / dataVariance], la);
  const solution = await solveNormals(setup, weighted, estimated, la, { ...solve, overwriteNormals: true });
  return { solution, regularization: estimated, dataVariance, variances };
}
