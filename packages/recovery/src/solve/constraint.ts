import {
  type CoefficientOrdering,
  coefficientOrdering,
  type Geopotential,
  triangleIndex,
} from '@gravity/geodesy';
import type { RecoverySetup, Regularization } from '../types.js';
import { SolutionError } from './solution-error.js';

export type SolvedDegrees = Pick<RecoverySetup, 'degreeMin' | 'degreeMax' | 'referenceField'>;

/** The regularization as a diagonal matrix K and the values (prior minus reference) that it pulls towards. */
export interface Constraint {
  readonly ordering: CoefficientOrdering;
  readonly diagonal: Float64Array;
  readonly offset: Float64Array;
}

/**
 * Kaula: K_ii = 1/(kaula/n²)². Tikhonov of order 0 adds tikhonov × mean diagonal of N.
 *
 * @param meanDiagonal of N
 * @throws RangeError for negative parameters; SolutionError 'incompatible_prior'
 */
export function constraintOf(
  setup: SolvedDegrees,
  meanDiagonal: number,
  regularization: Regularization,
  priorField?: Geopotential,
): Constraint {
  for (const [key, value] of Object.entries(regularization)) {
    if (!(value >= 0 && Number.isFinite(value)))
      throw new RangeError(`${key} must be zero or positive, got ${value}`);
  }
  const ordering = coefficientOrdering(setup.degreeMin, setup.degreeMax);
  const n = ordering.count;
  const reference = setup.referenceField;
  const prior = priorField ?? reference;
  if (prior.gm !== reference.gm || prior.radius !== reference.radius) {
    throw new SolutionError('incompatible_prior', 'prior and reference field must share GM and radius');
  }
  const diagonal = new Float64Array(n);
  const offset = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const degree = ordering.degree[i];
    if (regularization.kaula > 0) diagonal[i] += (degree ** 2 / regularization.kaula) ** 2;
    if (regularization.tikhonov > 0) diagonal[i] += regularization.tikhonov * meanDiagonal;
    offset[i] =
      coefficient(prior, ordering.kind[i], degree, ordering.order[i]) -
      coefficient(reference, ordering.kind[i], degree, ordering.order[i]);
  }
  return { ordering, diagonal, offset };
}

function coefficient(field: Geopotential, kind: number, degree: number, order: number): number {
  if (degree > field.maxDegree) return 0;
  const i = triangleIndex(degree, order);
  return kind === 0 ? field.c[i] : field.s[i];
}

/** The regularization with its weight multiplied. */
export function scaledRegularization({ kaula, tikhonov }: Regularization, weight: number): Regularization {
  return { kaula: kaula / Math.sqrt(weight), tikhonov: tikhonov * weight };
}

/** Message of normals that have failed in the Cholesky factorization at a pivot. */
export function singularNormals({ kind, degree, order }: CoefficientOrdering, pivot: number): SolutionError {
  return new SolutionError(
    'singular_normals',
    `the data do not determine the field: the normal matrix is singular at ${kind[pivot] ? 'S' : 'C'}(${degree[pivot]},${order[pivot]}). ` +
      'Add days, lower degree_max, or regularize (kaula, tikhonov).',
  );
}
