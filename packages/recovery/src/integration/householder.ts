/** Orthogonal factor Q of a QR factorization, as reflections. */
export interface Reflections {
  readonly rows: number;
  readonly rank: number;
  /** Applies Qᵀ to a rows × columns matrix (row-major), in place. */
  applyToRows(matrix: Float64Array, columns: number): void;
}

/**
 * Householder QR of a rows × columns matrix (row-major), in place: R in its upper triangle, zeros below.
 * A deficient rank is no obstacle.
 */
export function householder(a: Float64Array, rows: number, columns: number): Reflections {
  const rank = Math.min(rows, columns);
  const vectors = Array.from({ length: rank }, (_, k) => new Float64Array(rows - k));
  const betas = new Float64Array(rank);
  const sums = new Float64Array(columns);
  for (let k = 0; k < rank; k++) {
    const vector = vectors[k];
    let norm = 0;
    for (let i = k; i < rows; i++) norm += a[i * columns + k] ** 2;
    norm = Math.sqrt(norm);
    if (norm === 0) continue;
    const head = a[k * columns + k];
    const alpha = head > 0 ? -norm : norm;
    const pivot = head - alpha;
    betas[k] = -pivot / alpha;
    vector[0] = 1;
    for (let i = k + 1; i < rows; i++) vector[i - k] = a[i * columns + k] / pivot;
    // Along rows: that is how the matrix lies in memory.
    sums.fill(0, k);
    for (let i = k; i < rows; i++) {
      const v = vector[i - k];
      for (let j = k; j < columns; j++) sums[j] += v * a[i * columns + j];
    }
    for (let i = k; i < rows; i++) {
      const v = betas[k] * vector[i - k];
      for (let j = k; j < columns; j++) a[i * columns + j] -= v * sums[j];
    }
    a[k * columns + k] = alpha;
    for (let i = k + 1; i < rows; i++) a[i * columns + k] = 0;
  }
  return {
    rows,
    rank,
    applyToRows(matrix, width) {
      const products = new Float64Array(width);
      for (let k = 0; k < rank; k++) {
        const vector = vectors[k];
        products.fill(0);
        for (let i = k; i < rows; i++) {
          const v = vector[i - k];
          for (let j = 0; j < width; j++) products[j] += v * matrix[i * width + j];
        }
        for (let i = k; i < rows; i++) {
          const v = betas[k] * vector[i - k];
          for (let j = 0; j < width; j++) matrix[i * width + j] -= v * products[j];
        }
      }
    },
  };
}
