import type { LinearAlgebra } from '@gravity/linalg';

/**
 * Rows C = U⁻ᵀ N_lc with which the arc's own parameters are eliminated: N_cc − CᵀC is what remains.
 *
 * @param normals upper triangle with the Cholesky factor U of the leading `localCount` columns in place
 * @returns localCount × (ld − localCount), shared
 */
export function eliminationRows(
  normals: Float64Array,
  ld: number,
  localCount: number,
  la: LinearAlgebra,
): Float64Array {
  const width = ld - localCount;
  const rows = la.allocate(Math.max(1, localCount * width));
  for (let k = 0; k < localCount; k++) {
    const target = rows.subarray(k * width, (k + 1) * width);
    target.set(normals.subarray(k * ld + localCount, (k + 1) * ld));
    for (let i = 0; i < k; i++) {
      const factor = normals[i * ld + k];
      const row = rows.subarray(i * width, (i + 1) * width);
      for (let j = 0; j < width; j++) target[j] -= factor * row[j];
    }
    const pivot = normals[k * ld + k];
    for (let j = 0; j < width; j++) target[j] /= pivot;
  }
  return rows;
}
