/** What is left of normals [local | coefficients | l] when the local parameters are eliminated. */
export interface CoefficientNormals {
  /** count², its upper triangle; at the beginning of the array given. What lies below the diagonal means nothing. */
  readonly matrix: Float64Array;
  readonly rightHandSide: Float64Array;
  readonly weightedSquareSum: number;
}

/**
 * Moves the block of the coefficients (rows and columns first … ld − 2) of normals with leading dimension ld to the
 * front of their own array: a second matrix of this size would be the largest thing in memory.
 */
export function takeCoefficients(normals: Float64Array, ld: number, first: number): CoefficientNormals {
  const n = ld - first - 1;
  const last = ld - 1;
  const rightHandSide = new Float64Array(n);
  const weightedSquareSum = normals[last * ld + last];
  for (let i = 0; i < n; i++) {
    const row = (first + i) * ld;
    rightHandSide[i] = normals[row + last];
    // Rows move towards the front only, so that none is overwritten before its turn.
    normals.copyWithin(i * n + i, row + first + i, row + last);
  }
  return { matrix: normals.subarray(0, n * n), rightHandSide, weightedSquareSum };
}
