import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { IntegralOperator } from './integral-operator.js';

/** Largest element of I − (I − T K) S that is good enough: errors of the partial derivatives of this size. */
const TOLERANCE = 1e-12;
const MAX_REFINEMENTS = 4;

/**
 * S = (I − T K)⁻¹ of a short arc, by the normal equations of I − T K and Newton's iteration S ← S + S (I − (I − T K) S),
 * which takes out what squaring has lost. All of it is products that run at full speed.
 *
 * @param tensor gradients of the forces at the nodes, 9 each, 1/s²
 * @param out (3·nodes)² row-major
 * @throws ArcError 'singular_arc': two positions half a revolution apart do not determine the plane of the orbit
 */
export async function feedbackInverse(
  { nodeCount: m, position: kernel, durationSeconds }: IntegralOperator,
  tensor: Float64Array,
  out: Float64Array,
  la: LinearAlgebra,
): Promise<void> {
  const n = 3 * m;
  const matrix = la.allocate(n * n);
  const normals = la.allocate(n * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      const k = kernel[i * m + j];
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 3; c++) matrix[(3 * i + r) * n + 3 * j + c] = -tensor[9 * i + 3 * r + c] * k;
      }
    }
    for (let r = 0; r < 3; r++) matrix[(3 * i + r) * (n + 1)] += 1;
  }
  const singular = () =>
    new ArcError(
      'singular_arc',
      `two positions ${durationSeconds} s apart do not determine the orbit between them: ` +
        'shortArcSeconds must not be half a revolution',
    );
  await la.syrk(n, n, 1, matrix, n, 0, normals, n);
  try {
    await la.potrf(n, normals, n);
  } catch (error) {
    if (error instanceof NotPositiveDefiniteError) throw singular();
    throw error;
  }
  await la.potri(n, normals, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) normals[i * n + j] = normals[j * n + i];
  await la.gemm(false, true, n, n, n, 1, normals, n, matrix, n, 0, out, n);
  const before = la.allocate(n * n);
  let last = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MAX_REFINEMENTS; round++) {
    normals.fill(0);
    for (let i = 0; i < n; i++) normals[i * (n + 1)] = 1;
    await la.gemm(false, false, n, n, n, -1, matrix, n, out, n, 1, normals, n);
    let error = 0;
    for (let i = 0; i < normals.length; i++) error = Math.max(error, Math.abs(normals[i]));
    if (error < TOLERANCE) return;
    if (!(error < 0.1) || error >= last) break;
    last = error;
    before.set(out);
    await la.gemm(false, false, n, n, n, 1, before, n, normals, n, 1, out, n);
  }
  if (!(last < 1e-9)) throw singular();
}
