import { createLinearAlgebra, enableRelaxedSimd, type LinearAlgebra } from '@gravity/linalg';

/** Unit roundoff times two: two computations of a sum of k terms differ by at most about k·EPS·Σ|terms|. */
export const EPS = 2 ** -52;
export const SIZES = [1, 2, 3, 5, 17, 64, 65, 129, 257, 500] as const;

/** A backend under test; `open` is undefined where it cannot be had here. */
export interface Candidate {
  readonly name: string;
  readonly open?: () => Promise<LinearAlgebra>;
}

async function openblasAvailable(): Promise<boolean> {
  try {
    await (await createLinearAlgebra({ backend: 'openblas', threads: 1 })).close();
    return true;
  } catch (error) {
    console.warn(`\n*** OpenBLAS TESTS SKIPPED: ${(error as Error).message} ***\n`);
    return false;
  }
}

export const hasRelaxed = enableRelaxedSimd();
if (!hasRelaxed)
  console.warn('\n*** RELAXED SIMD TESTS SKIPPED: the runtime refuses the fused kernels ***\n');
export const hasOpenblas = await openblasAvailable();

export const candidates: readonly Candidate[] = [
  {
    name: 'wasm plain, 1 thread',
    open: () => createLinearAlgebra({ backend: 'wasm', threads: 1, wasmKernels: 'plain' }),
  },
  {
    name: 'wasm plain, 2 threads',
    open: () => createLinearAlgebra({ backend: 'wasm', threads: 2, wasmKernels: 'plain' }),
  },
  {
    name: 'wasm relaxed, 2 threads',
    open: hasRelaxed
      ? () => createLinearAlgebra({ backend: 'wasm', threads: 2, wasmKernels: 'relaxed' })
      : undefined,
  },
  {
    name: 'OpenBLAS, 2 threads',
    open: hasOpenblas ? () => createLinearAlgebra({ backend: 'openblas', threads: 2 }) : undefined,
  },
];

/** Reproducible uniform numbers in (-1, 1): the `mulberry32` generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A view at `offset` of a larger shared array, row padding and surroundings filled with `canary`. */
export interface Strided {
  readonly whole: Float64Array;
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly ld: number;
}

const CANARY = 1.25e77;

export function strided(
  rows: number,
  columns: number,
  padding: number,
  offset: number,
  value: (i: number, j: number) => number,
  shared = true,
): Strided {
  const ld = columns + padding;
  const length = offset + rows * ld + 7;
  const whole = shared
    ? new Float64Array(new SharedArrayBuffer(length * 8))
    : new Float64Array(new ArrayBuffer(length * 8));
  whole.fill(CANARY);
  // Ends with the last element: what comes after is not ours.
  const data = whole.subarray(offset, offset + (rows - 1) * ld + columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * ld + j] = value(i, j);
  return { whole, data, rows, columns, ld };
}

export function copyOf(matrix: Strided): Strided {
  const whole = new Float64Array(new SharedArrayBuffer(matrix.whole.byteLength));
  whole.set(matrix.whole);
  const offset = (matrix.data.byteOffset - matrix.whole.byteOffset) / 8;
  return { ...matrix, whole, data: whole.subarray(offset, offset + matrix.data.length) };
}

/** Number of elements outside the matrix (or outside its upper triangle) that changed between two copies. */
export function changedOutside(before: Strided, after: Strided, part: 'all' | 'upper'): number {
  const offset = (after.data.byteOffset - after.whole.byteOffset) / 8;
  let changed = 0;
  for (let index = 0; index < after.whole.length; index++) {
    if (after.whole[index] === before.whole[index]) continue;
    const i = Math.floor((index - offset) / after.ld);
    const j = index - offset - i * after.ld;
    const inside = i >= 0 && i < after.rows && j < after.columns && (part === 'all' || j >= i);
    if (!inside) changed++;
  }
  return changed;
}

export const at = (matrix: Strided, i: number, j: number): number => matrix.data[i * matrix.ld + j];

/** Dense copy of op(matrix). */
export function dense(matrix: Strided, transposed = false): Float64Array[] {
  const [rows, columns] = transposed ? [matrix.columns, matrix.rows] : [matrix.rows, matrix.columns];
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => (transposed ? at(matrix, j, i) : at(matrix, i, j))),
  );
}

/** Textbook product by rows and the same of the absolute values, which scales the error bound. */
export function naiveProduct(a: Float64Array[], b: Float64Array[], columns: number) {
  const product = a.map(() => new Float64Array(columns));
  const size = a.map(() => new Float64Array(columns));
  a.forEach((row, i) => {
    row.forEach((factor, p) => {
      for (let j = 0; j < columns; j++) {
        product[i][j] += factor * b[p][j];
        size[i][j] += Math.abs(factor * b[p][j]);
      }
    });
  });
  return { product, size };
}

/** Symmetric positive definite: random entries, dominant diagonal, only the upper triangle given. */
export function positiveDefinite(n: number, padding: number, offset: number, seed: number): Strided {
  const next = randomNumbers(seed);
  return strided(n, n, padding, offset, (i, j) => (i === j ? n + next() : j > i ? next() : Number.NaN));
}

/** The full symmetric matrix of an upper triangle. */
export function symmetric(matrix: Strided): Float64Array[] {
  return Array.from({ length: matrix.rows }, (_, i) =>
    Float64Array.from({ length: matrix.rows }, (_, j) => at(matrix, Math.min(i, j), Math.max(i, j))),
  );
}

/** Upper triangle with zeros below. */
export function upperOnly(matrix: Strided): Float64Array[] {
  return Array.from({ length: matrix.rows }, (_, i) =>
    Float64Array.from({ length: matrix.rows }, (_, j) => (j >= i ? at(matrix, i, j) : 0)),
  );
}

export const transpose = (matrix: Float64Array[]): Float64Array[] =>
  Array.from({ length: matrix[0].length }, (_, j) => Float64Array.from(matrix, (row) => row[j]));
