/** Number of elements of the upper triangle of an n×n matrix. */
export function packedSize(n: number): number {
  return (n * (n + 1)) / 2;
}

/** Place of element (i, j), i ≤ j, of an n×n matrix whose upper triangle is packed row by row. */
export function packedIndex(n: number, i: number, j: number): number {
  return (i * (2 * n - i - 1)) / 2 + j;
}
