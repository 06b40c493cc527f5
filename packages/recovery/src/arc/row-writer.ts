import { fractionIn } from '../dynamics/node-grid.js';
import { rangeAndRate } from '../dynamics/range-rate.js';
import { type IntegrationWeights, integrationWeights } from '../integration/gauss-legendre.js';
import type { RecoverySetup } from '../types.js';
import type { DesignLayout } from './design-layout.js';
import type { ObservationSet } from './observation-set.js';
import type { SatelliteModel } from './satellite-model.js';

/** Kind of a range-rate row; position rows carry the index of their satellite. */
export const RANGE_RATE_ROW = 255;

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

/** Writes the rows of one segment: state and ranging columns, reduced observation, and the left factor of the rest. */
export class RowWriter {
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
    const { range, rangeRate: rate } = rangeAndRate(a.state, b.state);
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
