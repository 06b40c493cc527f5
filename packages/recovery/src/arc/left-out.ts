/**
 * What rows that compression leaves out would have added to normal equations. Their products with the observations
 * are added all the same, so that an estimate is that of all rows but for `squares` relative to the normals, of the
 * correction: nothing at the end of iterations.
 */
export interface LeftOut {
  /** aᵀa of every column. */
  readonly squares: Float64Array;
  /** aᵀl of every column. */
  readonly products: Float64Array;
}

export function emptyLeftOut(columnCount: number): LeftOut {
  return { squares: new Float64Array(columnCount), products: new Float64Array(columnCount) };
}
