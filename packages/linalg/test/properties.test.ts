import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dense, EPS, hasOpenblas, naiveProduct, randomNumbers, strided } from './support.js';

const size = fc.integer({ min: 1, max: 40 });
const seed = fc.integer({ min: 0, max: 2 ** 31 });

describe('algebra of the WebAssembly backend', () => {
  let la: LinearAlgebra;
  beforeAll(async () => {
    la = await createLinearAlgebra({ backend: 'wasm', threads: 2 });
  });
  afterAll(() => la.close());

  it('small whole numbers multiply exactly', async () => {
    // Products and sums of whole numbers below 2⁵³ are exact, whatever the order.
    const shape = fc.tuple(size, size, size, fc.boolean(), fc.boolean(), seed);
    await fc.assert(
      fc.asyncProperty(shape, async ([m, n, k, transA, transB, start]) => {
        const random = randomNumbers(start);
        const next = () => Math.round(random() * 1000);
        const a = transA ? strided(k, m, 1, 1, next) : strided(m, k, 1, 1, next);
        const b = transB ? strided(n, k, 0, 2, next) : strided(k, n, 0, 2, next);
        const c = strided(m, n, 2, 0, () => Number.NaN);
        await la.gemm(transA, transB, m, n, k, 1, a.data, a.ld, b.data, b.ld, 0, c.data, c.ld);
        expect(dense(c)).toEqual(naiveProduct(dense(a, transA), dense(b, transB), n).product);
      }),
      { numRuns: 200 },
    );
  });

  it('the plain kernels give the bits of the textbook loop', async () => {
    // Every element is summed in the order of the inner index with one rounding per product and per sum: the result
    // is the same on every machine. Sizes beyond one block (240×256), so that block borders are crossed.
    const plain = await createLinearAlgebra({ backend: 'wasm', threads: 2, wasmKernels: 'plain' });
    const next = randomNumbers(99);
    const [m, n, k] = [301, 253, 777];
    const a = strided(m, k, 0, 0, next);
    const b = strided(k, n, 0, 0, next);
    const c = strided(m, n, 0, 0, () => Number.NaN);
    await plain.gemm(false, false, m, n, k, 1, a.data, k, b.data, n, 0, c.data, n);
    expect(dense(c)).toEqual(naiveProduct(dense(a), dense(b), n).product);
    await plain.close();
  });

  it('a sum of normals by parts is the whole: syrk accumulates', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, seed, async (n, k1, k2, start) => {
        const random = randomNumbers(start);
        const a = strided(k1 + k2, n, 0, 0, () => Math.round(random() * 1000));
        const whole = la.allocate(n * n);
        const parts = la.allocate(n * n);
        await la.syrk(n, k1 + k2, 1, a.data, n, 0, whole, n);
        await la.syrk(n, k1, 1, a.data, n, 0, parts, n);
        await la.syrk(n, k2, 1, a.data.subarray(k1 * n), n, 1, parts, n);
        expect(parts).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('solving undoes multiplying', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, fc.boolean(), seed, async (n, nrhs, transU, start) => {
        const next = randomNumbers(start);
        const u = strided(n, n, 0, 0, (i, j) => (j > i ? next() / n : j === i ? 1.5 + next() / 2 : 0));
        const x = strided(n, nrhs, 1, 0, next);
        const b = strided(n, nrhs, 0, 1, next);
        await la.gemm(transU, false, n, nrhs, n, 1, u.data, n, x.data, x.ld, 0, b.data, b.ld);
        await la.trsm(transU, n, nrhs, u.data, n, b.data, b.ld);
        // The condition of such triangles stays below e·2: 50·n·EPS leaves room for it and for both roundings.
        dense(b).forEach((row, i) => {
          row.forEach((value, j) => {
            expect(Math.abs(value - x.data[i * x.ld + j])).toBeLessThan(50 * (n + 3) * EPS);
          });
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe.skipIf(!hasOpenblas)('OpenBLAS and WebAssembly', () => {
  it('agree on normals, factor, solution and inverse', async () => {
    const [one, other] = await Promise.all([
      createLinearAlgebra({ backend: 'wasm', threads: 2 }),
      createLinearAlgebra({ backend: 'openblas', threads: 2 }),
    ]);
    const n = 611;
    const k = 1500;
    const compare = async (la: LinearAlgebra) => {
      const next = randomNumbers(5);
      const a = strided(k, n, 1, 1, next);
      const x = strided(n, 4, 0, 0, next);
      const c = la.allocate(n * n);
      await la.syrk(n, k, 1, a.data, a.ld, 0, c, n);
      const normals = c.slice();
      await la.potrf(n, c, n);
      const factor = c.slice();
      await la.potrs(n, 4, c, n, x.data, x.ld);
      await la.potri(n, c, n);
      return [normals, factor, x.data, c];
    };
    const ours = await compare(one);
    const theirs = await compare(other);
    // Relative to the largest element; condition of these normals (√k+√n)²/(√k-√n)² ≈ 20, so 1e-12 = 20·n·EPS/3.
    ours.forEach((array, index) => {
      const largest = array.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const difference = array.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - theirs[index][i])),
        0,
      );
      expect(largest).toBeGreaterThan(0);
      expect(difference / largest, `result ${index}`).toBeLessThan(1e-12);
    });
    await Promise.all([one.close(), other.close()]);
  });
});
