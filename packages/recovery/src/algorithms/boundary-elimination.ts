import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';

/** Boundary parameters of one short arc, taken out of its rows. */
export interface EliminatedBoundary {
  /** Upper triangular, count² row-major. */
  readonly factor: Float64Array;
  /** Qᵀ times the other columns, count × width. */
  readonly projected: Float64Array;
}

/**
 * Takes the first `count` columns out of the others by an orthonormal basis of them, in place. Without squaring:
 * ranging weighs 10¹⁰ times the positions, to which some combinations of boundary positions are left.
 *
 * @param rows rows × ld, row-major
 * @throws ArcError 'singular_arc' naming the parameter
 */
export async function eliminateBoundary(
  rows: number,
  data: Float64Array,
  ld: number,
  count: number,
  names: readonly string[],
  la: LinearAlgebra,
): Promise<EliminatedBoundary> {
  const columns = Array.from({ length: count }, (_, c) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * ld + c]),
  );
  const factor = new Float64Array(count * count);
  const basis = la.allocate(rows * count);
  columns.forEach((column, c) => {
    const size = Math.sqrt(dot(column, column));
    for (let round = 0; round < 2; round++) {
      for (let k = 0; k < c; k++) {
        const product = dot(columns[k], column);
        factor[k * count + c] += product;
        for (let i = 0; i < rows; i++) column[i] -= product * columns[k][i];
      }
    }
    const rest = Math.sqrt(dot(column, column));
    if (!(rest > 1e-13 * size)) {
      throw new ArcError('singular_arc', `the observations of a short arc do not determine ${names[c]}`);
    }
    factor[c * count + c] = rest;
    for (let i = 0; i < rows; i++) {
      column[i] /= rest;
      basis[i * count + c] = column[i];
    }
  });
  const width = ld - count;
  if (count === 0) return { factor, projected: new Float64Array(0) };
  const projected = la.allocate(count * width);
  const others = data.subarray(count);
  await la.gemm(true, false, count, width, rows, 1, basis, count, others, ld, 0, projected, width);
  await la.gemm(false, false, rows, width, count, -1, basis, count, projected, width, 1, others, ld);
  return { factor, projected };
}

/** Boundary parameters, given those of the next columns (`others`) and the observation in the last one. */
export function boundaryValues(
  { factor, projected }: EliminatedBoundary,
  others: ArrayLike<number>,
): Float64Array {
  const count = Math.round(Math.sqrt(factor.length));
  const width = count > 0 ? projected.length / count : 0;
  const x = new Float64Array(count);
  for (let k = count - 1; k >= 0; k--) {
    x[k] = projected[k * width + width - 1];
    for (let p = 0; p < others.length; p++) x[k] -= projected[k * width + p] * others[p];
    for (let c = k + 1; c < count; c++) x[k] -= factor[k * count + c] * x[c];
    x[k] /= factor[k * count + k];
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
