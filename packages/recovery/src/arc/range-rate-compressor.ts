import type { LinearAlgebra } from '@gravity/linalg';
import { stateAt } from '../dynamics/orbit.js';
import { rangeAndRate } from '../dynamics/range-rate.js';
import type { RecoverySetup } from '../types.js';
import type { CompressionBlock } from './compression-plan.js';
import type { RowBatch } from './design.js';
import type { DesignLayout } from './design-layout.js';
import type { ObservationSet } from './observation-set.js';
import type { ResidualCollector } from './residuals.js';
import { RANGE_RATE_ROW } from './row-writer.js';
import type { SatelliteModel } from './satellite-model.js';

/**
 * Stands between the observation equations, evaluated at the Gauss epochs of the blocks, and their accumulation:
 * turns every block of range-rate rows into R·V and Qᵀl, passes position rows on, and measures the truncation at
 * probe epochs in all columns.
 */
export class RangeRateCompressor {
  /** What the design is to be evaluated for instead of the real observations. */
  readonly virtual: ObservationSet;
  /** Largest error of an interpolated row in any column, in units of that column's size in the block. */
  truncation = 0;
  private readonly reduced: Float64Array;
  private readonly rows: Float64Array;
  private readonly factor: Float64Array;
  private readonly out: Float64Array;
  private readonly outKind: Uint8Array;
  private readonly capacity: number;
  private outRows = 0;
  private block = 0;
  private filled = 0;

  constructor(
    private readonly blocks: readonly CompressionBlock[],
    setup: Pick<RecoverySetup, 'sigmaRangeRate'>,
    models: readonly SatelliteModel[],
    observations: ObservationSet,
    private readonly layout: DesignLayout,
    private readonly la: LinearAlgebra,
    private readonly collector: ResidualCollector,
    private readonly consume: (batch: RowBatch) => Promise<void>,
  ) {
    const seconds = Float64Array.from(blocks.flatMap((b) => Array.from(b.seconds)));
    this.virtual = {
      positions: observations.positions,
      rangeRate: { seconds, value: new Float64Array(seconds.length) },
    };
    this.reduced = reducedRangeRates(setup, models, observations.rangeRate);
    const largest = Math.max(...blocks.map((b) => b.seconds.length));
    const ld = layout.columnCount;
    this.capacity = 1024 + largest;
    this.rows = la.allocate(largest * ld);
    this.factor = la.allocate(largest * largest);
    this.out = la.allocate(this.capacity * ld);
    this.outKind = new Uint8Array(this.capacity);
  }

  async add(batch: RowBatch): Promise<void> {
    const ld = this.layout.columnCount;
    for (let i = 0; i < batch.rows; i++) {
      const row = batch.data.subarray(i * ld, (i + 1) * ld);
      if (batch.kind[i] !== RANGE_RATE_ROW) {
        if (this.outRows === this.capacity) await this.flush();
        this.out.set(row, this.outRows * ld);
        this.outKind[this.outRows++] = batch.kind[i];
        continue;
      }
      this.rows.set(row, this.filled * ld);
      this.filled++;
      if (this.filled === this.blocks[this.block].seconds.length) await this.finishBlock();
    }
  }

  async finish(): Promise<void> {
    await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.outRows > 0) await this.consume({ rows: this.outRows, data: this.out, kind: this.outKind });
    this.outRows = 0;
  }

  private async finishBlock(): Promise<void> {
    const block = this.blocks[this.block++];
    const { transform, q } = block;
    const ld = this.layout.columnCount;
    this.filled = 0;
    this.measure(block);
    // Probe rows are taken out: their columns of R stay zero.
    const { rank, rows: m } = transform;
    const width = block.seconds.length;
    this.factor.fill(0, 0, rank * width);
    for (let i = 0; i < rank; i++) {
      for (let j = i; j < q; j++) this.factor[i * width + block.nodeRows[j]] = transform.factor[i * q + j];
    }
    if (this.outRows + rank > this.capacity) await this.flush();
    const target = this.out.subarray(this.outRows * ld);
    await this.la.gemm(false, false, rank, ld, width, 1, this.factor, width, this.rows, ld, 0, target, ld);
    const observed = this.reduced.subarray(block.first, block.end);
    const compressed = transform.reduce(observed);
    for (let i = 0; i < rank; i++) {
      target[i * ld + ld - 1] = compressed[i];
      this.outKind[this.outRows + i] = RANGE_RATE_ROW;
    }
    this.outRows += rank;
    this.collector.addDropped(sumOfSquares(observed) - sumOfSquares(compressed), m - rank);
    this.collector.addRangeRates(this.localRows(block), observed);
  }

  /** Columns of the arc's own parameters at the real epochs, for the residuals. */
  private localRows(block: CompressionBlock): Float64Array {
    const { localCount, columnCount: ld } = this.layout;
    const { rows: m, q, interpolation } = block.transform;
    const local = new Float64Array(m * localCount);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < q; j++) {
        const weight = interpolation[i * q + j];
        const row = block.nodeRows[j] * ld;
        for (let c = 0; c < localCount; c++) local[i * localCount + c] += weight * this.rows[row + c];
      }
    }
    return local;
  }

  private measure(block: CompressionBlock): void {
    const { q, nodeRows, probeRows, probeWeights } = block;
    const ld = this.layout.columnCount;
    const columns = ld - 1;
    const size = new Float64Array(columns);
    for (let j = 0; j < q; j++) {
      const row = nodeRows[j] * ld;
      for (let c = 0; c < columns; c++) size[c] = Math.max(size[c], Math.abs(this.rows[row + c]));
    }
    for (let p = 0; p < probeRows.length; p++) {
      const difference = this.rows.slice(probeRows[p] * ld, probeRows[p] * ld + columns);
      for (let j = 0; j < q; j++) {
        const weight = probeWeights[p * q + j];
        const row = nodeRows[j] * ld;
        for (let c = 0; c < columns; c++) difference[c] -= weight * this.rows[row + c];
      }
      for (let c = 0; c < columns; c++) {
        if (size[c] > 0) this.truncation = Math.max(this.truncation, Math.abs(difference[c]) / size[c]);
      }
    }
  }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const v of values) sum += v * v;
  return sum;
}

/** (observed − computed)/σ of every range rate, from the orbits. */
function reducedRangeRates(
  setup: Pick<RecoverySetup, 'sigmaRangeRate'>,
  models: readonly SatelliteModel[],
  { seconds, value }: ObservationSet['rangeRate'],
): Float64Array {
  const [a, b] = [new Float64Array(6), new Float64Array(6)];
  const out = new Float64Array(seconds.length);
  for (let i = 0; i < seconds.length; i++) {
    stateAt(models[0].trajectory!, seconds[i], a);
    stateAt(models[1].trajectory!, seconds[i], b);
    out[i] = (value[i] - rangeAndRate(a, b).rangeRate) / setup.sigmaRangeRate;
  }
  return out;
}
