import type { LinearAlgebra } from '@gravity/linalg';
import type { DesignLayout } from './design-layout.js';
import type { FieldPartials } from './field-partials.js';
import { NodePartials } from './node-partials.js';
import type { ObservationSet } from './observation-set.js';
import { RowWriter } from './row-writer.js';
import type { SatelliteModel } from './satellite-model.js';
import type { Stopwatch } from './stopwatch.js';

/** Rows are handed on in batches of about this size: large enough for the rank update to run at full speed. */
const BATCH_ROWS = 1024;

export interface RowBatch {
  readonly rows: number;
  /** rows × columnCount, row-major: [A | l], already divided by the standard deviations. */
  readonly data: Float64Array;
  /** Index of the satellite for a position row, RANGE_RATE_ROW (row-writer.ts) for a range rate. */
  readonly kind: Uint8Array;
}

/**
 * Observation equations of one arc, segment by segment.
 *
 * Sensitivities follow from variation of constants, S(t) = Φ(t) ∫ Φ⁻¹ [0; ∂a/∂p] dτ. Gravity and given
 * accelerations leave Φ symplectic, so that Φ⁻¹ needs no solve. The integral is the collocation quadrature: all rows
 * of a segment are one matrix product of (observation partials · quadrature weights) with the partials of the
 * acceleration at the nodes, which stay in the terrestrial frame, the rotation being folded into the left factor.
 * Six more rows of each satellite carry the integral to the end of the segment.
 */
export async function forEachRowBatch(
  models: readonly SatelliteModel[],
  observations: ObservationSet,
  layout: DesignLayout,
  partials: FieldPartials | undefined,
  la: LinearAlgebra,
  consume: (batch: RowBatch) => Promise<void>,
  onSegment?: (segment: number, count: number) => void,
  watch?: Stopwatch,
): Promise<void> {
  const { grid } = models[0];
  const { rule, segmentCount, segmentSeconds: h } = grid;
  const { q } = rule;
  const ns = models.length;
  const each = 6 + 3 * q;
  const inner = each * ns;
  const width = layout.dynamicCount;
  const ldw = layout.columnCount;
  const index = segmentIndex(observations, segmentCount, h);
  const capacity = Math.max(BATCH_ROWS, index.maxRows) + 6;
  const data = la.allocate(capacity * ldw);
  const kind = new Uint8Array(capacity);
  const left = la.allocate((index.maxRows + 6 * ns) * inner);
  const right = width > 0 ? new NodePartials(models, layout, partials, la) : undefined;
  const inverse = models.map(() => new Float64Array(18 * q));
  let rows = 0;

  try {
    for (let s = 0; s < segmentCount; s++) {
      const m = index.rows(s);
      if (rows + m + 6 > capacity) {
        await consume({ rows, data, kind });
        rows = 0;
      }
      let since = performance.now();
      const nodes = await right?.segment(s);
      watch?.add('partials', since);
      since = performance.now();
      for (let k = 0; k < ns; k++) inverseTransition(models[k], s, inverse[k]);
      left.fill(0, 0, (m + 6 * ns) * inner);
      data.fill(0, rows * ldw, (rows + m) * ldw);
      const writer = new RowWriter(models, layout, inverse, s, left, inner, data, ldw, kind, rows);
      writer.write(observations, index.first, s);
      if (nodes) {
        const target = (row: number) => data.subarray((rows + row) * ldw + layout.dynamicOffset);
        const ranging = index.count(ns, s);
        if (ranging > 0) {
          await la.gemm(false, false, ranging, width, inner, 1, left, inner, nodes, width, 0, target(0), ldw);
        }
        let row = ranging;
        for (let k = 0; k < ns; k++) {
          const own = index.count(k, s);
          const last = s + 1 === segmentCount;
          if (!last)
            endRows(inverse[k], rule.weights, h, left, (row + 6 * k + own) * inner + each * k, inner);
          const count = own + (last ? 0 : 6);
          const from = left.subarray((row + 6 * k) * inner + each * k);
          const block = nodes.subarray(each * k * width);
          if (count > 0) {
            await la.gemm(
              false,
              false,
              count,
              width,
              each,
              1,
              from,
              inner,
              block,
              width,
              0,
              target(row),
              ldw,
            );
          }
          row += own;
          if (!last) right?.setState(s + 1, k, target(row), ldw);
        }
      }
      watch?.add('rows', since);
      rows += m;
      onSegment?.(s + 1, segmentCount);
    }
  } finally {
    right?.release();
  }
  if (rows > 0) await consume({ rows, data, kind });
}

/** Six rows that take the sensitivities, Φ⁻¹ taken out, from the start of a segment to its end. */
function endRows(
  inverse: Float64Array,
  weights: Float64Array,
  h: number,
  left: Float64Array,
  at: number,
  inner: number,
): void {
  for (let r = 0; r < 6; r++) {
    const row = at + r * inner;
    left[row + r] = 1;
    for (let j = 0; j < weights.length; j++) {
      for (let c = 0; c < 3; c++) left[row + 6 + 3 * j + c] = h * weights[j] * inverse[18 * j + 3 * r + c];
    }
  }
}

interface SegmentIndex {
  readonly maxRows: number;
  /** first[kind][segment] … first[kind][segment+1]: observations of a segment; kind 0…ns−1 positions, ns range rate. */
  readonly first: readonly Int32Array[];
  rows(segment: number): number;
  count(kind: number, segment: number): number;
}

function segmentIndex(observations: ObservationSet, segmentCount: number, h: number): SegmentIndex {
  const series = [...observations.positions.map((p) => p.seconds), observations.rangeRate.seconds];
  const first = series.map((seconds) => {
    const starts = new Int32Array(segmentCount + 1);
    let i = 0;
    for (let s = 0; s < segmentCount; s++) {
      starts[s] = i;
      const end = s + 1 === segmentCount ? Number.POSITIVE_INFINITY : (s + 1) * h;
      while (i < seconds.length && seconds[i] < end) i++;
    }
    starts[segmentCount] = i;
    return starts;
  });
  const ranging = first.length - 1;
  const rows = (s: number) =>
    first.reduce((sum, starts, k) => sum + (starts[s + 1] - starts[s]) * (k === ranging ? 1 : 3), 0);
  let maxRows = 1;
  for (let s = 0; s < segmentCount; s++) maxRows = Math.max(maxRows, rows(s));
  const count = (kind: number, s: number) =>
    (first[kind][s + 1] - first[kind][s]) * (kind === ranging ? 1 : 3);
  return { maxRows, first, rows, count };
}

/** The last three columns of Φ⁻¹ times the rotation from the terrestrial frame, 6×3 per node. */
function inverseTransition(model: SatelliteModel, segment: number, out: Float64Array): void {
  const { q } = model.grid.rule;
  const node = model.transition!.node;
  const rotation = model.grid.rotation;
  for (let j = 0; j < q; j++) {
    const p = 18 * (segment * q + j);
    const r = 9 * (segment * q + j);
    for (let i = 0; i < 3; i++) {
      for (let c = 0; c < 3; c++) {
        // Φ⁻¹ = −J Φᵀ J: last columns are −Φ_rvᵀ and Φ_rrᵀ; the terrestrial vector comes in through Rᵀ.
        let upper = 0;
        let lower = 0;
        for (let a = 0; a < 3; a++) {
          upper -= node[p + 6 * a + 3 + i] * rotation[r + 3 * c + a];
          lower += node[p + 6 * a + i] * rotation[r + 3 * c + a];
        }
        out[18 * j + 3 * i + c] = upper;
        out[18 * j + 3 * (3 + i) + c] = lower;
      }
    }
  }
}
