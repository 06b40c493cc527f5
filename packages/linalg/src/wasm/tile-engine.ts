import { instantiate, type Kernels } from './kernels.js';

/** Largest tile of C, and the order of the diagonal blocks of the triangular routines. */
export const BLOCK = 240;
/** Depth of a packed block. Sums go on in the tile from block to block: every element is added up in the order of p. */
const DEPTH = 256;

/** Rows and columns of the innermost block of C; BLOCK is a multiple of both. */
const ROWS = 6;
const COLUMNS = 4;

const AREA = BLOCK * DEPTH * 8;
const A_AT = 65536;
const B_AT = A_AT + AREA;
const STAGE_AT = B_AT + AREA;
const C_AT = STAGE_AT + AREA;
const T_AT = C_AT + AREA;
const LD_BYTES = BLOCK * 8;

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** An operand of a product: element (i, p) is `data[at + p * ld + i]`, or `data[at + i * ld + p]` if `along`. */
export interface Operand {
  readonly data: Float64Array;
  readonly at: number;
  readonly ld: number;
  readonly along: boolean;
}

/**
 * One thread's kernels with their small private memory: a tile C (up to 240×240) in which products are summed, and a
 * triangular block T. Matrices themselves never enter that memory, so their size is not bounded by it.
 */
export class TileEngine {
  private readonly kernels: Kernels;
  private readonly stage: Float64Array;
  private readonly c: Float64Array;
  private readonly t: Float64Array;

  constructor(module: WebAssembly.Module) {
    this.kernels = instantiate(module);
    const { buffer } = this.kernels.memory;
    const area = (at: number) => new Float64Array(buffer, at, BLOCK * DEPTH);
    this.stage = area(STAGE_AT);
    this.c = area(C_AT);
    this.t = area(T_AT);
  }

  /** C = 0 for a tile of m rows. */
  clear(m: number): void {
    this.c.fill(0, 0, roundUp(m, ROWS) * BLOCK);
  }

  /** C (m×n) += Σ a(i, p)·b(j, p) over p < k. `upper`: what lies below the diagonal of the tile may be left out. */
  accumulate(m: number, n: number, k: number, a: Operand, b: Operand, upper: boolean): void {
    for (let p = 0; p < k; p += DEPTH) {
      const depth = Math.min(DEPTH, k - p);
      this.pack(a, m, p, depth, ROWS, A_AT);
      this.pack(b, n, p, depth, COLUMNS, B_AT);
      const rowPanels = Math.ceil(m / ROWS);
      const columnPanels = Math.ceil(n / COLUMNS);
      this.kernels.multiply(A_AT, B_AT, C_AT, LD_BYTES, rowPanels, columnPanels, depth, upper);
    }
  }

  /** C = sign·matrix (m×n) with zeros up to whole innermost blocks. */
  load(m: number, n: number, sign: 1 | -1, data: Float64Array, at: number, ld: number): void {
    const { c } = this;
    const rows = roundUp(m, ROWS);
    const columns = roundUp(n, COLUMNS);
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
    const columns = roundUp(n, COLUMNS);
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

  /**
   * Brings a block of an operand into the order in which the kernel reads it. Rows are first copied as they are: long
   * contiguous reads from the big matrix, the scattered ones happen in the cache.
   */
  private pack(
    operand: Operand,
    count: number,
    p: number,
    depth: number,
    width: number,
    target: number,
  ): void {
    const { data, ld, along } = operand;
    const rows = along ? count : depth;
    const length = along ? depth : count;
    let from = operand.at + (along ? p : p * ld);
    for (let row = 0, to = 0; row < rows; row++, to += length, from += ld) {
      this.stage.set(data.subarray(from, from + length), to);
    }
    if (along) this.kernels.packAlong(STAGE_AT, length * 8, count, depth, width, target);
    else this.kernels.packAcross(STAGE_AT, length * 8, count, depth, width, target);
  }
}
