import type { LinearAlgebra } from '@gravity/linalg';
import { rotate } from '../dynamics/forces.js';
import type { DesignLayout } from './design-layout.js';
import type { ObservationSet } from './observation-set.js';
import { RowWriter } from './row-writer.js';
import type { SatelliteModel } from './satellite-model.js';

/** Partials of the acceleration (terrestrial, three rows) by the parameters of the field; `AccelerationPartials` is one. */
export interface FieldPartials {
  evaluate(x: number, y: number, z: number, out: Float64Array, offset: number, stride: number): void;
}

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
 */
export async function forEachRowBatch(
  models: readonly SatelliteModel[],
  observations: ObservationSet,
  layout: DesignLayout,
  partials: FieldPartials | undefined,
  la: LinearAlgebra,
  consume: (batch: RowBatch) => Promise<void>,
  onSegment?: (segment: number, count: number) => void,
): Promise<void> {
  const { grid } = models[0];
  const { rule, segmentCount, segmentSeconds: h } = grid;
  const { q, weights } = rule;
  const ns = models.length;
  const stateRows = 6 * ns;
  const inner = stateRows + 3 * q * ns;
  const width = layout.dynamicCount;
  const ldw = layout.columnCount;
  const index = segmentIndex(observations, segmentCount, h);
  const capacity = Math.max(BATCH_ROWS, index.maxRows);
  const data = la.allocate(capacity * ldw);
  const kind = new Uint8Array(capacity);
  const left = la.allocate(index.maxRows * inner);
  const right = la.allocate(Math.max(1, inner * width));
  const endWeights = la.allocate(6 * 3 * q);
  const inverse = models.map(() => new Float64Array(18 * q));
  let rows = 0;

  for (let s = 0; s < segmentCount; s++) {
    const m = index.rows(s);
    if (rows + m > capacity) {
      await consume({ rows, data, kind });
      rows = 0;
    }
    for (let k = 0; k < ns; k++) {
      inverseTransition(models[k], s, inverse[k]);
      if (width > 0) accelerationRows(models[k], k, s, layout, partials, right, stateRows + 3 * q * k, width);
    }
    if (m > 0) {
      left.fill(0, 0, m * inner);
      data.fill(0, rows * ldw, (rows + m) * ldw);
      const writer = new RowWriter(models, layout, inverse, s, left, inner, data, ldw, kind, rows);
      writer.write(observations, index.first, s);
      if (width > 0) {
        const target = data.subarray(rows * ldw + layout.dynamicOffset);
        await la.gemm(false, false, m, width, inner, 1, left, inner, right, width, 0, target, ldw);
      }
      rows += m;
    }
    if (width > 0 && s + 1 < segmentCount) {
      for (let k = 0; k < ns; k++) {
        for (let j = 0; j < q; j++) {
          for (let r = 0; r < 6; r++) {
            for (let c = 0; c < 3; c++) {
              endWeights[r * 3 * q + 3 * j + c] = h * weights[j] * inverse[k][18 * j + 3 * r + c];
            }
          }
        }
        const partialsOfSatellite = right.subarray((stateRows + 3 * q * k) * width);
        const state = right.subarray(6 * k * width);
        await la.gemm(
          false,
          false,
          6,
          width,
          3 * q,
          1,
          endWeights,
          3 * q,
          partialsOfSatellite,
          width,
          1,
          state,
          width,
        );
      }
    }
    onSegment?.(s + 1, segmentCount);
  }
  if (rows > 0) await consume({ rows, data, kind });
}

interface SegmentIndex {
  readonly maxRows: number;
  /** first[kind][segment] … first[kind][segment+1]: observations of a segment; kind 0…ns−1 positions, ns range rate. */
  readonly first: readonly Int32Array[];
  rows(segment: number): number;
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
  return { maxRows, first, rows };
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

/** Partials of the acceleration at the nodes of a segment: 3 rows per node, calibration then coefficients. */
function accelerationRows(
  model: SatelliteModel,
  satellite: number,
  segment: number,
  layout: DesignLayout,
  partials: FieldPartials | undefined,
  right: Float64Array,
  firstRow: number,
  width: number,
): void {
  const { q } = model.grid.rule;
  const position = model.trajectory!.position;
  const own = model.calibrationNames.length;
  const shift = satellite === 0 ? 0 : layout.calibrationCount - own;
  for (let j = 0; j < q; j++) {
    const i = segment * q + j;
    const row = (firstRow + 3 * j) * width;
    for (let c = 0; c < 3; c++) right.fill(0, row + c * width, row + c * width + layout.calibrationCount);
    for (let p = 0; p < own; p++) {
      const value = model.calibrationPartial(p, i);
      for (let c = 0; c < 3; c++) right[row + c * width + shift + p] = value[c];
    }
    if (partials) {
      const [x, y, z] = rotate(
        model.grid.rotation.subarray(9 * i, 9 * i + 9),
        position[3 * i],
        position[3 * i + 1],
        position[3 * i + 2],
      );
      partials.evaluate(x, y, z, right, row + layout.calibrationCount, width);
    }
  }
}
