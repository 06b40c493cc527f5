import { collectShared, type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import { ArcError } from '../../errors.js';
import type { RecoverySolution, Regularization } from '../../types.js';
import { constraintOf, type SolvedDegrees, singularNormals } from '../constraint.js';
import { SolutionError } from '../solution-error.js';
import type { SolveOptions } from '../solve.js';
import { unitWeight } from '../unit-weight.js';
import { updatedField } from '../updated-field.js';
import { factorizePanels, panelBuffers } from './factorize-panels.js';
import { invertFactor, squareInverse } from './invert-panels.js';
import { heightOf, type PanelLayout, tileOf } from './panel-layout.js';
import { type PanelNormals, panelDiagonal } from './panel-normals.js';
import type { PanelStore } from './panel-store.js';

/** A solution whose covariance lies in the store in which its normals were. */
export interface PanelSolution extends Omit<RecoverySolution, 'covariance'> {
  readonly covariance: { readonly layout: PanelLayout; readonly store: PanelStore };
}

export interface PanelSolveOptions extends Omit<SolveOptions, 'overwriteNormals'> {
  /** fraction 0…1 of the solution. */
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Solves (N + K) x = n + K (prior − reference) as `solveNormals` does, with four panels in memory. The covariance takes
 * the place of the normals in the store.
 *
 * @throws SolutionError as `solveNormals`; ArcError 'cancelled'; what the store throws. The normals are then lost
 */
export async function solvePanelNormals(
  setup: SolvedDegrees,
  total: PanelNormals,
  regularization: Regularization,
  la: LinearAlgebra,
  options: PanelSolveOptions = {},
): Promise<PanelSolution> {
  const { layout, store, parameterCount: n } = total;
  if (total.arcCount === 0)
    throw new SolutionError('no_redundancy', 'there are no normal equations to solve');
  const diagonal = await panelDiagonal(layout, store, la);
  const mean = diagonal.reduce((sum, value) => sum + value, 0) / n;
  const constraint = constraintOf(setup, mean, regularization, options.priorField);
  const scale = diagonal.map((value, i) => 1 / Math.sqrt(value + constraint.diagonal[i] || 1));
  const rightHandSide = total.rightHandSide.map((v, i) => v + constraint.diagonal[i] * constraint.offset[i]);
  const x = la.allocate(n);
  for (let i = 0; i < n; i++) x[i] = rightHandSide[i] * scale[i];
  collectShared();
  const buffers = panelBuffers(layout, la);
  const rowSums = new Float64Array(n);
  const inverseSums = new Float64Array(n);
  /** Panels are not equal work, but the three passes are alike. */
  const step = (pass: number, message: string) => {
    let done = 0;
    return () => {
      if (options.signal?.aborted) throw new ArcError('cancelled', 'the computation was cancelled');
      options.onProgress?.((pass + ++done / layout.count) / 3, message);
    };
  };
  try {
    await factorizePanels(
      layout,
      store,
      la,
      buffers,
      x,
      (p, tiles) => scalePanel(layout, p, tiles, scale, 1, rowSums, 'before', constraint.diagonal),
      step(0, 'factorization'),
    );
  } catch (error) {
    if (!(error instanceof NotPositiveDefiniteError)) throw error;
    throw singularNormals(constraint.ordering, error.pivot);
  }
  const squares = await invertFactor(layout, store, la, buffers, x, step(1, 'inverse of the factor'));
  for (let i = 0; i < n; i++) x[i] *= scale[i];
  const inverseDiagonal = squares.map((value, i) => value * scale[i] ** 2);
  const { sigma0, dataContribution } = unitWeight(total, constraint, rightHandSide, x, inverseDiagonal);
  await squareInverse(
    layout,
    store,
    la,
    buffers,
    (p, tiles) => scalePanel(layout, p, tiles, scale, sigma0 ** 2, inverseSums, 'after'),
    step(2, 'covariance'),
  );
  const largest = (values: Float64Array) => values.reduce((max, v) => Math.max(max, v), 0);
  return {
    field: updatedField(
      setup,
      x,
      inverseDiagonal.map((value) => value * sigma0 ** 2),
      options.name,
    ),
    covariance: { layout, store },
    parameterCount: n,
    observationCount: total.observationCount,
    sigma0,
    conditionEstimate: largest(rowSums) * largest(inverseSums),
    dataContribution,
  };
}

/**
 * Rows and columns times `scale`, all times `factor`; the sums of absolute values by rows of the symmetric matrix are
 * taken of what the panel is afterwards ('before' its factorization) or was ('after' its inversion).
 */
function scalePanel(
  layout: PanelLayout,
  p: number,
  tiles: Float64Array,
  scale: Float64Array,
  factor: number,
  sums: Float64Array,
  when: 'before' | 'after',
  added?: Float64Array,
): void {
  const { side, count } = layout;
  for (let j = p; j < count; j++) {
    const tile = tileOf(layout, tiles, p, j);
    const width = heightOf(layout, j);
    for (let i = 0; i < heightOf(layout, p); i++) {
      const row = p * side + i;
      for (let k = j === p ? i : 0; k < width; k++) {
        const column = j * side + k;
        const old = tile[i * side + k] + (row === column && added ? added[row] : 0);
        const value = old * scale[row] * scale[column] * factor;
        tile[i * side + k] = value;
        const size = Math.abs(when === 'before' ? value : old);
        sums[row] += size;
        if (column > row) sums[column] += size;
      }
    }
  }
}
