import type { ResidualStatistics } from '../types.js';
import type { RowBatch } from './design.js';
import type { DesignLayout } from './design-layout.js';
import type { LocalBasis } from './local-basis.js';
import { solveLocal } from './local-solve.js';
import type { PreparedArc } from './prepare-arc.js';
import { PROJECTED_ROW, RANGE_RATE_ROW } from './row-writer.js';

/** Rejected epochs listed by time. */
const MAX_LISTED = 100;

/** Keeps the columns of the arc's own parameters of every row, to form residuals under the fixed field. */
export class ResidualCollector {
  private readonly blocks: { readonly local: Float64Array; readonly kind: Uint8Array }[] = [];

  /** Part of lᵀPl that compression has taken out, and the number of rows. */
  droppedSquares = 0;
  droppedRows = 0;

  constructor(
    private readonly layout: DesignLayout,
    /** Range rates come by `addRangeRates`, not by batches. */
    private readonly compressed = false,
  ) {}

  addDropped(squares: number, rows: number): void {
    this.droppedSquares += squares;
    this.droppedRows += rows;
  }

  /** Range rates at their real epochs: local columns (rows × localCount) and reduced observations. */
  addRangeRates(columns: Float64Array, reduced: Float64Array): void {
    const { localCount } = this.layout;
    const width = localCount + 1;
    const local = new Float64Array(reduced.length * width);
    for (let i = 0; i < reduced.length; i++) {
      local.set(columns.subarray(i * localCount, (i + 1) * localCount), i * width);
      local[i * width + localCount] = reduced[i];
    }
    this.blocks.push({ local, kind: new Uint8Array(reduced.length).fill(RANGE_RATE_ROW) });
  }

  /** One row that will be projected. */
  addRow(row: Float64Array, kind: number): void {
    const { localCount, columnCount } = this.layout;
    const local = new Float64Array(localCount + 1);
    local.set(row.subarray(0, localCount));
    local[localCount] = row[columnCount - 1];
    this.blocks.push({ local, kind: Uint8Array.of(kind) });
  }

  add({ rows, data, kind }: RowBatch): void {
    const { localCount, columnCount } = this.layout;
    const width = localCount + 1;
    const local = new Float64Array(rows * width);
    const kinds = new Uint8Array(rows);
    let kept = 0;
    for (let i = 0; i < rows; i++) {
      if (this.compressed && kind[i] >= PROJECTED_ROW) continue;
      const row = i * columnCount;
      local.set(data.subarray(row, row + localCount), kept * width);
      local[kept * width + localCount] = data[row + columnCount - 1];
      kinds[kept++] = kind[i];
    }
    this.blocks.push({ local, kind: kinds.slice(0, kept) });
  }

  /** Residuals after the arc's own parameters are fitted (factor and right-hand side of their block given). */
  statistics(
    { models, observations, rejected }: PreparedArc,
    factor: Float64Array,
    ldf: number,
    rightHandSide: Float64Array,
    basis?: LocalBasis,
  ): ResidualStatistics[] {
    const { localCount } = this.layout;
    const width = localCount + 1;
    solveLocal(localCount, factor, ldf, rightHandSide);
    basis?.toParameters(rightHandSide);
    const groups = new Map<number, { count: number; sum: number; max: number }>();
    for (const { local, kind } of this.blocks) {
      for (let i = 0; i < kind.length; i++) {
        let v = local[i * width + localCount];
        for (let c = 0; c < localCount; c++) v -= local[i * width + c] * rightHandSide[c];
        const group = groups.get(kind[i]) ?? { count: 0, sum: 0, max: 0 };
        group.count++;
        group.sum += v * v;
        group.max = Math.max(group.max, Math.abs(v));
        groups.set(kind[i], group);
      }
    }
    return [...groups.entries()]
      .sort(([a], [b]) => b - a)
      .map(([kind, { count, sum, max }]) => {
        const ranging = kind === RANGE_RATE_ROW;
        const { sigma } = ranging ? observations.rangeRate : observations.positions[kind];
        const out = rejected[ranging ? models.length : kind] ?? [];
        const start = models[0].grid.startGpsSeconds;
        return {
          type: ranging ? observations.rangeRate.type : ('position' as const),
          ...(ranging ? {} : { satellite: models[kind].arc.satellite }),
          count,
          rejected: out.length * (ranging ? 1 : 3),
          ...(out.length > 0
            ? { rejectedGpsSeconds: Array.from(out.slice(0, MAX_LISTED), (t) => start + t) }
            : {}),
          rms: sigma * Math.sqrt(sum / count),
          max: sigma * max,
        };
      });
  }
}
