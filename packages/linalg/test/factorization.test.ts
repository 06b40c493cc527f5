import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  at,
  candidates,
  changedOutside,
  copyOf,
  dense,
  EPS,
  naiveProduct,
  positiveDefinite,
  randomNumbers,
  SIZES,
  strided,
  symmetric,
  transpose,
  upperOnly,
} from './support.js';

/** Orders around the block size of the kernels too, so that every kind of last block occurs. */
const ORDERS = [...SIZES, 239, 240, 241, 481];

/** Largest |difference| / (factor · size), to be at most 1. */
function relativeTo(
  result: Float64Array[],
  expected: (i: number, j: number) => number,
  size: (i: number, j: number) => number,
  factor: number,
  first: (i: number) => number = () => 0,
): number {
  let largest = 0;
  result.forEach((row, i) => {
    for (let j = first(i); j < row.length; j++) {
      const ratio = Math.abs(row[j] - expected(i, j)) / (factor * size(i, j));
      // Math.max hands on NaN, which no comparison would let pass.
      largest = Math.max(largest, ratio);
    }
  });
  return largest;
}

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k);

describe.each(candidates)('$name', ({ open }) => {
  if (!open) return it.skip('not available here', () => undefined);
  let la: LinearAlgebra;
  beforeAll(async () => {
    la = await open();
  });
  afterAll(() => la.close());

  it.each(ORDERS)('potrf of order %i: UᵀU gives the matrix back', async (n) => {
    const a = positiveDefinite(n, 3, 2, n);
    // NaN below the diagonal would spread if it were read; canaries see writes.
    const u = copyOf(a);
    await la.potrf(n, u.data, u.ld);
    const factor = upperOnly(u);
    const { product, size } = naiveProduct(transpose(factor), factor, n);
    // Backward error of Cholesky, |UᵀU - A| ≤ (n + 1)·u·|Uᵀ||U| (Higham, theorem 10.3), and that of the check.
    const ratio = relativeTo(
      product,
      (i, j) => at(a, i, j),
      (i, j) => size[i][j],
      (n + 3) * EPS,
      (i) => i,
    );
    expect(ratio).toBeLessThanOrEqual(1);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) u.data[i * u.ld + j] = 0;
    const zeroed = copyOf(a);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) zeroed.data[i * u.ld + j] = 0;
    expect(changedOutside(zeroed, u, 'upper')).toBe(0);
  });

  it.each(ORDERS)('trsm with a factor of order %i: op(U)·X gives B back', async (n) => {
    const next = randomNumbers(n);
    const u = strided(n, n, 1, 3, (i, j) => (i === j ? 2 + next() : j > i ? next() / n : Number.NaN));
    const factor = upperOnly(u);
    for (const transposed of [false, true]) {
      for (const nrhs of [1, 3, 8, 65, 300]) {
        const b = strided(n, nrhs, nrhs % 3, 1, next);
        const x = copyOf(b);
        await la.trsm(transposed, n, nrhs, u.data, u.ld, x.data, x.ld);
        const { product, size } = naiveProduct(transposed ? transpose(factor) : factor, dense(x), nrhs);
        // |op(U)·X - B| ≤ n·u·|U||X| (Higham, theorem 8.5) and the rounding of the check.
        const ratio = relativeTo(
          product,
          (i, j) => at(b, i, j),
          (i, j) => size[i][j],
          (n + 3) * EPS,
        );
        expect(ratio, `transposed=${transposed} nrhs=${nrhs}`).toBeLessThanOrEqual(1);
        expect(changedOutside(b, x, 'all')).toBe(0);
      }
    }
  });

  it.each(ORDERS)('potrs and potri of order %i: A·X = B, A·A⁻¹ = 1', async (n) => {
    const a = positiveDefinite(n, 2, 4, n + 1);
    const full = symmetric(a);
    const u = copyOf(a);
    // Calls are queued: no need to wait in between.
    const factored = la.potrf(n, u.data, u.ld);
    const b = strided(n, 5, 1, 0, randomNumbers(n + 2));
    const x = copyOf(b);
    const solved = la.potrs(n, 5, u.data, u.ld, x.data, x.ld);
    const inverted = la.potri(n, u.data, u.ld);
    await Promise.all([factored, solved, inverted]);
    // The matrices are diagonally dominant with a condition below 4, |A||A⁻¹| of a few: 20·n·EPS is generous to the
    // constants of the bounds, and 1e8 times smaller than any mistake.
    const check = naiveProduct(full, dense(x), 5);
    const solveRatio = relativeTo(
      check.product,
      (i, j) => at(b, i, j),
      (i, j) => check.size[i][j] + 1,
      20 * (n + 3) * EPS,
    );
    expect(solveRatio).toBeLessThanOrEqual(1);
    const unit = naiveProduct(full, symmetric(u), n);
    const inverseRatio = relativeTo(
      unit.product,
      (i, j) => (i === j ? 1 : 0),
      () => 1,
      20 * (n + 3) * EPS,
    );
    expect(inverseRatio).toBeLessThanOrEqual(1);
  });

  it('factors the Pascal matrix exactly into binomial coefficients', async () => {
    // A(i,j) = C(i+j, i) = Σ C(i,p)·C(j,p): the factor is U(i,j) = C(j,i). All pivots are 1 and all numbers
    // integers below 2⁵³, so every step is exact.
    const n = 25;
    const a = strided(n, n, 0, 0, (i, j) => binomial(i + j, i));
    await la.potrf(n, a.data, a.ld);
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) expect(at(a, i, j)).toBe(binomial(j, i));
  });

  it('inverts the Hilbert matrix of order 8', async () => {
    // Its inverse is known in integers (Choi, Amer. Math. Monthly 90, 1983): (-1)^(i+j) (i+j-1) C(n+i-1, n-j)
    // C(n+j-1, n-i) C(i+j-2, i-1)², i and j from 1. Condition 1.5e10, so 1e-5 relative to the largest entry.
    const n = 8;
    const a = strided(n, n, 0, 0, (i, j) => 1 / (i + j + 1));
    await la.potrf(n, a.data, a.ld);
    await la.potri(n, a.data, a.ld);
    const exact = (i: number, j: number): number =>
      (-1) ** (i + j) *
      (i + j - 1) *
      binomial(n + i - 1, n - j) *
      binomial(n + j - 1, n - i) *
      binomial(i + j - 2, i - 1) ** 2;
    expect(exact(1, 1)).toBe(64);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) {
        expect(Math.abs(at(a, i, j) - exact(i + 1, j + 1))).toBeLessThan(1e-5 * 4249941696);
      }
    }
  });

  it.each([1, 17, 33, 257, 500])('names the failed pivot of an indefinite matrix of order %i', async (n) => {
    for (const pivot of new Set([0, n >> 1, n - 1])) {
      for (const bad of [-1, 0, Number.NaN]) {
        const a = strided(n, n, 1, 0, (i, j) => (i === j ? (i === pivot ? bad : 1) : 0));
        const error = await la.potrf(n, a.data, a.ld).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(NotPositiveDefiniteError);
        expect((error as NotPositiveDefiniteError).pivot).toBe(pivot);
      }
    }
  });

  it('refuses to solve with a singular factor', async () => {
    const u = strided(3, 3, 0, 0, (i, j) => (j > i || (i === j && i !== 1) ? 1 : 0));
    const b = strided(3, 1, 0, 0, () => 1);
    await expect(la.trsm(false, 3, 1, u.data, 3, b.data, 1)).rejects.toThrow(/u is singular: 0 .* row 1/);
    await expect(la.potrs(3, 1, u.data, 3, b.data, 1)).rejects.toThrow(RangeError);
    await expect(la.potri(3, u.data, 3)).rejects.toThrow(RangeError);
  });
});
