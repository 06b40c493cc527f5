import type { LinearAlgebra } from '@gravity/linalg';
import type { CompressionBlock } from './compression-plan.js';
import { computedRanging } from './computed-ranging.js';
import type { RowBatch } from './design.js';
import type { DesignLayout } from './design-layout.js';
import { ExactColumns } from './exact-columns.js';
import { emptyLeftOut, type LeftOut } from './left-out.js';
import type { ObservationSet } from './observation-set.js';
import { PositionCompressor } from './position-compressor.js';
import type { PositionBlock } from './position-plan.js';
import type { RangingFilter } from './ranging-filter.js';
import type { ResidualCollector } from './residuals.js';
import { PROJECTED_ROW, RANGE_RATE_ROW } from './row-writer.js';
import type { SatelliteModel } from './satellite-model.js';

/**
 * Stands between the observation equations, evaluated at the Gauss epochs of the blocks, and their accumulation:
 * turns every block of ranging rows into R·V and Qᵀl, passes position rows on, and measures the truncation at
 * probe epochs in all columns. Parameters that are not smooth are taken at the real epochs.
 */
export class RangeRateCompressor {
  /** What the design is to be evaluated for instead of the real observations. */
  readonly virtual: ObservationSet;
  /** Largest error of an interpolated row in any column, in units of that column's size in the block. */
  truncation = 0;
  /** What the rows left out would add to the normals: squares of each column, and products with the observations. */
  readonly leftOut: readonly [ranging: LeftOut, positions: LeftOut];
  private readonly positions: readonly (PositionCompressor | undefined)[];
  /** Columns of the parameters that are not smooth, if there are any. */
  readonly exact: ExactColumns | undefined;
  /** Observed minus computed over σ at the real epochs, and filtered. */
  private readonly reduced: Float64Array;
  private readonly filtered: Float64Array;
  /** Block and row of every virtual epoch in order: blocks that reach back overlap. */
  private readonly order: readonly { readonly block: number; readonly row: number }[];
  private readonly buffers = new Map<number, { readonly rows: Float64Array; filled: number }>();
  private readonly spare: Float64Array[] = [];
  private readonly largest: number;
  private readonly factor: Float64Array;
  private readonly out: Float64Array;
  private readonly outKind: Uint8Array;
  private readonly capacity: number;
  private outRows = 0;
  private next = 0;

  constructor(
    private readonly blocks: readonly CompressionBlock[],
    models: readonly SatelliteModel[],
    observations: ObservationSet,
    filter: RangingFilter | undefined,
    private readonly layout: DesignLayout,
    private readonly la: LinearAlgebra,
    private readonly collector: ResidualCollector,
    private readonly consume: (batch: RowBatch) => Promise<void>,
    /** Only the rows that hold what the band has. */
    private readonly tight: boolean,
    /** Blocks of the positions by satellite, where they are projected. */
    positionBlocks: readonly (readonly PositionBlock[] | undefined)[],
  ) {
    this.leftOut = [emptyLeftOut(layout.columnCount), emptyLeftOut(layout.columnCount)];
    this.positions = positionBlocks.map(
      (own, k) => own && new PositionCompressor(own, observations.positions[k], layout, la, this.leftOut[1]),
    );
    const { parameters, weights: _, ...set } = observations.rangeRate;
    const epochs = blocks
      .flatMap((b, block) => Array.from(b.seconds, (t, row) => ({ t, block, row })))
      .sort((a, b) => a.t - b.t);
    this.order = epochs;
    const seconds = Float64Array.from(epochs, ({ t }) => t);
    this.virtual = {
      positions: observations.positions,
      rangeRate: { ...set, seconds, value: new Float64Array(seconds.length) },
    };
    this.reduced = reducedRanging(models, observations.rangeRate);
    this.filtered = this.reduced.slice();
    filter?.apply(this.filtered, 1);
    if (parameters) this.exact = new ExactColumns(models, observations.rangeRate, parameters, filter);
    this.largest = Math.max(...blocks.map((b) => b.seconds.length));
    const ld = layout.columnCount;
    const most = Math.max(this.largest, ...this.positions.map((p) => p?.largest ?? 0));
    this.capacity = 1024 + most + (this.exact?.extraRows ?? 0);
    this.factor = la.allocate(this.largest * this.largest);
    this.out = la.allocate(this.capacity * ld);
    this.outKind = new Uint8Array(this.capacity);
  }

  get projectsPositions(): boolean {
    return this.positions.some((p) => p !== undefined);
  }

  async add(batch: RowBatch): Promise<void> {
    const ld = this.layout.columnCount;
    for (let i = 0; i < batch.rows; i++) {
      const row = batch.data.subarray(i * ld, (i + 1) * ld);
      if (batch.kind[i] !== RANGE_RATE_ROW) {
        if (await this.projectPosition(batch.kind[i], row)) continue;
        if (this.outRows === this.capacity) await this.flush();
        this.out.set(row, this.outRows * ld);
        this.outKind[this.outRows++] = batch.kind[i];
        continue;
      }
      const place = this.order[this.next++];
      let buffer = this.buffers.get(place.block);
      if (!buffer) {
        buffer = { rows: this.spare.pop() ?? this.la.allocate(this.largest * ld), filled: 0 };
        this.buffers.set(place.block, buffer);
      }
      buffer.rows.set(row, place.row * ld);
      if (++buffer.filled < this.blocks[place.block].seconds.length) continue;
      await this.finishBlock(this.blocks[place.block], buffer.rows);
      this.buffers.delete(place.block);
      this.spare.push(buffer.rows);
    }
  }

  /** @returns whether the row belongs to positions that are projected */
  private async projectPosition(kind: number, row: Float64Array): Promise<boolean> {
    const own = this.positions[kind];
    if (!own) return false;
    this.collector.addRow(row, kind);
    if (!own.add(row)) return true;
    const ld = this.layout.columnCount;
    for (let c = 0; c < 3; c++) {
      if (this.outRows + own.largest > this.capacity) await this.flush();
      const { kept, dropped, squares } = await own.project(c, this.out.subarray(this.outRows * ld));
      this.outKind.fill(PROJECTED_ROW, this.outRows, this.outRows + kept);
      this.outRows += kept;
      this.collector.addDropped(squares, dropped);
    }
    own.next();
    return true;
  }

  async finish(): Promise<void> {
    await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.outRows > 0) await this.consume({ rows: this.outRows, data: this.out, kind: this.outKind });
    this.outRows = 0;
  }

  private async finishBlock(block: CompressionBlock, rows: Float64Array): Promise<void> {
    const { transform, q } = block;
    const ld = this.layout.columnCount;
    const { rank, rows: m } = transform;
    // Columns that are not smooth would miss what the other rows hold of the smooth ones.
    const main = this.tight && !this.exact ? transform.main : rank;
    const width = block.seconds.length;
    // Probe rows have no part in R. Behind it, one row for each probe: what it is less its interpolation.
    const probes = block.probeRows.length;
    this.factor.fill(0, 0, (rank + probes) * width);
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < q; j++) this.factor[i * width + block.nodeRows[j]] = transform.factor[i * q + j];
    }
    for (let p = 0; p < probes; p++) {
      const at = (rank + p) * width;
      for (let j = 0; j < q; j++) this.factor[at + block.nodeRows[j]] = -block.probeWeights[p * q + j];
      this.factor[at + block.probeRows[p]] = 1;
    }
    const after = Math.max(probes, this.exact?.extraRows ?? 0);
    if (this.outRows + rank + after > this.capacity) await this.flush();
    const target = this.out.subarray(this.outRows * ld);
    await this.la.gemm(
      false,
      false,
      rank + probes,
      ld,
      width,
      1,
      this.factor,
      width,
      rows,
      ld,
      0,
      target,
      ld,
    );
    this.measure(block, rows, target.subarray(rank * ld, (rank + probes) * ld));
    const observed = this.filtered.subarray(block.first, block.end);
    const transformed = transform.reduce(observed);
    const compressed = transformed.subarray(0, main);
    for (let i = 0; i < main; i++) {
      target[i * ld + ld - 1] = compressed[i];
      this.outKind[this.outRows + i] = RANGE_RATE_ROW;
    }
    const { squares, products } = this.leftOut[0];
    for (let i = main; i < rank; i++) {
      for (let c = 0; c < ld - 1; c++) {
        const value = target[i * ld + c];
        squares[c] += value * value;
        products[c] += value * transformed[i];
      }
    }
    let kept = main;
    let dropped = sumOfSquares(observed) - sumOfSquares(compressed);
    if (this.exact) {
      const offset = 6 * this.layout.satelliteCount + this.layout.polynomialCount;
      const rest = this.exact.reduceBlock(block, transformed, target, ld, offset);
      this.outKind.fill(RANGE_RATE_ROW, this.outRows + rank, this.outRows + rank + rest.extra);
      kept += rest.extra;
      dropped = rest.dropped;
    }
    this.outRows += kept;
    this.collector.addDropped(dropped, m - kept);
    this.collector.addRangeRates(
      await this.localRows(block, rows),
      this.reduced.subarray(block.first, block.end),
    );
  }

  /** Columns of the arc's own parameters at the real epochs, for the residuals. */
  private async localRows(block: CompressionBlock, rows: Float64Array): Promise<Float64Array> {
    const { localCount: n, columnCount: ld, satelliteCount, polynomialCount } = this.layout;
    const { rows: m, q, interpolation } = block.transform;
    const nodes = new Float64Array(q * n);
    block.nodeRows.forEach((row, j) => {
      nodes.set(rows.subarray(row * ld, row * ld + n), j * n);
    });
    const local = new Float64Array(m * n);
    await this.la.gemm(false, false, m, n, q, 1, interpolation, q, nodes, n, 0, local, n);
    this.exact?.copyRaw(block, local, n, 6 * satelliteCount + polynomialCount);
    return local;
  }

  /** @param differences of the probes from their interpolation, a row each */
  private measure({ q, nodeRows }: CompressionBlock, rows: Float64Array, differences: Float64Array): void {
    const ld = this.layout.columnCount;
    const size = new Float64Array(ld - 1);
    for (let j = 0; j < q; j++) {
      const row = nodeRows[j] * ld;
      for (let c = 0; c < ld - 1; c++) size[c] = Math.max(size[c], Math.abs(rows[row + c]));
    }
    let most = this.truncation;
    for (let row = 0; row < differences.length; row += ld) {
      for (let c = 0; c < ld - 1; c++) {
        if (size[c] > 0) most = Math.max(most, Math.abs(differences[row + c]) / size[c]);
      }
    }
    this.truncation = most;
  }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const v of values) sum += v * v;
  return sum;
}

/** (observed − computed)/σ of every ranging observation, from the orbits. */
function reducedRanging(
  models: readonly SatelliteModel[],
  { type, seconds, value, sigma }: ObservationSet['rangeRate'],
): Float64Array {
  return seconds.map((t, i) => (value[i] - computedRanging(type, models, t)) / sigma);
}
