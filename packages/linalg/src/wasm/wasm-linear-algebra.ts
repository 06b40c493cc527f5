import { allocateShared } from '../shared-allocation.js';
import type { Routines } from '../types.js';
import { type KernelBuild, loadKernels } from './kernels.js';
import { FAILED_PIVOT, type Operation } from './operations.js';
import { onSharedMemory } from './shared-memory.js';
import { INLINE_FLOPS, ThreadPool } from './thread-pool.js';
import { BLOCK } from './tile-engine.js';

/** Side of the tiles of C: small enough to give several threads work. Depends on the shape only, never on threads. */
function tileSide(m: number, n: number): number {
  const area = m * n;
  if (area > 1024 * 1024) return BLOCK;
  return area > 256 * 256 ? BLOCK / 2 : BLOCK / 4;
}

/**
 * The routines on WebAssembly SIMD kernels and worker threads. Results are the same to the bit for any number of
 * threads; they differ in the last bits between the plain and the relaxed (fused multiply-add) build. `remark` is added
 * to the description.
 */
export function createWasmRoutines(
  threads: number,
  kernels: 'auto' | KernelBuild,
  remark?: string,
): Routines {
  const { build, module } = loadKernels(kernels);
  const pool = new ThreadPool(module, threads);
  const run = (operation: Operation, flops: number, inline: boolean): Promise<Int32Array> =>
    pool.run(operation, inline || flops < INLINE_FLOPS);

  async function factor(n: number, a: Float64Array, lda: number, inline: boolean): Promise<number> {
    let control = await run({ kind: 'factor', n: Math.min(n, BLOCK), a, lda }, BLOCK ** 3 / 3, inline);
    for (let done = 0; control[FAILED_PIVOT] === 0; done += BLOCK) {
      const rest = n - done - BLOCK;
      if (rest <= 0) return -1;
      const diagonal = a.subarray(done * (lda + 1));
      const panel = diagonal.subarray(BLOCK);
      const strip = rest > 1024 ? BLOCK / 2 : BLOCK / 4;
      await run(
        {
          kind: 'solve',
          transposed: true,
          n: BLOCK,
          nrhs: rest,
          u: diagonal,
          ldu: lda,
          b: panel,
          ldb: lda,
          strip,
        },
        BLOCK * BLOCK * rest,
        inline,
      );
      const operand = { data: panel, at: 0, ld: lda, along: false };
      control = await run(
        {
          kind: 'product',
          m: rest,
          n: rest,
          k: BLOCK,
          alpha: -1,
          a: operand,
          b: operand,
          beta: 1,
          c: diagonal.subarray(BLOCK * (lda + 1)),
          ldc: lda,
          // The first tile is the next diagonal block, factored by whoever updates it while others go on.
          tile: BLOCK,
          upper: true,
          factorAt: done + BLOCK,
        },
        BLOCK * rest * rest,
        inline,
      );
    }
    return control[FAILED_PIVOT] - 1;
  }

  async function invert(n: number, u: Float64Array, ldu: number, inline: boolean): Promise<void> {
    const count = Math.ceil(n / BLOCK);
    const inverses = allocateShared(count * BLOCK * BLOCK);
    const column = allocateShared(count > 1 ? (count - 1) * BLOCK * BLOCK : 0);
    await run({ kind: 'invertDiagonal', n, u, ldu, inverses }, count * BLOCK ** 3, inline);
    for (let block = 1; block < count; block++) {
      const j = block * BLOCK;
      const width = Math.min(BLOCK, n - j);
      for (let i = 0; i < j; i++) column.set(u.subarray(i * ldu + j, i * ldu + j + width), i * BLOCK);
      await run(
        { kind: 'invertColumn', n, u, ldu, inverses, block, column },
        block * block * BLOCK ** 3,
        inline,
      );
    }
    for (let block = 0; block < count; block++) {
      await run(
        { kind: 'squareColumn', n, u, ldu, inverses, block },
        2 * (block + 1) * (count - block) * BLOCK ** 3,
        inline,
      );
    }
  }

  function solve(
    transposed: boolean,
    n: number,
    nrhs: number,
    u: Float64Array,
    ldu: number,
    b: Float64Array,
    ldb: number,
    inline: boolean,
  ): Promise<Int32Array> {
    const strip = nrhs > 1024 ? BLOCK : nrhs > 256 ? BLOCK / 2 : BLOCK / 4;
    return run({ kind: 'solve', transposed, n, nrhs, u, ldu, b, ldb, strip }, n * n * nrhs, inline);
  }

  return {
    backend: 'wasm',
    threads,
    description:
      `WebAssembly SIMD${build === 'relaxed' ? ' with fused multiply-add' : ''}, ` +
      `${threads} thread${threads === 1 ? '' : 's'}` +
      (remark ? ` (${remark})` : ''),

    async syrk(n, k, alpha, a, lda, beta, c, ldc) {
      const inline = n * (n + 1) * k < INLINE_FLOPS;
      await onSharedMemory(
        inline,
        [
          { data: a, rows: k, columns: n, ld: lda },
          { data: c, rows: n, columns: n, ld: ldc, written: 'upper' },
        ],
        async ([a, c]) => {
          const operand = { data: a, at: 0, ld: lda, along: false };
          await run(
            {
              kind: 'product',
              m: n,
              n,
              k: alpha === 0 ? 0 : k,
              alpha,
              a: operand,
              b: operand,
              beta,
              c,
              ldc,
              tile: tileSide(n, n),
              upper: true,
            },
            n * n * (k + 1),
            inline,
          );
        },
      );
    },

    async gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      const inline = 2 * m * n * k < INLINE_FLOPS;
      await onSharedMemory(
        inline,
        [
          { data: a, rows: transA ? k : m, columns: transA ? m : k, ld: lda },
          { data: b, rows: transB ? n : k, columns: transB ? k : n, ld: ldb },
          { data: c, rows: m, columns: n, ld: ldc, written: 'all' },
        ],
        async ([a, b, c]) => {
          await run(
            {
              kind: 'product',
              m,
              n,
              k: alpha === 0 ? 0 : k,
              alpha,
              a: { data: a, at: 0, ld: lda, along: !transA },
              b: { data: b, at: 0, ld: ldb, along: transB },
              beta,
              c,
              ldc,
              tile: tileSide(m, n),
              upper: false,
            },
            2 * m * n * (k + 1),
            inline,
          );
        },
      );
    },

    potrf(n, a, lda) {
      const inline = n ** 3 / 3 < INLINE_FLOPS;
      return onSharedMemory(inline, [{ data: a, rows: n, columns: n, ld: lda, written: 'upper' }], ([a]) =>
        factor(n, a, lda, inline),
      );
    },

    async trsm(transU, n, nrhs, u, ldu, b, ldb) {
      const inline = n * n * nrhs < INLINE_FLOPS;
      await onSharedMemory(
        inline,
        [
          { data: u, rows: n, columns: n, ld: ldu },
          { data: b, rows: n, columns: nrhs, ld: ldb, written: 'all' },
        ],
        ([u, b]) => solve(transU, n, nrhs, u, ldu, b, ldb, inline),
      );
    },

    async potrs(n, nrhs, u, ldu, b, ldb) {
      const inline = 2 * n * n * nrhs < INLINE_FLOPS;
      await onSharedMemory(
        inline,
        [
          { data: u, rows: n, columns: n, ld: ldu },
          { data: b, rows: n, columns: nrhs, ld: ldb, written: 'all' },
        ],
        async ([u, b]) => {
          await solve(true, n, nrhs, u, ldu, b, ldb, inline);
          await solve(false, n, nrhs, u, ldu, b, ldb, inline);
        },
      );
    },

    potri(n, u, ldu) {
      const inline = n ** 3 < INLINE_FLOPS;
      return onSharedMemory(inline, [{ data: u, rows: n, columns: n, ld: ldu, written: 'upper' }], ([u]) =>
        invert(n, u, ldu, inline),
      );
    },

    close: () => pool.close(),
  };
}
