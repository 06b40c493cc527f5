import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcNormals, RecoverySetup } from '../types.js';

/** Sum of the normal equations of many arcs. */
export interface TotalNormals {
  readonly parameterCount: number;
  /** Upper triangle, row-major, parameterCount². */
  readonly matrix: Float64Array;
  readonly rightHandSide: Float64Array;
  weightedSquareSum: number;
  observationCount: number;
  /** Parameters eliminated in the arcs. */
  arcParameterCount: number;
  arcCount: number;
}

export function emptyNormals(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax'>,
  la: Pick<LinearAlgebra, 'allocate'>,
): TotalNormals {
  const n = (setup.degreeMax + 1) ** 2 - setup.degreeMin ** 2;
  return {
    parameterCount: n,
    matrix: la.allocate(n * n),
    rightHandSide: new Float64Array(n),
    weightedSquareSum: 0,
    observationCount: 0,
    arcParameterCount: 0,
    arcCount: 0,
  };
}

/** total += arc. Arcs are to be added in a fixed order: floating-point sums depend on it. */
export function addArcNormals(total: TotalNormals, arc: ArcNormals): void {
  if (arc.parameterCount !== total.parameterCount) {
    throw new RangeError(
      `normals of ${arc.parameterCount} parameters cannot be added to ${total.parameterCount}`,
    );
  }
  const n = total.parameterCount;
  for (let i = 0; i < n; i++) {
    for (let k = i * n + i; k < (i + 1) * n; k++) total.matrix[k] += arc.matrix[k];
    total.rightHandSide[i] += arc.rightHandSide[i];
  }
  total.weightedSquareSum += arc.weightedSquareSum;
  total.observationCount += arc.observationCount;
  total.arcParameterCount += arc.arcParameterCount;
  total.arcCount++;
}

/** Mean of the diagonal of N, the unit of Tikhonov's parameter. */
export function meanDiagonal({ matrix, parameterCount: n }: TotalNormals): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += matrix[i * n + i];
  return sum / n;
}
