import type { LinearAlgebra } from '@gravity/linalg';
import type { DesignLayout } from './design-layout.js';
import type { LeftOut } from './left-out.js';
import type { PositionSet } from './observation-set.js';
import type { PositionBlock } from './position-plan.js';

/** Gathers the position rows of one satellite and turns each block of them into the rows of its functions. */
export class PositionCompressor {
  /** Rows a block can hand on. */
  readonly largest: number;
  /** Three coordinates, each `stride` rows. */
  private readonly rows: Float64Array;
  private readonly left: Float64Array;
  private readonly stride: number;
  private block = 0;
  private filled = 0;

  constructor(
    private readonly blocks: readonly PositionBlock[],
    private readonly set: PositionSet,
    private readonly layout: DesignLayout,
    private readonly la: LinearAlgebra,
    private readonly leftOut: LeftOut,
  ) {
    this.stride = Math.max(...blocks.map(({ first, end }) => end - first));
    const rank = Math.max(...blocks.map((b) => b.rank));
    this.largest = rank + 1;
    this.rows = la.allocate(3 * this.stride * layout.columnCount);
    this.left = la.allocate((rank + 1) * this.stride);
  }

  /** Takes the next row, scaled by the root of its weight. @returns whether the block is complete */
  add(row: Float64Array): boolean {
    const ld = this.layout.columnCount;
    const { first, end } = this.blocks[this.block];
    const epoch = Math.floor(this.filled / 3);
    const start = ((this.filled % 3) * this.stride + epoch) * ld;
    const weight = this.set.weights?.[first + epoch] ?? 1;
    if (weight === 1) this.rows.set(row, start);
    else {
      const root = Math.sqrt(weight);
      for (let c = 0; c < ld; c++) this.rows[start + c] = root * row[c];
    }
    return ++this.filled === 3 * (end - first);
  }

  /**
   * Writes the rows of one coordinate of the complete block, and one more that is scratch, to `out`.
   *
   * @returns rows kept, rows left out and the squares of their observations
   */
  async project(
    coordinate: number,
    out: Float64Array,
  ): Promise<{ readonly kept: number; readonly dropped: number; readonly squares: number }> {
    const ld = this.layout.columnCount;
    const { first, end, rank, basis } = this.blocks[this.block];
    const m = end - first;
    const rows = this.rows.subarray(coordinate * this.stride * ld);
    this.left.set(basis);
    // One row more: the products of all columns with the observations.
    for (let i = 0; i < m; i++) this.left[rank * m + i] = rows[i * ld + ld - 1];
    await this.la.gemm(false, false, rank + 1, ld, m, 1, this.left, m, rows, ld, 0, out, ld);
    const { squares, products } = this.leftOut;
    for (let i = 0; i < m; i++) {
      const row = rows.subarray(i * ld, i * ld + ld);
      for (let c = 0; c < ld; c++) squares[c] += row[c] * row[c];
    }
    for (let i = 0; i < rank; i++) {
      const row = out.subarray(i * ld, i * ld + ld);
      const l = row[ld - 1];
      for (let c = 0; c < ld; c++) {
        squares[c] -= row[c] * row[c];
        products[c] -= l * row[c];
      }
    }
    for (let c = 0; c < ld - 1; c++) products[c] += out[rank * ld + c];
    const whole = out[rank * ld + ld - 1];
    let kept = 0;
    for (let i = 0; i < rank; i++) kept += out[i * ld + ld - 1] ** 2;
    return { kept: rank, dropped: m - rank, squares: whole - kept };
  }

  next(): void {
    this.block++;
    this.filled = 0;
  }
}
