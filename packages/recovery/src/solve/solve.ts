import { coefficientOrdering, type Geopotential, triangleIndex, triangleSize } from '@gravity/geodesy';
import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import type { RecoverySetup, RecoverySolution, Regularization } from '../types.js';
import { constraintOf, singularNormals } from './constraint.js';
import { meanDiagonal, type TotalNormals } from './normals-sum.js';
import { SolutionError } from './solution-error.js';
import { scaleAndMirror, scaleUpper } from './symmetric.js';

export { SolutionError } from './solution-error.js';

/** Relative rounding of the weighted square sum over some hundred thousand rows. */
const CANCELLATION = 1e-13;

export interface SolveOptions {
  /** Field the regularization pulls towards; default: the reference field of the setup. Same GM and radius. */
  readonly priorField?: Geopotential;
  readonly name?: string;
  /** The covariance takes the place of the normals, which are lost: no second matrix is needed. Default false. */
  readonly overwriteNormals?: boolean;
}

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
  const {
    ordering,
    diagonal: constraint,
    offset,
  } = constraintOf(setup, meanDiagonal(total), regularization, options.priorField);
  if (total.arcCount === 0)
    throw new SolutionError('no_redundancy', 'there are no normal equations to solve');
  const n = ordering.count;
  const reference = setup.referenceField;
  // Scaling to a unit diagonal: the condition then tells of the geometry, not of the units.
  const scale = Float64Array.from(
    { length: n },
    (_, i) => 1 / Math.sqrt(total.matrix[i * n + i] + constraint[i] || 1),
  );
  const work = options.overwriteNormals ? total.matrix : la.allocate(n * n);
  const rowSums = scaleUpper(n, total.matrix, constraint, scale, work);
  try {
    await la.potrf(n, work, n);
  } catch (error) {
    if (!(error instanceof NotPositiveDefiniteError)) throw error;
    throw singularNormals(ordering, error.pivot);
  }
  const x = la.allocate(n);
  const rightHandSide = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rightHandSide[i] = total.rightHandSide[i] + constraint[i] * offset[i];
    x[i] = rightHandSide[i] * scale[i];
  }
  await la.potrs(n, 1, work, n, x, 1);
  for (let i = 0; i < n; i++) x[i] *= scale[i];
  await la.potri(n, work, n);
  const covariance = work;
  const dataContribution = Float64Array.from(
    { length: n },
    (_, i) => 1 - constraint[i] * covariance[i * n + i] * scale[i] ** 2,
  );
  const estimated = dataContribution.reduce((sum, c) => sum + c, 0);
  const redundancy = total.observationCount - total.arcParameterCount - estimated;
  if (!(redundancy > 0)) {
    throw new SolutionError(
      'no_redundancy',
      `${total.observationCount} observations do not outnumber the parameters: add data or lower degree_max`,
    );
  }
  let squareSum = total.weightedSquareSum;
  for (let i = 0; i < n; i++) {
    squareSum -= x[i] * rightHandSide[i];
    squareSum += offset[i] ** 2 * constraint[i];
  }
  // lᵀPl − xᵀn cancels; what is below its rounding says nothing, and zero would claim exactness.
  const sigma0 = Math.sqrt(Math.max(squareSum, CANCELLATION * total.weightedSquareSum) / redundancy);
  const inverseSums = scaleAndMirror(n, covariance, scale, sigma0 * sigma0);
  return {
    field: updatedField(setup, reference, x, covariance, options.name ?? `${reference.name} + correction`),
    covariance,
    parameterCount: n,
    observationCount: total.observationCount,
    sigma0,
    conditionEstimate: largest(rowSums) * largest(inverseSums),
    dataContribution,
  };
}

function updatedField(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax'>,
  reference: Geopotential,
  x: Float64Array,
  covariance: Float64Array,
  name: string,
): Geopotential {
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
    const sigma = Math.sqrt(covariance[i * count + i]);
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
