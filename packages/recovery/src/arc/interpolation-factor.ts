import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import { type BandRule, legendreRows } from '../integration/band-rule.js';
import { householder } from '../integration/householder.js';
import type { RangingFilter } from './ranging-filter.js';

/** QR factorization of an interpolation matrix. */
export interface InterpolationFactor {
  readonly rows: number;
  readonly q: number;
  /** rows × q, without any filter. */
  readonly interpolation: Float64Array;
  /** Rows of the factor: min(rows, q). */
  readonly rank: number;
  /** The first of them, which hold what the band has. */
  readonly main: number;
  /** R·B, rank × q. */
  readonly factor: Float64Array;
  /**
   * Qᵀl: `rank` values that belong to the rows of the factor, and behind them what of l no row holds, with the scalar
   * products it has in l.
   */
  readonly reduce: (values: Float64Array) => Float64Array;
}

/** The epochs of a block, as fractions of the interval that its nodes span. */
export interface BlockFractions {
  /** Of the rows ahead of the block that the filter needs. */
  readonly before: readonly number[];
  readonly own: readonly number[];
  /** Row of the series with the first of `own`. */
  readonly first: number;
}

/** Orthogonal factor and triangle of Ψ = QR, from which everything else follows by products. */
interface Orthogonal {
  /** Columns of the R factor. */
  readonly rank: number;
  /** rank × q, upper triangle. */
  readonly triangle: Float64Array;
  /** Qᵀ of rows × columns values; rank × columns. */
  readonly project: (values: Float64Array, columns: number) => Promise<Float64Array>;
  /** Qᵀl and the rest of l; `turn` (rank × rank, or none) is applied to the former. */
  readonly reducer: (turn: Float64Array) => Promise<InterpolationFactor['reduce']>;
}

/** Smallest part of a column of Ψ, relative to the largest, up to which Cholesky factors are exact enough. */
const LEAST_PIVOT = 1e-5;

/** Of a block in a gap. */
const EMPTY: Omit<InterpolationFactor, 'q'> = {
  rows: 0,
  interpolation: new Float64Array(0),
  rank: 0,
  main: 0,
  factor: new Float64Array(0),
  reduce: () => new Float64Array(0),
};

/**
 * Factor of the interpolation of band-limited rows from the nodes of a rule to the epochs of a block. Gaps only take
 * rows away, so a rank below q is no obstacle.
 *
 * @param inner functions of the band alone: rows of the factor begin with those they span
 */
export async function interpolationFactor(
  fractions: BlockFractions,
  rule: BandRule,
  inner: BandRule,
  filter: RangingFilter | undefined,
  la: LinearAlgebra,
): Promise<InterpolationFactor> {
  const { before, own } = fractions;
  const rows = own.length;
  const all = before.length + rows;
  const { q, terms } = rule;
  if (rows === 0) return { ...EMPTY, q };
  const legendre = la.allocate(all * terms);
  legendreRows(terms, [...before, ...own], legendre);
  /** Functions at all epochs: all × count. */
  const functions = async ({ coefficients, terms: own }: BandRule, count: number) => {
    const values = la.allocate(all * count);
    await la.gemm(false, true, all, count, own, 1, legendre, terms, coefficients, own, 0, values, count);
    return values;
  };
  const wide = await functions(rule, q);
  const interpolation = la.allocate(rows * q);
  const lead = before.length * q;
  await la.gemm(false, false, rows, q, q, 1, wide.subarray(lead), q, rule.inverse, q, 0, interpolation, q);
  const filtered = filteredRows(wide, q, fractions, filter, la);
  const outer = (await choleskyFactor(filtered, rows, q, la)) ?? reflections(filtered, rows, q);
  const { rank } = outer;
  // What the functions of the band alone are in the rows of the factor, and their turn to the front.
  const main = Math.min(rank, inner.main);
  const narrow = filteredRows(await functions(inner, main), main, fractions, filter, la);
  const band = await outer.project(narrow, main);
  const turn = la.allocate(rank * rank);
  for (let i = 0; i < rank; i++) turn[i * rank + i] = 1;
  householder(band, rank, main).applyToRows(turn, rank);
  const untied = la.allocate(rank * q);
  await la.gemm(false, false, rank, q, q, 1, outer.triangle, q, rule.inverse, q, 0, untied, q);
  const factor = la.allocate(rank * q);
  await la.gemm(false, false, rank, q, rank, 1, turn, rank, untied, q, 0, factor, q);
  // Kept for other arcs: ordinary memory is given back without help.
  return {
    rows,
    q,
    interpolation: Float64Array.from(interpolation),
    rank,
    main,
    factor: Float64Array.from(factor),
    reduce: await outer.reducer(turn),
  };
}

/** F applied to the functions; rows × count. */
function filteredRows(
  whole: Float64Array,
  count: number,
  { before, own, first }: BlockFractions,
  filter: RangingFilter | undefined,
  la: LinearAlgebra,
): Float64Array {
  const lead = before.length * count;
  const out = la.allocate(own.length * count);
  if (!filter) {
    out.set(whole.subarray(lead));
    return out;
  }
  for (let i = 0; i < own.length; i++) {
    for (let j = 0; j <= filter.reach(first + i); j++) {
      const weight = filter.weight(first + i, j);
      const row = lead + (i - j) * count;
      for (let c = 0; c < count; c++) out[i * count + c] += weight * whole[row + c];
    }
  }
  return out;
}

/**
 * QR by two Cholesky factorizations of the normals (Yamamoto et al. 2015), which are matrix products; the second makes
 * Q orthogonal to rounding. Undefined where gaps leave columns too close to each other.
 */
async function choleskyFactor(
  a: Float64Array,
  rows: number,
  q: number,
  la: LinearAlgebra,
): Promise<Orthogonal | undefined> {
  if (rows < q) return undefined;
  const transposed = la.allocate(q * rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < q; j++) transposed[j * rows + i] = a[i * q + j];
  const first = la.allocate(q * q);
  const second = la.allocate(q * q);
  try {
    await la.syrk(q, rows, 1, a, q, 0, first, q);
    const largest = Math.sqrt(Math.max(...Array.from({ length: q }, (_, i) => first[i * q + i])));
    await la.potrf(q, first, q);
    for (let i = 0; i < q; i++) if (!(first[i * q + i] > LEAST_PIVOT * largest)) return undefined;
    await la.trsm(true, q, rows, first, q, transposed, rows);
    await la.gemm(false, true, q, q, rows, 1, transposed, rows, transposed, rows, 0, second, q);
    await la.potrf(q, second, q);
    await la.trsm(true, q, rows, second, q, transposed, rows);
  } catch (error) {
    if (error instanceof NotPositiveDefiniteError) return undefined;
    throw error;
  }
  for (const u of [first, second]) for (let i = 0; i < q; i++) u.fill(0, i * q, i * q + i);
  const triangle = la.allocate(q * q);
  await la.gemm(false, false, q, q, q, 1, second, q, first, q, 0, triangle, q);
  return {
    rank: q,
    triangle,
    project: async (values, columns) => {
      const out = la.allocate(q * columns);
      await la.gemm(false, false, q, columns, rows, 1, transposed, rows, values, columns, 0, out, columns);
      return out;
    },
    reducer: async (turn) => {
      const turned = la.allocate(q * rows);
      await la.gemm(false, false, q, rows, q, 1, turn, q, transposed, rows, 0, turned, rows);
      const basis = Float64Array.from(turned);
      return (values) => {
        const out = new Float64Array(q + rows);
        out.set(values, q);
        for (let k = 0; k < q; k++) {
          let sum = 0;
          for (let i = 0; i < rows; i++) sum += basis[k * rows + i] * values[i];
          out[k] = sum;
          for (let i = 0; i < rows; i++) out[q + i] -= sum * basis[k * rows + i];
        }
        return out;
      };
    },
  };
}

/** QR by reflections, whatever the rank. */
function reflections(a: Float64Array, rows: number, q: number): Orthogonal {
  const outer = householder(a, rows, q);
  const { rank } = outer;
  return {
    rank,
    triangle: a.subarray(0, rank * q),
    project: async (values, columns) => {
      outer.applyToRows(values, columns);
      return values.subarray(0, rank * columns);
    },
    reducer: async (turn) => {
      const kept = Float64Array.from(turn);
      return (values) => {
        const work = values.slice();
        outer.applyToRows(work, 1);
        const head = work.slice(0, rank);
        for (let i = 0; i < rank; i++) {
          let sum = 0;
          for (let j = 0; j < rank; j++) sum += kept[i * rank + j] * head[j];
          work[i] = sum;
        }
        return work;
      };
    },
  };
}
