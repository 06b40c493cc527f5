import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { Regularization } from '../types.js';
import { type Constraint, constraintOf, type SolvedDegrees, scaledRegularization } from './constraint.js';
import { meanDiagonal, type TotalNormals } from './normals-sum.js';
import { RegularizedSystem } from './regularized-system.js';
import { SolutionError } from './solution-error.js';

/** Relative rounding of lᵀPl − 2xᵀn + xᵀNx. */
const CANCELLATION = 1e-13;
/** Variances are sought within this factor of where they began. */
const WIDEST = 1e12;

export interface GroupVariance {
  /** Variance of unit weight: 1 where the stated noise is the real one. Its inverse is the weight of the group. */
  readonly variance: number;
  /** Observations minus what the parameters take of them; for the regularization, the coefficients that the data determine. */
  readonly redundancy: number;
}

export interface GroupVariances {
  readonly groups: readonly GroupVariance[];
  /** Absent without regularization. */
  readonly regularization?: GroupVariance & {
    /** What to solve `combineGroups` of the groups with: Kaula and Tikhonov at their variance. */
    readonly estimated: Regularization;
  };
  readonly iterations: number;
  readonly converged: boolean;
}

export interface GroupVarianceOptions {
  /** Field the regularization pulls towards; default the reference field. */
  readonly priorField?: Geopotential;
  /** Default 50 and 1e-3 (relative change of every variance). */
  readonly maxIterations?: number;
  readonly tolerance?: number;
}

/**
 * Variance components of groups of observations, and of the regularization as one more group (Koch & Kusche 2002):
 * σ²_g = vᵀPv / r_g with r_g = n_g − tr(N_g M⁻¹)/σ²_g, traces exact, iterated. The variance of the regularization is
 * the regularization parameter. One Cholesky factorization and inverse per iteration.
 *
 * @param groups about the same reference field, all coefficients of the setup (zero where a group says nothing)
 * @throws SolutionError 'singular_normals', 'no_redundancy' when a group has no more observations than it determines
 *   parameters, 'incompatible_prior'
 */
export async function estimateGroupVariances(
  setup: SolvedDegrees,
  groups: readonly TotalNormals[],
  regularization: Regularization,
  la: LinearAlgebra,
  options: GroupVarianceOptions = {},
): Promise<GroupVariances> {
  if (groups.length === 0)
    throw new SolutionError('no_redundancy', 'there are no normal equations to weight');
  const { priorField, maxIterations = 50, tolerance = 1e-3 } = options;
  // Tikhonov is in units of the normals: of the sum as it is stated.
  const stated = meanDiagonalOf(
    groups,
    groups.map(() => 1),
  );
  const constraint = constraintOf(setup, stated, regularization, priorField);
  const regularized = constraint.diagonal.some((k) => k > 0);
  let variances = groups.map(() => 1);
  let prior = 1;
  for (let iteration = 1; ; iteration++) {
    const step = await componentsOf(groups, variances, constraint, prior, la);
    step.groups.forEach(({ redundancy }, g) => {
      if (redundancy > 0) return;
      throw new SolutionError(
        'no_redundancy',
        `group ${g + 1} of ${groups.length} has no more observations than it determines parameters: its variance cannot be estimated`,
      );
    });
    const next = step.groups.map(({ squares, redundancy }) => squares / redundancy);
    const { squares, redundancy } = step.prior;
    const nextPrior = regularized && redundancy > 0 && squares > 0 ? squares / redundancy : prior;
    const change = Math.max(
      ...next.map((v, g) => Math.abs(Math.log(v / variances[g]))),
      Math.abs(Math.log(nextPrior / prior)),
    );
    variances = next;
    prior = nextPrior;
    const lost = [prior, ...variances].some((v) => !(v > 1 / WIDEST && v < WIDEST));
    if (change >= tolerance && iteration < maxIterations && !lost) continue;
    // What is solved is weighted by the inverse variances, and Tikhonov in units of the mean diagonal it then has.
    const ratio =
      meanDiagonalOf(
        groups,
        variances.map((v) => 1 / v),
      ) / stated;
    const { kaula, tikhonov } = scaledRegularization(regularization, 1 / prior);
    return {
      groups: step.groups.map((g, i) => ({ variance: variances[i], redundancy: g.redundancy })),
      ...(regularized
        ? {
            regularization: { variance: prior, redundancy, estimated: { kaula, tikhonov: tikhonov / ratio } },
          }
        : {}),
      iterations: iteration,
      converged: change < tolerance && !lost,
    };
  }
}

function meanDiagonalOf(groups: readonly TotalNormals[], weights: readonly number[]): number {
  return groups.reduce((sum, group, g) => sum + weights[g] * meanDiagonal(group), 0);
}

/**
 * Σ w·N, Σ w·n and Σ w·lᵀPl of groups about the same field.
 *
 * @throws RangeError for different sizes or weights that are not positive
 */
export function combineGroups(
  groups: readonly TotalNormals[],
  weights: readonly number[],
  la: Pick<LinearAlgebra, 'allocate'>,
): TotalNormals {
  const n = groups[0].parameterCount;
  const matrix = la.allocate(n * n);
  const rightHandSide = new Float64Array(n);
  const sum = { weightedSquareSum: 0, observationCount: 0, arcParameterCount: 0, arcCount: 0 };
  groups.forEach((group, g) => {
    const w = weights[g];
    if (group.parameterCount !== n) {
      throw new RangeError(`normals of ${group.parameterCount} parameters cannot be added to ${n}`);
    }
    if (!(w > 0 && Number.isFinite(w))) throw new RangeError(`weight ${g + 1} must be positive, got ${w}`);
    for (let i = 0; i < n; i++) {
      for (let k = i * n + i; k < (i + 1) * n; k++) matrix[k] += w * group.matrix[k];
      rightHandSide[i] += w * group.rightHandSide[i];
    }
    sum.weightedSquareSum += w * group.weightedSquareSum;
    sum.observationCount += group.observationCount;
    sum.arcParameterCount += group.arcParameterCount;
    sum.arcCount += group.arcCount;
  });
  return { parameterCount: n, matrix, rightHandSide, ...sum };
}

interface Component {
  readonly squares: number;
  readonly redundancy: number;
}

/** Square sums without their variance, and redundancies with it. */
async function componentsOf(
  groups: readonly TotalNormals[],
  variances: readonly number[],
  constraint: Constraint,
  prior: number,
  la: LinearAlgebra,
): Promise<{ readonly groups: readonly Component[]; readonly prior: Component }> {
  const { diagonal, offset, ordering } = constraint;
  const n = ordering.count;
  const weights = variances.map((v) => 1 / v);
  const system = await RegularizedSystem.factorize(groups, weights, constraint, 1 / prior, la);
  const b = Float64Array.from({ length: n }, (_, i) => {
    return groups.reduce((s, g, k) => s + weights[k] * g.rightHandSide[i], (diagonal[i] * offset[i]) / prior);
  });
  const x = await system.solve(b);
  const inverse = await system.inverse();
  const parts = groups.map((group, g) => {
    const { matrix, rightHandSide, weightedSquareSum: squares } = group;
    let form = 0;
    let linear = 0;
    let trace = 0;
    for (let i = 0; i < n; i++) {
      let row = 0.5 * matrix[i * n + i] * x[i];
      let product = 0.5 * matrix[i * n + i] * inverse[i * n + i];
      for (let k = i * n + i + 1, j = i + 1; j < n; j++, k++) {
        row += matrix[k] * x[j];
        product += matrix[k] * inverse[k];
      }
      form += 2 * x[i] * row;
      trace += 2 * product;
      linear += x[i] * rightHandSide[i];
    }
    return {
      squares: Math.max(squares - 2 * linear + form, CANCELLATION * squares),
      redundancy: group.observationCount - group.arcParameterCount - trace / variances[g],
    };
  });
  let squares = 0;
  let redundancy = 0;
  for (let i = 0; i < n; i++) {
    squares += diagonal[i] * (x[i] - offset[i]) ** 2;
    if (diagonal[i] > 0) redundancy += 1 - (diagonal[i] * inverse[i * n + i]) / prior;
  }
  return { groups: parts, prior: { squares, redundancy } };
}
