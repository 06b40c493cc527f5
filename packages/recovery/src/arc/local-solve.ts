import { ArcError } from '../errors.js';

/**
 * Cholesky factor (upper, row-major, in place) of a small matrix, n up to a few dozen.
 * The test of each pivot is relative to its own diagonal, so that units of the parameters do not matter.
 *
 * @throws ArcError 'singular_arc' naming the parameter
 */
export function factorizeLocal(n: number, a: Float64Array, lda: number, names: readonly string[]): void {
  for (let k = 0; k < n; k++) {
    const diagonal = a[k * lda + k];
    let pivot = diagonal;
    for (let i = 0; i < k; i++) pivot -= a[i * lda + k] ** 2;
    if (!(pivot > 1e-13 * diagonal)) {
      throw new ArcError(
        'singular_arc',
        `the observations of the arc do not determine ${names[k]}: too few data, or data of one satellite only`,
      );
    }
    const root = Math.sqrt(pivot);
    a[k * lda + k] = root;
    for (let j = k + 1; j < n; j++) {
      let sum = a[k * lda + j];
      for (let i = 0; i < k; i++) sum -= a[i * lda + k] * a[i * lda + j];
      a[k * lda + j] = sum / root;
    }
  }
}

/** Solves UᵀU x = b for one right-hand side, in place. */
export function solveLocal(n: number, u: Float64Array, ldu: number, b: Float64Array): void {
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < k; i++) b[k] -= u[i * ldu + k] * b[i];
    b[k] /= u[k * ldu + k];
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = k + 1; j < n; j++) b[k] -= u[k * ldu + j] * b[j];
    b[k] /= u[k * ldu + k];
  }
}

/** Inverse (n×n row-major) of the matrix whose upper Cholesky factor is given. */
export function inverseLocal(n: number, u: Float64Array, ldu: number): Float64Array {
  // V = U⁻¹, upper; then V·Vᵀ.
  const v = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    v[j * n + j] = 1 / u[j * ldu + j];
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let k = i + 1; k <= j; k++) sum += u[i * ldu + k] * v[k * n + j];
      v[i * n + j] = -sum / u[i * ldu + i];
    }
  }
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = j; k < n; k++) sum += v[i * n + k] * v[j * n + k];
      inverse[i * n + j] = sum;
      inverse[j * n + i] = sum;
    }
  }
  return inverse;
}
