import type { ArcNormals, RecoverySolution, RegularizedSolution } from '@gravity/recovery';

/** An arc's share without its matrix. */
export type ArcSummary = Omit<
  ArcNormals,
  'matrix' | 'rightHandSide' | 'weightedSquareSum' | 'parameterCount'
>;

/** A solution without its covariance, which stays with the worker. */
export type SolutionSummary = Omit<RecoverySolution, 'covariance'>;

/** A solution and the regularization it has. */
export type SolvedField = Omit<RegularizedSolution, 'solution'> & { readonly solution: SolutionSummary };
