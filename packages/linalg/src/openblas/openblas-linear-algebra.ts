import type { Routines } from '../types.js';
import type { NativeArgument, NativeRoutine, OpenBlas } from './library.js';

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;
const UPPER = 121;
const NON_UNIT = 131;
const LEFT = 141;
/** The upper triangle by rows is the lower one by columns, which is how LAPACK sees our arrays. */
const LAPACK_UPLO = 'L';

/** Below this many floating-point operations handing over to another thread costs more than waiting. */
const SYNCHRONOUS_FLOPS = 4e6;
const LARGEST_32 = 2 ** 31 - 1;

/**
 * The routines on OpenBLAS. The thread count is one setting of the whole process: objects made in several worker
 * threads with different counts get right results, but not always the count they asked for. Results differ in the last
 * bits between processors, library versions and thread counts; where that matters use the WebAssembly backend.
 */
export function createOpenBlasRoutines(blas: OpenBlas, wanted: number): Routines {
  blas.setThreads(wanted);
  const threads = blas.getThreads();
  const version = /OpenBLAS\s+([\d.]+)/.exec(blas.config)?.[1] ?? '';

  /** Arrays are kept alive by `args` until the call is done. */
  function call(routine: NativeRoutine, flops: number, ...args: NativeArgument[]): Promise<void> {
    // Never another count for small calls: it is the whole process's, and calls of other objects would get it, and
    // with it other bits.
    if (blas.getThreads() !== threads) blas.setThreads(threads);
    if (flops < SYNCHRONOUS_FLOPS) {
      routine(...args);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      routine.async(...args, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** A larger number would be cut to its low bits on the way. */
  function fit(...dimensions: number[]): void {
    for (const dimension of dimensions) {
      if (blas.integerBits === 32 && dimension > LARGEST_32) {
        throw new RangeError(`dimension ${dimension} exceeds the 32-bit integers of this OpenBLAS`);
      }
    }
  }

  async function solve(
    transposed: boolean,
    n: number,
    nrhs: number,
    u: Float64Array,
    ldu: number,
    b: Float64Array,
    ldb: number,
  ): Promise<void> {
    fit(n, nrhs, ldu, ldb);
    const op = transposed ? TRANSPOSE : NO_TRANSPOSE;
    if (nrhs === 1) return call(blas.dtrsv, n * n, ROW_MAJOR, UPPER, op, NON_UNIT, n, u, ldu, b, ldb);
    const flops = n * n * nrhs;
    return call(blas.dtrsm, flops, ROW_MAJOR, LEFT, UPPER, op, NON_UNIT, n, nrhs, 1, u, ldu, b, ldb);
  }

  async function lapack(routine: NativeRoutine, flops: number, n: number, a: Float64Array, lda: number) {
    fit(n, lda);
    const info = blas.integer(0);
    await call(routine, flops, LAPACK_UPLO, blas.integer(n), a, blas.integer(lda), info);
    return Number(info[0]);
  }

  return {
    backend: 'openblas',
    threads,
    description:
      `OpenBLAS ${version} (${blas.core}), ` +
      (blas.openMp ? 'threads by OpenMP' : `${threads} thread${threads === 1 ? '' : 's'}`),

    async syrk(n, k, alpha, a, lda, beta, c, ldc) {
      fit(n, k, lda, ldc);
      await call(blas.dsyrk, n * n * k, ROW_MAJOR, UPPER, TRANSPOSE, n, k, alpha, a, lda, beta, c, ldc);
    },

    async gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      fit(m, n, k, lda, ldb, ldc);
      const opA = transA ? TRANSPOSE : NO_TRANSPOSE;
      const opB = transB ? TRANSPOSE : NO_TRANSPOSE;
      const flops = 2 * m * n * k;
      await call(blas.dgemm, flops, ROW_MAJOR, opA, opB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    },

    async potrf(n, a, lda) {
      const info = await lapack(blas.dpotrf, n ** 3 / 3, n, a, lda);
      if (info > 0) return info - 1;
      if (info < 0) throw new Error(`dpotrf refused its argument ${-info}`);
      // OpenBLAS asks whether a pivot is ≤ 0, which NaN is not.
      for (let i = 0; i < n; i++) if (!Number.isFinite(a[i * lda + i])) return i;
      return -1;
    },

    trsm: solve,

    async potrs(n, nrhs, u, ldu, b, ldb) {
      await solve(true, n, nrhs, u, ldu, b, ldb);
      await solve(false, n, nrhs, u, ldu, b, ldb);
    },

    async potri(n, u, ldu) {
      const info = await lapack(blas.dpotri, (2 * n ** 3) / 3, n, u, ldu);
      if (info !== 0) throw new Error(`dpotri ended with info ${info}`);
    },

    close: () => Promise.resolve(),
  };
}
