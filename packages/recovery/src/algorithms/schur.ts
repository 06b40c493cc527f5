import type { LinearAlgebra } from '@gravity/linalg';
import { factorizeLocal, solveLocal } from '../arc/local-solve.js';
import { takeCoefficients } from '../solve/take-coefficients.js';

/** Normals of the coefficients alone, and the other parameters under the fixed field. */
export interface Reduced {
  /** count², upper triangle. */
  readonly matrix: Float64Array;
  readonly rightHandSide: Float64Array;
  readonly weightedSquareSum: number;
  /** Estimates of the leading parameters with the coefficients left at zero. */
  readonly local: Float64Array;
}

/**
 * Eliminates the leading parameters of normals [local | coefficients | l] (upper triangle of [A|l]ᵀ[A|l], overwritten).
 *
 * @throws ArcError 'singular_arc' naming the parameter
 */
export async function eliminateLeading(
  normals: Float64Array,
  ld: number,
  names: readonly string[],
  la: LinearAlgebra,
): Promise<Reduced> {
  const k = names.length;
  const width = ld - k;
  const block = normals.subarray(k * ld + k);
  const local = Float64Array.from({ length: k }, (_, i) => normals[i * ld + ld - 1]);
  if (k > 0) {
    factorizeLocal(k, normals, ld, names);
    solveLocal(k, normals, ld, local);
    const coupling = la.allocate(k * width);
    for (let i = 0; i < k; i++) coupling.set(normals.subarray(i * ld + k, (i + 1) * ld), i * width);
    const factor = la.allocate(k * k);
    for (let i = 0; i < k; i++) factor.set(normals.subarray(i * ld + i, i * ld + k), i * k + i);
    await la.trsm(true, k, width, factor, k, coupling, width);
    await la.syrk(width, k, -1, coupling, width, 1, block, ld);
  }
  return { ...takeCoefficients(normals, ld, k), local };
}
