import { instantiate, type Kernels } from './kernels.js';
import { packAcross, packAlong } from './packing.js';

/** Largest tile of C, and the order of the diagonal blocks of the triangular routines. */
export const BLOCK = 256;
/** Depth of a packed block; fixed, because it fixes the order of summation and so the bits of the result. */
const DEPTH = 256;

const AREA = BLOCK * BLOCK * 8;
const A_AT = 65536;
const B_AT = A_AT + AREA;
const C_AT = B_AT + AREA;
const T_AT = C_AT + AREA;
const LD_BYTES = BLOCK * 8;

/** An operand of a product: element (i, p) is `data[at + p * ld + i]`, or `data[at + i * ld + p]` if `along`. */
export interface Operand {
  readonly data: Float64Array;
  readonly at: number;
  readonly ld: number;
  readonly along: boolean;
}

/**
 * One thread's kernels with their small private memory: a tile C (up to 256×256) in which products are summed, and a
 * triangular block T. Matrices themselves never enter that memory, so their size is not bounded by it.
 */
export class TileEngine {
  private readonly kernels: Kernels;
  private readonly packedA: Float64Array;
  private readonly packedB: Float64Array;
  private readonly c: Float64Array;
  private readonly t: Float64Array;

  constructor(module: WebAssembly.Module) {
    this.kernels = instantiate(module);
    const { buffer } = this.kernels.memory;
    const area = (at: number) => new Float64Array(buffer, at, BLOCK * BLOCK);
    this.packedA = area(A_AT);
    this.packedB = area(B_AT);
    this.c = area(C_AT);
    this.t = area(T_AT);
  }

  /** C = 0 for a tile of m rows. */
  clear(m: number): void {
    this.c.fill(0, 0, ((m + 3) & ~3) * BLOCK);
  }

  /** C (m×n) += Σ a(i, p)·b(j, p) over p < k. `upper`: what lies below the diagonal of the tile may be left out. */
  accumulate(m: number, n: number, k: number, a: Operand, b: Operand, upper: boolean): void {
    for (let p = 0; p < k; p += DEPTH) {
      const depth = Math.min(DEPTH, k - p);
      pack(a, m, p, depth, this.packedA);
      pack(b, n, p, depth, this.packedB);
      this.kernels.multiply(A_AT, B_AT, C_AT, LD_BYTES, (m + 3) >> 2, (n + 3) >> 2, depth, upper);
    }
  }

  /** C = sign·matrix (m×n) with zeros up to the next multiple of four rows and columns. */
  load(m: number, n: number, sign: 1 | -1, data: Float64Array, at: number, ld: number): void {
    const { c } = this;
    const rows = (m + 3) & ~3;
    const columns = (n + 3) & ~3;
    for (let i = 0; i < rows; i++) {
      const source = i < m ? data.subarray(at + i * ld, at + i * ld + n) : undefined;
      const to = i * BLOCK;
      if (source) for (let j = 0; j < n; j++) c[to + j] = sign * source[j];
      c.fill(0, to + (source ? n : 0), to + columns);
    }
  }

  /** matrix (m×n) = beta·matrix + alpha·C, whole or on and above the diagonal. */
  store(
    m: number,
    n: number,
    alpha: number,
    beta: number,
    data: Float64Array,
    at: number,
    ld: number,
    upper = false,
  ): void {
    const { c } = this;
    for (let i = 0; i < m; i++) {
      const target = data.subarray(at + i * ld, at + i * ld + n);
      const from = i * BLOCK;
      const first = upper ? i : 0;
      if (beta === 0) for (let j = first; j < n; j++) target[j] = alpha * c[from + j];
      else if (beta === 1) for (let j = first; j < n; j++) target[j] += alpha * c[from + j];
      else for (let j = first; j < n; j++) target[j] = beta * target[j] + alpha * c[from + j];
    }
  }

  /** T = upper triangle of the matrix (m×m). */
  loadTriangle(m: number, data: Float64Array, at: number, ld: number): void {
    for (let i = 0; i < m; i++) {
      this.t.set(data.subarray(at + i * ld + i, at + i * ld + m), i * BLOCK + i);
    }
  }

  /** C = op(T)⁻¹·C, C of m×n, T of m×m. */
  solveTriangle(m: number, n: number, transposed: boolean): void {
    const columns = (n + 3) & ~3;
    if (transposed) this.kernels.solveForward(T_AT, 8, LD_BYTES, C_AT, LD_BYTES, m, columns);
    else this.kernels.solveBackward(T_AT, LD_BYTES, 8, C_AT, LD_BYTES, m, columns);
  }

  /** C = unit matrix of order m. */
  loadIdentity(m: number): void {
    this.clear(m);
    for (let i = 0; i < m; i++) this.c[i * BLOCK + i] = 1;
  }

  /** Cholesky factor of C (m×m) in its upper triangle; returns the failed row or -1. */
  factorize(m: number): number {
    return this.kernels.factorize(C_AT, LD_BYTES, m);
  }
}

function pack(operand: Operand, count: number, p: number, depth: number, target: Float64Array): void {
  const { data, at, ld, along } = operand;
  // A view from the block's first element keeps the indices of the inner loops small whatever the matrix size.
  if (along) packAlong(data.subarray(at + p), ld, count, depth, target);
  else packAcross(data.subarray(at + p * ld), ld, count, depth, target);
}
