import { availableParallelism } from 'node:os';
import { checkDiagonal, checkDimension, checkMatrix, checkScalar } from './arguments.js';
import { NotPositiveDefiniteError } from './errors.js';
import { findOpenBlas } from './openblas/library.js';
import { createOpenBlasRoutines } from './openblas/openblas-linear-algebra.js';
import { allocateShared } from './shared-allocation.js';
import type { LinearAlgebra, LinearAlgebraOptions, Routines } from './types.js';
import { createWasmRoutines } from './wasm/wasm-linear-algebra.js';

/**
 * Opens linear algebra on OpenBLAS or WebAssembly. Works on the main thread and within worker threads. Throws
 * RangeError for a bad thread count, and Error when a backend asked for by name cannot be had.
 *
 * For results that do not depend on machine and thread count take `backend: 'wasm', wasmKernels: 'plain'`.
 */
export async function createLinearAlgebra(options: LinearAlgebraOptions = {}): Promise<LinearAlgebra> {
  const threads = options.threads ?? availableParallelism();
  checkDimension('threads', threads, 1);
  const { backend = 'auto', wasmKernels = 'auto', openblasPath } = options;
  if (backend === 'wasm') return guard(createWasmRoutines(threads, wasmKernels));
  const openblas = await findOpenBlas(openblasPath);
  if (typeof openblas !== 'string') return guard(createOpenBlasRoutines(openblas, threads));
  if (backend === 'openblas') throw new Error(openblas);
  return guard(createWasmRoutines(threads, wasmKernels, openblas));
}

/** Adds what both backends share: argument checks, calls one after the other, refusal after close. */
function guard(routines: Routines): LinearAlgebra {
  let last: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  /** The factor is looked at when its turn comes: the call that computes it may still be ahead in the queue. */
  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw new Error('linear algebra is closed');
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  return {
    backend: routines.backend,
    threads: routines.threads,
    description: routines.description,

    allocate(length) {
      checkDimension('length', length);
      return allocateShared(length);
    },

    async syrk(n, k, alpha, a, lda, beta, c, ldc) {
      checkDimension('n', n);
      checkDimension('k', k);
      checkScalar('alpha', alpha);
      checkScalar('beta', beta);
      checkMatrix('a', a, k, n, lda);
      checkMatrix('c', c, n, n, ldc);
      if (n > 0) await enqueue(() => routines.syrk(n, k, alpha, a, lda, beta, c, ldc));
    },

    async gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      checkDimension('m', m);
      checkDimension('n', n);
      checkDimension('k', k);
      checkScalar('alpha', alpha);
      checkScalar('beta', beta);
      checkMatrix('a', a, transA ? k : m, transA ? m : k, lda);
      checkMatrix('b', b, transB ? n : k, transB ? k : n, ldb);
      checkMatrix('c', c, m, n, ldc);
      if (m === 0 || n === 0) return;
      await enqueue(() => routines.gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc));
    },

    async potrf(n, a, lda) {
      checkDimension('n', n);
      checkMatrix('a', a, n, n, lda);
      if (n === 0) return;
      const pivot = await enqueue(() => routines.potrf(n, a, lda));
      if (pivot >= 0) throw new NotPositiveDefiniteError(pivot, n);
    },

    async trsm(transU, n, nrhs, u, ldu, b, ldb) {
      checkDimension('n', n);
      checkDimension('nrhs', nrhs);
      checkMatrix('u', u, n, n, ldu);
      checkMatrix('b', b, n, nrhs, ldb);
      if (n > 0 && nrhs > 0) {
        await enqueue(() => {
          checkDiagonal(n, u, ldu);
          return routines.trsm(transU, n, nrhs, u, ldu, b, ldb);
        });
      }
    },

    async potrs(n, nrhs, u, ldu, b, ldb) {
      checkDimension('n', n);
      checkDimension('nrhs', nrhs);
      checkMatrix('u', u, n, n, ldu);
      checkMatrix('b', b, n, nrhs, ldb);
      if (n > 0 && nrhs > 0) {
        await enqueue(() => {
          checkDiagonal(n, u, ldu);
          return routines.potrs(n, nrhs, u, ldu, b, ldb);
        });
      }
    },

    async potri(n, u, ldu) {
      checkDimension('n', n);
      checkMatrix('u', u, n, n, ldu);
      if (n === 0) return;
      await enqueue(() => {
        checkDiagonal(n, u, ldu);
        return routines.potri(n, u, ldu);
      });
    },

    close() {
      closed ??= last.then(() => routines.close());
      return closed;
    },
  };
}
