/**
 * Dense double-precision linear algebra. Matrices are row-major views: element (i, j) of a matrix with leading
 * dimension `ld` is `data[i * ld + j]`; the view may start anywhere in its buffer. Arrays on SharedArrayBuffers
 * (see `allocate`) are worked on in place by all threads; arrays on ordinary ArrayBuffers are accepted too, large
 * ones being copied to shared memory and back for the time of the call.
 *
 * Calls on one object run one after the other in the order they were made, so a chain of dependent calls needs no
 * `await` in between. Until a call has settled, its arrays must not be touched. An output must not overlap an input.
 * Every routine throws (rejects with) RangeError naming the argument when a dimension, leading dimension or array
 * length does not fit.
 */
export interface LinearAlgebra {
  readonly backend: 'openblas' | 'wasm';
  readonly threads: number;
  /** For people and provenance records, e.g. "OpenBLAS 0.3.21 (Zen), 2 threads". */
  readonly description: string;

  /** `length` zeros on a SharedArrayBuffer. */
  allocate(length: number): Float64Array;

  /**
   * C = beta·C + alpha·AᵀA in the upper triangle of C (n×n); A is k×n. What lies below the diagonal of C is neither
   * read nor written. With beta = 0, C need not hold numbers.
   */
  syrk(
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): Promise<void>;

  /**
   * C = beta·C + alpha·op(A)·op(B); op(A) is m×k, op(B) is k×n, C is m×n. A transposed operand is stored the other way
   * round: A as k×m, B as n×k. With beta = 0, C need not hold numbers.
   */
  gemm(
    transA: boolean,
    transB: boolean,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    b: Float64Array,
    ldb: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): Promise<void>;

  /**
   * Cholesky factorization A = UᵀU; reads the upper triangle of A (n×n) and puts U there. Throws
   * NotPositiveDefiniteError with the row of the failed pivot; the upper triangle of A is then partly overwritten.
   */
  potrf(n: number, a: Float64Array, lda: number): Promise<void>;

  /** Solves op(U)·X = B in place of B (n×nrhs), U upper triangular (n×n); op(U) = Uᵀ if `transU`, else U. */
  trsm(
    transU: boolean,
    n: number,
    nrhs: number,
    u: Float64Array,
    ldu: number,
    b: Float64Array,
    ldb: number,
  ): Promise<void>;

  /** Solves A·X = UᵀU·X = B in place of B (n×nrhs), given the factor U of `potrf`. */
  potrs(n: number, nrhs: number, u: Float64Array, ldu: number, b: Float64Array, ldb: number): Promise<void>;

  /** Inverse of A = UᵀU, given the factor U of `potrf`: its upper triangle takes the place of U. */
  potri(n: number, u: Float64Array, ldu: number): Promise<void>;

  /** Waits for the calls already made, then ends the threads. Later calls throw. */
  close(): Promise<void>;
}

export interface LinearAlgebraOptions {
  /** `auto` (default): OpenBLAS when found, else WebAssembly. `openblas` throws when the library is not found. */
  readonly backend?: 'auto' | 'openblas' | 'wasm';
  /** Default: the processors available to the process. */
  readonly threads?: number;
  /** File of the OpenBLAS library, instead of the variable GRAVITY_OPENBLAS and the usual places. */
  readonly openblasPath?: string;
  /**
   * Which build of the WebAssembly kernels: `auto` (default) takes the fused multiply-add build where the runtime
   * accepts relaxed SIMD. Results differ in the last bits between the two.
   */
  readonly wasmKernels?: 'auto' | 'plain' | 'relaxed';
}

/** The routines as a backend implements them: arguments are checked, calls come one at a time. */
export interface Routines extends Omit<LinearAlgebra, 'allocate' | 'potrf'> {
  /** Row of the failed pivot, or -1. */
  potrf(n: number, a: Float64Array, lda: number): Promise<number>;
}
