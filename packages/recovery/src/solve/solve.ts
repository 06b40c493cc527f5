import type { Geopotential } from '@gravity/geodesy';
import { collectShared, type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import type { RecoverySetup, RecoverySolution, Regularization } from '../types.js';
import { constraintOf, singularNormals } from './constraint.js';
import { meanDiagonal, type TotalNormals } from './normals-sum.js';
import { SolutionError } from './solution-error.js';
import { scaleAndMirror, scaleUpper } from './symmetric.js';
import { unitWeight } from './unit-weight.js';
import { updatedField } from './updated-field.js';

export { SolutionError } from './solution-error.js';

export interface SolveOptions {
  /** Field the regularization pulls towards; default: the reference field of the setup. Same GM and radius. */
  readonly priorField?: Geopotential;
  readonly name?: string;
  /** The covariance takes the place of the normals, which are lost: no second matrix is needed. Default false. */
  readonly overwriteNormals?: boolean;
}

/** Parameters above which matrices are what fills the memory. */
const LARGE = 2000;

const largest = (values: Float64Array): number => values.reduce((max, v) => Math.max(max, v), 0);

/**
 * Solves (N + K) x = n + K (prior − reference) by Cholesky, with the full covariance.
 *
 * Kaula: K_ii = 1/(kaula/n²)², the degree-wise power law of Kaula (1966). Tikhonov of order 0 adds
 * tikhonov × mean diagonal of N. Standard deviations and covariance are scaled by the a-posteriori σ₀.
 * Memory: the normals and one more matrix, or the normals alone with `overwriteNormals`.
 *
 * @throws SolutionError when the normals are singular or there is no redundancy
 */
export async function solveNormals(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax' | 'referenceField'>,
  total: TotalNormals,
  regularization: Regularization,
  la: LinearAlgebra,
  options: SolveOptions = {},
): Promise<RecoverySolution> {
  const constraint = constraintOf(setup, meanDiagonal(total), regularization, options.priorField);
  const { ordering, diagonal, offset } = constraint;
  if (total.arcCount === 0)
    throw new SolutionError('no_redundancy', 'there are no normal equations to solve');
  const n = ordering.count;
  // Scaling to a unit diagonal: the condition then tells of the geometry, not of the units.
  const scale = Float64Array.from(
    { length: n },
    (_, i) => 1 / Math.sqrt(total.matrix[i * n + i] + diagonal[i] || 1),
  );
  // What the last arc has left would be there all the time.
  if (n > LARGE) collectShared();
  const work = options.overwriteNormals ? total.matrix : la.allocate(n * n);
  const rowSums = scaleUpper(n, total.matrix, diagonal, scale, work);
  try {
    await la.potrf(n, work, n);
  } catch (error) {
    if (!(error instanceof NotPositiveDefiniteError)) throw error;
    throw singularNormals(ordering, error.pivot);
  }
  const x = la.allocate(n);
  const rightHandSide = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rightHandSide[i] = total.rightHandSide[i] + diagonal[i] * offset[i];
    x[i] = rightHandSide[i] * scale[i];
  }
  await la.potrs(n, 1, work, n, x, 1);
  for (let i = 0; i < n; i++) x[i] *= scale[i];
  await la.potri(n, work, n);
  const covariance = work;
  const inverseDiagonal = scale.map((s, i) => covariance[i * n + i] * s * s);
  const { sigma0, dataContribution } = unitWeight(total, constraint, rightHandSide, x, inverseDiagonal);
  const inverseSums = scaleAndMirror(n, covariance, scale, sigma0 * sigma0);
  return {
    field: updatedField(
      setup,
      x,
      inverseDiagonal.map((value) => value * sigma0 * sigma0),
      options.name,
    ),
    covariance,
    parameterCount: n,
    observationCount: total.observationCount,
    sigma0,
    conditionEstimate: largest(rowSums) * largest(inverseSums),
    dataContribution,
  };
}
