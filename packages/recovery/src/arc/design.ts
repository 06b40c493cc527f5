import type { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { rotate } from '../dynamics/forces.js';
import { fractionIn } from '../dynamics/node-grid.js';
import { type IntegrationWeights, integrationWeights } from '../integration/gauss-legendre.js';
import type { RecoverySetup } from '../types.js';
import type { DesignLayout } from './design-layout.js';
import type { ObservationSet } from './observation-set.js';
import type { SatelliteModel } from './satellite-model.js';

/** Rows are handed on in batches of about this size: large enough for the rank update to run at full speed. */
const BATCH_ROWS = 1024;

export const RANGE_RATE_ROW = 255;

export interface RowBatch {
  readonly rows: number;
  /** rows × columnCount, row-major: [A | l], already divided by the standard deviations. */
  readonly data: Float64Array;
  /** Index of the satellite for a position row, RANGE_RATE_ROW for a range rate. */
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
  setup: Pick<RecoverySetup, 'sigmaRangeRate' | 'sigmaPosition'>,
  models: readonly SatelliteModel[],
  observations: ObservationSet,
  layout: DesignLayout,
  partials: AccelerationPartials | undefined,
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
      const writer = new RowWriter(setup, models, layout, inverse, s, left, inner, data, ldw, kind, rows);
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
  partials: AccelerationPartials | undefined,
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

/** State and 6×6 transition of one satellite at one epoch, from the nodes of its segment. */
class EpochEvaluator {
  readonly state = new Float64Array(6);
  readonly phi = new Float64Array(36);

  evaluate(
    model: SatelliteModel,
    segment: number,
    fraction: number,
    once: Float64Array,
    twice: Float64Array,
  ): void {
    const { rule, segmentSeconds: h } = model.grid;
    const { q } = rule;
    const trajectory = model.trajectory!;
    const { border, nodeRate } = model.transition!;
    const { state, phi } = this;
    const base = segment * q;
    for (let i = 0; i < 3; i++) {
      let single = 0;
      let double = 0;
      for (let j = q - 1; j >= 0; j--) {
        const a = trajectory.acceleration[3 * (base + j) + i];
        single += once[j] * a;
        double += twice[j] * a;
      }
      const v0 = trajectory.borderVelocity[3 * segment + i];
      state[i] = trajectory.borderPosition[3 * segment + i] + (h * fraction * v0 + h * h * double);
      state[3 + i] = v0 + h * single;
    }
    const b = 36 * segment;
    for (let k = 0; k < 18; k++) {
      let single = 0;
      let double = 0;
      for (let j = 0; j < q; j++) {
        const rate = nodeRate[18 * (base + j) + k];
        single += once[j] * rate;
        double += twice[j] * rate;
      }
      phi[k] = border[b + k] + h * fraction * border[b + 18 + k] + h * h * double;
      phi[18 + k] = border[b + 18 + k] + h * single;
    }
  }
}

class RowWriter {
  private weights: IntegrationWeights;
  private readonly epochs: readonly EpochEvaluator[];
  private readonly partial = new Float64Array(6);
  private readonly combined = new Float64Array(6);
  private row = 0;

  constructor(
    private readonly setup: Pick<RecoverySetup, 'sigmaRangeRate' | 'sigmaPosition'>,
    private readonly models: readonly SatelliteModel[],
    private readonly layout: DesignLayout,
    private readonly inverse: readonly Float64Array[],
    private readonly segment: number,
    private readonly left: Float64Array,
    private readonly inner: number,
    private readonly data: Float64Array,
    private readonly ldw: number,
    private readonly kind: Uint8Array,
    private readonly firstRow: number,
  ) {
    this.weights = integrationWeights(models[0].grid.rule, 0);
    this.epochs = models.map(() => new EpochEvaluator());
  }

  write(observations: ObservationSet, first: readonly Int32Array[], s: number): void {
    const ns = this.models.length;
    const ranging = first[ns];
    for (let i = ranging[s]; i < ranging[s + 1]; i++) {
      const t = observations.rangeRate.seconds[i];
      const fraction = this.locate(t);
      this.epochs.forEach((epoch, k) => {
        epoch.evaluate(this.models[k], s, fraction, this.weights.once, this.weights.twice);
      });
      this.rangeRate(observations.rangeRate.value[i], t);
    }
    for (let k = 0; k < ns; k++) {
      const set = observations.positions[k];
      for (let i = first[k][s]; i < first[k][s + 1]; i++) {
        const t = set.seconds[i];
        const fraction = this.locate(t);
        this.epochs[k].evaluate(this.models[k], s, fraction, this.weights.once, this.weights.twice);
        for (let c = 0; c < 3; c++) this.position(k, c, set.position[3 * i + c]);
      }
    }
  }

  /** Fraction of the segment; the weights of this epoch are kept. */
  private locate(t: number): number {
    const { grid } = this.models[0];
    const fraction = fractionIn(grid, this.segment, t);
    this.weights = integrationWeights(grid.rule, fraction);
    return fraction;
  }

  /** ρ̇ = e·Δv; ∂ρ̇/∂Δr = (Δv − ρ̇ e)/ρ, ∂ρ̇/∂Δv = e. */
  private rangeRate(observed: number, t: number): void {
    const [a, b] = this.epochs;
    const d = [0, 1, 2].map((c) => b.state[c] - a.state[c]);
    const dv = [3, 4, 5].map((c) => b.state[c] - a.state[c]);
    const range = Math.hypot(d[0], d[1], d[2]);
    const rate = (d[0] * dv[0] + d[1] * dv[1] + d[2] * dv[2]) / range;
    const weight = 1 / this.setup.sigmaRangeRate;
    for (let k = 0; k < 2; k++) {
      const sign = (k === 0 ? -1 : 1) * weight;
      for (let c = 0; c < 3; c++) {
        const e = d[c] / range;
        this.partial[c] = (sign * (dv[c] - rate * e)) / range;
        this.partial[3 + c] = sign * e;
      }
      this.satelliteColumns(k);
    }
    const column = (this.firstRow + this.row) * this.ldw + 6 * this.models.length;
    const { durationSeconds } = this.models[0].grid;
    if (this.layout.rangingCount > 0) this.data[column] = weight;
    if (this.layout.rangingCount > 1) this.data[column + 1] = weight * ((2 * t) / durationSeconds - 1);
    this.finish(weight * (observed - rate), RANGE_RATE_ROW);
  }

  private position(k: number, c: number, observed: number): void {
    const weight = 1 / this.setup.sigmaPosition;
    this.partial.fill(0);
    this.partial[c] = weight;
    this.satelliteColumns(k);
    this.finish(weight * (observed - this.epochs[k].state[c]), k);
  }

  /** Columns of one satellite: partial · Φ(t), and its product with Φ⁻¹ and the quadrature weights. */
  private satelliteColumns(k: number): void {
    const { phi } = this.epochs[k];
    const { partial, combined, left, inner } = this;
    const { once } = this.weights;
    const { q } = this.models[0].grid.rule;
    const h = this.models[0].grid.segmentSeconds;
    const ns = this.models.length;
    const row = this.row * inner;
    const dataRow = (this.firstRow + this.row) * this.ldw;
    for (let c = 0; c < 6; c++) {
      let sum = 0;
      for (let r = 0; r < 6; r++) sum += partial[r] * phi[6 * r + c];
      combined[c] = sum;
      left[row + 6 * k + c] = sum;
      this.data[dataRow + 6 * k + c] = sum;
    }
    if (this.layout.dynamicCount === 0) return;
    const inverse = this.inverse[k];
    const target = row + 6 * ns + 3 * q * k;
    for (let j = 0; j < q; j++) {
      const w = h * once[j];
      const p = 18 * j;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let r = 0; r < 6; r++) sum += combined[r] * inverse[p + 3 * r + c];
        left[target + 3 * j + c] = w * sum;
      }
    }
  }

  private finish(reduced: number, kind: number): void {
    const row = this.firstRow + this.row;
    this.data[row * this.ldw + this.ldw - 1] = reduced;
    this.kind[row] = kind;
    this.row++;
  }
}
