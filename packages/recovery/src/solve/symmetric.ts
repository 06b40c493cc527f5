/** Side of the blocks in which a matrix is mirrored: rows read and columns written stay in the cache together. */
const SIDE = 32;

/**
 * target = (source + diag(d)) with row i and column i multiplied by scale[i]; upper triangles of n×n, which may be one.
 * Returns the sums of absolute values by rows of the whole symmetric matrix.
 */
export function scaleUpper(
  n: number,
  source: Float64Array,
  diagonal: Float64Array,
  scale: Float64Array,
  target: Float64Array,
): Float64Array {
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    const si = scale[i];
    target[row + i] = (source[row + i] + diagonal[i]) * si * si;
    let sum = Math.abs(target[row + i]);
    for (let j = i + 1; j < n; j++) {
      const value = source[row + j] * si * scale[j];
      target[row + j] = value;
      const size = Math.abs(value);
      sum += size;
      sums[j] += size;
    }
    sums[i] += sum;
  }
  return sums;
}

/**
 * Multiplies row and column i of a symmetric matrix, given by its upper triangle, by scale[i], everything by `factor`,
 * and fills the lower triangle. Returns the sums of absolute values by rows, as they were before.
 */
export function scaleAndMirror(
  n: number,
  matrix: Float64Array,
  scale: Float64Array,
  factor: number,
): Float64Array {
  const sums = new Float64Array(n);
  for (let top = 0; top < n; top += SIDE) {
    const bottom = Math.min(n, top + SIDE);
    for (let left = top; left < n; left += SIDE) {
      const right = Math.min(n, left + SIDE);
      for (let i = top; i < bottom; i++) {
        const si = factor * scale[i];
        let sum = 0;
        for (let j = Math.max(i, left); j < right; j++) {
          const value = matrix[i * n + j];
          const size = Math.abs(value);
          sum += size;
          if (j > i) sums[j] += size;
          const scaled = value * si * scale[j];
          matrix[i * n + j] = scaled;
          matrix[j * n + i] = scaled;
        }
        sums[i] += sum;
      }
    }
  }
  return sums;
}
