import type { LinearAlgebra } from '@gravity/linalg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  at,
  candidates,
  changedOutside,
  copyOf,
  dense,
  EPS,
  naiveProduct,
  randomNumbers,
  SIZES,
  strided,
} from './support.js';

/**
 * Largest error in units of its bound. Our sum and the textbook sum of k terms, times alpha, plus beta·C each carry at
 * most (k + 3) roundings of half an EPS of the sum of absolute values (Higham, Accuracy and Stability of Numerical
 * Algorithms, eq. 3.5), in whatever order they add.
 */
function worst(
  result: (i: number, j: number) => number,
  expected: ReturnType<typeof naiveProduct>,
  k: number,
  alpha: number,
  beta: number,
  old: (i: number, j: number) => number,
  first: (i: number) => number,
): number {
  let largest = 0;
  expected.product.forEach((row, i) => {
    for (let j = first(i); j < row.length; j++) {
      const c = beta === 0 ? 0 : beta * old(i, j);
      const bound = (k + 3) * EPS * (Math.abs(alpha) * expected.size[i][j] + Math.abs(c));
      const error = Math.abs(result(i, j) - (alpha * row[j] + c));
      if (!(error <= bound))
        largest = Math.max(largest, bound > 0 ? error / bound : Number.POSITIVE_INFINITY);
    }
  });
  return largest;
}

const SCALARS = [
  [1, 0],
  [1, 1],
  [-1, 1],
  [0.75, -2.5],
  [0, 0.5],
] as const;

describe.each(candidates)('$name', ({ open }) => {
  if (!open) return it.skip('not available here', () => undefined);
  let la: LinearAlgebra;
  beforeAll(async () => {
    la = await open();
  });
  afterAll(() => la.close());

  it.each(SIZES)('syrk of order %i agrees with the textbook sum for every depth', async (n) => {
    for (const [index, k] of SIZES.entries()) {
      const next = randomNumbers(n * 1000 + k);
      const [alpha, beta] = SCALARS[index % SCALARS.length];
      const a = strided(k, n, index % 3, 5, next);
      const c = strided(n, n, (index + 1) % 4, 3, beta === 0 ? () => Number.NaN : next);
      const before = copyOf(c);
      await la.syrk(n, k, alpha, a.data, a.ld, beta, c.data, c.ld);
      const expected = naiveProduct(dense(a, true), dense(a), n);
      const error = worst(
        (i, j) => at(c, i, j),
        expected,
        k,
        alpha,
        beta,
        (i, j) => at(before, i, j),
        (i) => i,
      );
      expect(error, `n=${n} k=${k}`).toBe(0);
      if (beta !== 0) expect(changedOutside(before, c, 'upper'), `n=${n} k=${k}`).toBe(0);
    }
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('gemm with transA=%s, transB=%s agrees with the textbook sum', async (transA, transB) => {
    for (const [index, m] of SIZES.entries()) {
      for (const shift of [1, 4, 8]) {
        const n = SIZES[(index + shift) % SIZES.length];
        const k = SIZES[(index * 3 + shift) % SIZES.length];
        const [alpha, beta] = SCALARS[(index + shift) % SCALARS.length];
        const next = randomNumbers(m * 7 + n * 11 + k);
        const a = transA ? strided(k, m, 2, 1, next) : strided(m, k, 1, 2, next);
        const b = transB ? strided(n, k, 0, 4, next) : strided(k, n, 3, 0, next);
        const c = strided(m, n, index % 3, 3, beta === 0 ? () => Number.NaN : next);
        const before = copyOf(c);
        await la.gemm(transA, transB, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, c.data, c.ld);
        const expected = naiveProduct(dense(a, transA), dense(b, transB), n);
        const error = worst(
          (i, j) => at(c, i, j),
          expected,
          k,
          alpha,
          beta,
          (i, j) => at(before, i, j),
          () => 0,
        );
        expect(error, `m=${m} n=${n} k=${k}`).toBe(0);
        expect(changedOutside(before, c, 'all'), `m=${m} n=${n} k=${k}`).toBe(0);
      }
    }
  });

  it('scales C when the inner dimension is zero, and clears it for beta = 0', async () => {
    const c = strided(3, 3, 1, 0, (i, j) => i * 3 + j);
    const empty = new Float64Array(0);
    await la.gemm(false, false, 3, 3, 0, 1, empty, 1, empty, 3, 2, c.data, c.ld);
    expect(dense(c).map((row) => [...row])).toEqual([
      [0, 2, 4],
      [6, 8, 10],
      [12, 14, 16],
    ]);
    await la.syrk(3, 0, 1, empty, 3, 0, c.data, c.ld);
    expect(dense(c).map((row) => [...row])).toEqual([
      [0, 0, 0],
      [6, 0, 0],
      [12, 14, 0],
    ]);
  });
});
