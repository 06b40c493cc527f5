import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('arguments', () => {
  let la: LinearAlgebra;
  beforeAll(async () => {
    la = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
  });
  afterAll(() => la.close());

  const x = new Float64Array(12);
  const cases: [string, RegExp, (la: LinearAlgebra) => Promise<void>][] = [
    ['negative n', /^n must/, (la) => la.syrk(-1, 2, 1, x, 3, 0, x, 3)],
    ['fractional k', /^k must/, (la) => la.syrk(3, 2.5, 1, x, 3, 0, x, 3)],
    ['lda below n', /^lda must.*at least 3/, (la) => la.syrk(3, 2, 1, x, 2, 0, x, 3)],
    ['ldc of zero', /^ldc must/, (la) => la.syrk(3, 2, 1, x, 3, 0, x, 0)],
    ['a too short', /^a holds 12 numbers; 5×3 .* needs 15/, (la) => la.syrk(3, 5, 1, x, 3, 0, x, 3)],
    ['c too short', /^c holds 12/, (la) => la.syrk(4, 3, 1, x, 4, 0, x, 4)],
    ['alpha NaN', /^alpha must/, (la) => la.syrk(2, 2, Number.NaN, x, 2, 0, x, 2)],
    ['beta infinite', /^beta must/, (la) => la.syrk(2, 2, 1, x, 2, Number.POSITIVE_INFINITY, x, 2)],
    ['m of gemm', /^m must/, (la) => la.gemm(false, false, -2, 2, 2, 1, x, 2, x, 2, 0, x, 2)],
    [
      'lda transposed',
      /^lda must.*at least 4/,
      (la) => la.gemm(true, false, 4, 1, 3, 1, x, 3, x, 1, 0, x, 1),
    ],
    ['b transposed', /^ldb must.*at least 3/, (la) => la.gemm(false, true, 1, 4, 3, 1, x, 3, x, 2, 0, x, 4)],
    ['no array', /^b must be a Float64Array/, (la) => la.trsm(true, 1, 1, x, 1, [1] as never, 1)],
    ['u too short', /^u holds/, (la) => la.trsm(true, 4, 1, x, 4, x, 1)],
    ['nrhs', /^nrhs must/, (la) => la.potrs(2, Number.NaN, x, 2, x, 2)],
    ['b too short', /^b holds/, (la) => la.potrs(3, 5, x, 3, x, 5)],
    ['a of potrf', /^a holds/, (la) => la.potrf(4, x, 4)],
    ['ldu of potri', /^ldu must/, (la) => la.potri(3, x, 2)],
  ];
  it.each(cases)('%s is refused by name', async (_, message, call) => {
    const error = await call(la).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(message);
  });

  it('a last row may end with its last element', async () => {
    const a = new Float64Array([1, 2, 9, 3, 4]);
    const c = new Float64Array(5);
    await la.syrk(2, 2, 1, a, 3, 0, c, 3);
    expect([...c]).toEqual([10, 14, 0, 0, 20]);
  });

  it('nothing to do is done', async () => {
    const empty = new Float64Array(0);
    await la.syrk(0, 5, 1, empty, 1, 0, empty, 1);
    await la.gemm(false, false, 0, 3, 2, 1, empty, 2, x, 3, 0, empty, 3);
    await la.potrf(0, empty, 1);
    await la.potri(0, empty, 1);
    await la.trsm(true, 3, 0, x, 3, empty, 1);
    await la.potrs(0, 3, empty, 1, empty, 3);
  });

  it('thread count and backend are checked', async () => {
    await expect(createLinearAlgebra({ threads: 0 })).rejects.toThrow(RangeError);
    await expect(createLinearAlgebra({ threads: 1.5 })).rejects.toThrow(RangeError);
    await expect(createLinearAlgebra({ backend: 'openblas', openblasPath: '/no/such.so' })).rejects.toThrow(
      /OpenBLAS not loaded from \/no\/such\.so/,
    );
  });

  it('falls back to WebAssembly and says why', async () => {
    const fallback = await createLinearAlgebra({ threads: 1, openblasPath: '/no/such.so' });
    expect(fallback.backend).toBe('wasm');
    expect(fallback.description).toMatch(/^WebAssembly SIMD.*, 1 thread \(OpenBLAS not loaded from/);
    await fallback.close();
  });
});
