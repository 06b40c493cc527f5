import { stateAt } from '../dynamics/orbit.js';
import type { CompressionBlock } from './compression-plan.js';
import type { RangingSet } from './observation-set.js';
import type { RangingFilter } from './ranging-filter.js';
import type { RangingParameters } from './ranging-parameters.js';
import type { SatelliteModel } from './satellite-model.js';

/**
 * Columns B of ranging parameters that are not band-limited, at the real epochs, beside compressed rows. With
 * P = QR, QᵀB falls in two: its first rows stand beside R·V, the rest meets nothing but itself and the rest of Qᵀl
 * and is reduced by a QR of its own to as many rows as there are columns. Nothing is lost.
 */
export class ExactColumns {
  readonly count: number;
  private readonly raw: Float64Array;
  private readonly filtered: Float64Array;

  constructor(
    models: readonly SatelliteModel[],
    { seconds, sigma }: RangingSet,
    parameters: RangingParameters,
    filter: RangingFilter | undefined,
  ) {
    const n = parameters.count;
    this.count = n;
    this.raw = new Float64Array(seconds.length * n);
    const state = new Float64Array(6);
    seconds.forEach((t, i) => {
      stateAt(models[0].trajectory!, t, state);
      parameters.write(t, state, 1 / sigma, this.raw, i * n);
    });
    this.filtered = this.raw.slice();
    filter?.apply(this.filtered, n);
  }

  /** Rows by which `reduceBlock` can exceed the rank of a block. */
  get extraRows(): number {
    return this.count;
  }

  /**
   * Writes the columns of a block's compressed rows from column `offset` of each, and the rows of the rest behind them
   * (observations in the last column; all else is zero).
   *
   * @param observed Qᵀl of the block
   * @returns number of rows written behind, and what of lᵀl is in no row
   */
  reduceBlock(
    { first, transform }: CompressionBlock,
    observed: Float64Array,
    target: Float64Array,
    ld: number,
    offset: number,
  ): { readonly extra: number; readonly dropped: number } {
    const { rows, rank } = transform;
    const n = this.count;
    const rests: Float64Array[] = [];
    const indices: number[] = [];
    for (let p = 0; p < n; p++) {
      const column = Float64Array.from({ length: rows }, (_, i) => this.filtered[(first + i) * n + p]);
      for (let i = 0; i < rank; i++) target[i * ld + offset + p] = 0;
      if (column.every((v) => v === 0)) continue;
      const reduced = transform.reduce(column);
      for (let i = 0; i < rank; i++) target[i * ld + offset + p] = reduced[i];
      rests.push(reduced.subarray(rank));
      indices.push(p);
    }
    const rest = observed.slice(rank);
    const extra = Math.min(indices.length, rest.length);
    target.fill(0, rank * ld, (rank + extra) * ld);
    rests.slice(0, extra).forEach((column, k) => {
      const row = (rank + k) * ld;
      const size = normalize(column);
      target[row + offset + indices[k]] = size;
      for (let r = k + 1; r < rests.length; r++) {
        target[row + offset + indices[r]] = project(column, rests[r]);
      }
      target[row + ld - 1] = project(column, rest);
    });
    return { extra, dropped: dot(rest, rest) };
  }

  /** Unfiltered columns of a block at the real epochs, for residuals. */
  copyRaw({ first, transform }: CompressionBlock, local: Float64Array, width: number, offset: number): void {
    const n = this.count;
    for (let i = 0; i < transform.rows; i++) {
      local.set(this.raw.subarray((first + i) * n, (first + i + 1) * n), i * width + offset);
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function normalize(column: Float64Array): number {
  const size = Math.sqrt(dot(column, column));
  if (size > 0) for (let i = 0; i < column.length; i++) column[i] /= size;
  return size;
}

/** Takes the part along a unit vector out of another. @returns its length */
function project(unit: Float64Array, other: Float64Array): number {
  const product = dot(unit, other);
  for (let i = 0; i < other.length; i++) other[i] -= product * unit[i];
  return product;
}
