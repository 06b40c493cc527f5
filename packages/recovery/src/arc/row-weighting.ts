import type { RowBatch } from './design.js';
import type { DesignLayout } from './design-layout.js';
import type { ObservationSet } from './observation-set.js';
import type { RangingFilter } from './ranging-filter.js';
import { PROJECTED_ROW, RANGE_RATE_ROW } from './row-writer.js';

/** Puts robust weights and whitening into rows as they come; ranging rows only where compression has not done it. */
export class RowWeighting {
  private readonly next: number[];
  /** The last rows of the ranging, scaled by their robust weights, in a ring. */
  private readonly ring: Float64Array;

  constructor(
    private readonly observations: ObservationSet,
    private readonly layout: DesignLayout,
    private readonly filter: RangingFilter | undefined,
  ) {
    this.next = observations.positions.map(() => 0);
    this.next[RANGE_RATE_ROW] = 0;
    this.ring = new Float64Array((filter?.order ?? 0) * layout.columnCount);
  }

  apply({ rows, data, kind }: RowBatch): void {
    const { filter } = this;
    const ld = this.layout.columnCount;
    for (let i = 0; i < rows; i++) {
      if (kind[i] === PROJECTED_ROW) continue;
      const row = data.subarray(i * ld, (i + 1) * ld);
      const at = this.next[kind[i]]++;
      if (kind[i] !== RANGE_RATE_ROW) {
        const weight = this.observations.positions[kind[i]].weights?.[Math.floor(at / 3)];
        if (weight !== undefined && weight !== 1) scale(row, Math.sqrt(weight));
      } else if (filter) this.filterRow(filter, row, at);
    }
  }

  private filterRow(filter: RangingFilter, row: Float64Array, at: number): void {
    scale(row, filter.root(at));
    const { order } = filter;
    if (order === 0) {
      scale(row, filter.whiteningWeight(at, 0));
      return;
    }
    const ld = row.length;
    const { ring } = this;
    const own = row.slice();
    scale(row, filter.whiteningWeight(at, 0));
    for (let j = 1; j <= filter.reach(at); j++) {
      const weight = filter.whiteningWeight(at, j);
      const before = ((at - j) % order) * ld;
      for (let c = 0; c < ld; c++) row[c] += weight * ring[before + c];
    }
    ring.set(own, (at % order) * ld);
  }
}

function scale(row: Float64Array, factor: number): void {
  if (factor === 1) return;
  for (let c = 0; c < row.length; c++) row[c] *= factor;
}
