import type { BlockFilter } from '@gravity/formats';
import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import type { OrderBlock } from './order-blocks.js';

/** The signal that a filter lets pass: variance of a coefficient of degree n is 1/(weight·n^power). */
export interface SignalPowerLaw {
  /** In the units of the normals (1/coefficient²): 1e13 of DDK2, where the normals are scaled like theirs. */
  readonly weight: number;
  /** Default 4. */
  readonly power?: number;
}

type BlockAlgebra = Pick<LinearAlgebra, 'allocate' | 'potrf' | 'potrs' | 'potri'>;

/**
 * A filter of the DDK type: W = (N + α·M)⁻¹·N with M = diag(n^p), block by block. What the normal equations N
 * determine well against a signal of the variance 1/(α·n^p) stays, what they do not is damped, and the correlation of
 * errors between the degrees of an order is undone.
 *
 * @param normals of unregularized coefficients, as 1/variance; blocks may be singular
 * @throws RangeError for a law that is not positive, or blocks that are no normal equations (naming the order)
 * Source: Kusche (2007), J. Geodesy 81, 733–749, eq. 15; block-diagonal form: Kusche et al. (2009), J. Geodesy 83.
 */
export async function buildDecorrelationFilter(
  normals: readonly OrderBlock[],
  { weight, power = 4 }: SignalPowerLaw,
  la: BlockAlgebra,
): Promise<BlockFilter> {
  if (!(weight > 0 && Number.isFinite(weight) && Number.isFinite(power)))
    throw new RangeError(`signal power law ${weight}·n^${power}: a positive weight expected`);
  const blocks: OrderBlock[] = [];
  for (const block of normals) {
    const { degreeFirst, size, matrix } = block;
    const regularized = la.allocate(size * size);
    const filter = la.allocate(size * size);
    regularized.set(matrix);
    filter.set(matrix);
    for (let i = 0; i < size; i++) regularized[i * size + i] += weight * (degreeFirst + i) ** power;
    await factorize(la, block, regularized);
    await la.potrs(size, size, regularized, size, filter, size);
    blocks.push({ ...block, matrix: Float64Array.from(filter) });
  }
  const degreeMin = Math.min(...blocks.map((b) => b.degreeFirst));
  const degreeMax = Math.max(...blocks.map((b) => b.degreeFirst + b.size - 1));
  return {
    description: `W = (N + ${weight.toPrecision(4)} n^${power})^-1 N, block-diagonal`,
    version: '2.1',
    metadata: { Lmax: degreeMax, Lmin: degreeMin, alpha: weight, power },
    readme: [],
    degreeMin,
    degreeMax,
    blocks,
  };
}

/** Normal equations from the error covariance of the coefficients, block by block. @throws RangeError as above */
export async function invertOrderBlocks(
  covariance: readonly OrderBlock[],
  la: BlockAlgebra,
): Promise<OrderBlock[]> {
  const inverse: OrderBlock[] = [];
  for (const block of covariance) {
    const { size } = block;
    const work = la.allocate(size * size);
    work.set(block.matrix);
    await factorize(la, block, work);
    await la.potri(size, work, size);
    const matrix = Float64Array.from(work);
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[j * size + i];
    inverse.push({ ...block, matrix });
  }
  return inverse;
}

async function factorize(la: BlockAlgebra, block: OrderBlock, matrix: Float64Array): Promise<void> {
  try {
    await la.potrf(block.size, matrix, block.size);
  } catch (error) {
    if (!(error instanceof NotPositiveDefiniteError)) throw error;
    const part = block.kind === 0 ? 'C' : 'S';
    throw new RangeError(
      `block ${part} of order ${block.order} is not positive definite (at degree ${block.degreeFirst + error.pivot})`,
    );
  }
}
