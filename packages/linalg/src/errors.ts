/** The matrix given to a Cholesky factorization has a pivot that is zero, negative or not a number. */
export class NotPositiveDefiniteError extends Error {
  /** Zero-based row of the first pivot that failed; the leading block before it is positive definite. */
  readonly pivot: number;

  constructor(pivot: number, order: number) {
    super(`matrix of order ${order} is not positive definite: pivot ${pivot} (counted from 0) failed`);
    this.name = 'NotPositiveDefiniteError';
    this.pivot = pivot;
  }
}
