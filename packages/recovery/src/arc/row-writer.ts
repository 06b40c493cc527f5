import { rotate } from '../dynamics/forces.js';
import { fractionIn } from '../dynamics/node-grid.js';
import { rangeAndRate } from '../dynamics/range-rate.js';
import {
  type IntegrationWeights,
  integrationWeights,
  interpolationWeights,
} from '../integration/gauss-legendre.js';
import { rangingGeometry } from './computed-ranging.js';
import type { DesignLayout } from './design-layout.js';
import { EpochEvaluator } from './epoch-evaluator.js';
import type { ObservationSet, RangingSet } from './observation-set.js';
import type { SatelliteModel } from './satellite-model.js';

/** Kind of a ranging row; position rows carry the index of their satellite. */
export const RANGE_RATE_ROW = 255;
/** Kind of a row that stands for positions and has their weights in it. */
export const PROJECTED_ROW = 254;

/** Writes the rows of one segment: state and ranging columns, reduced observation, and the left factor of the rest. */
export class RowWriter {
  private weights: IntegrationWeights;
  private readonly epochs: readonly EpochEvaluator[];
  private readonly partial = new Float64Array(6);
  private readonly combined = new Float64Array(6);
  private row = 0;
  private shift = 0;
  private fraction = 0;

  constructor(
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
        epoch.evaluate(this.models[k], s, fraction, this.weights);
      });
      this.ranging(observations.rangeRate, observations.rangeRate.value[i], t);
    }
    for (let k = 0; k < ns; k++) {
      const set = observations.positions[k];
      // Behind the positions of a satellite, `left` has six rows for the end of the segment.
      this.shift = 6 * k;
      for (let i = first[k][s]; i < first[k][s + 1]; i++) {
        const t = set.seconds[i];
        const fraction = this.locate(t);
        this.epochs[k].evaluate(this.models[k], s, fraction, this.weights);
        for (let c = 0; c < 3; c++) this.position(k, c, set.position[3 * i + c], set.sigma);
      }
    }
  }

  /** Fraction of the segment; the weights of this epoch are kept. */
  private locate(t: number): number {
    const { grid } = this.models[0];
    const fraction = fractionIn(grid, this.segment, t);
    this.weights = integrationWeights(grid.rule, fraction);
    this.fraction = fraction;
    return fraction;
  }

  private ranging(set: RangingSet, observed: number, t: number): void {
    const weight = 1 / set.sigma;
    const computed =
      set.type === 'range_rate'
        ? this.rangeRate(weight)
        : set.type === 'range'
          ? this.range(weight)
          : this.rangeAcceleration(weight);
    const { polynomialCount, rangingParameters } = this.layout;
    const column = (this.firstRow + this.row) * this.ldw + 6 * this.models.length;
    const { durationSeconds } = this.models[0].grid;
    if (polynomialCount > 0) this.data[column] = weight;
    if (polynomialCount > 1) this.data[column + 1] = weight * ((2 * t) / durationSeconds - 1);
    // Compression puts them in at the real epochs.
    if (rangingParameters && set.parameters) {
      rangingParameters.write(t, this.epochs[0].state, weight, this.data, column + polynomialCount);
    }
    this.finish(weight * (observed - computed), RANGE_RATE_ROW);
  }

  /** ρ̇ = e·Δv; ∂ρ̇/∂Δr = (Δv − ρ̇ e)/ρ, ∂ρ̇/∂Δv = e. */
  private rangeRate(weight: number): number {
    const [a, b] = this.epochs;
    const d = [0, 1, 2].map((c) => b.state[c] - a.state[c]);
    const dv = [3, 4, 5].map((c) => b.state[c] - a.state[c]);
    const { range, rangeRate: rate } = rangeAndRate(a.state, b.state);
    for (let k = 0; k < 2; k++) {
      const sign = (k === 0 ? -1 : 1) * weight;
      for (let c = 0; c < 3; c++) {
        const e = d[c] / range;
        this.partial[c] = (sign * (dv[c] - rate * e)) / range;
        this.partial[3 + c] = sign * e;
      }
      this.satelliteColumns(k);
    }
    return rate;
  }

  /** ∂ρ/∂Δr = e. */
  private range(weight: number): number {
    const [a, b] = this.epochs;
    const { range } = rangeAndRate(a.state, b.state);
    this.partial.fill(0);
    for (let k = 0; k < 2; k++) {
      const sign = (k === 0 ? -1 : 1) * weight;
      for (let c = 0; c < 3; c++) this.partial[c] = (sign * (b.state[c] - a.state[c])) / range;
      this.satelliteColumns(k);
    }
    return range;
  }

  /**
   * ρ̈ = (|Δv|² − ρ̇² + d·Δa)/ρ. ∂ρ̈/∂Δr = (Δa − 2ρ̇(Δv − ρ̇e)/ρ − ρ̈e)/ρ, ∂ρ̈/∂Δv = 2(Δv − ρ̇e)/ρ, ∂ρ̈/∂Δa = e; the
   * acceleration depends on the position through its gradient, and on the parameters of the forces directly.
   */
  private rangeAcceleration(weight: number): number {
    const [a, b] = this.epochs;
    const { rule } = this.models[0].grid;
    const interpolation = interpolationWeights(rule, this.fraction);
    this.epochs.forEach((epoch, k) => {
      epoch.evaluateForces(this.models[k], this.segment, interpolation);
    });
    const d = [0, 1, 2].map((c) => b.state[c] - a.state[c]);
    const dv = [3, 4, 5].map((c) => b.state[c] - a.state[c]);
    const da = [0, 1, 2].map((c) => b.acceleration[c] - a.acceleration[c]);
    const { range, rangeRate: rate, rangeAcceleration } = rangingGeometry(d, dv, da);
    const e = d.map((v) => v / range);
    for (let k = 0; k < 2; k++) {
      const sign = (k === 0 ? -1 : 1) * weight;
      const { gradient } = this.epochs[k];
      for (let c = 0; c < 3; c++) {
        const across = dv[c] - rate * e[c];
        const pull = e[0] * gradient[c] + e[1] * gradient[3 + c] + e[2] * gradient[6 + c];
        const geometric = (da[c] - (2 * rate * across) / range - rangeAcceleration * e[c]) / range;
        this.partial[c] = sign * (geometric + pull);
        this.partial[3 + c] = (sign * 2 * across) / range;
      }
      this.satelliteColumns(k);
      this.directColumns(k, sign, e, interpolation);
    }
    return rangeAcceleration;
  }

  /** Adds the immediate effect of the force parameters on the acceleration at the epoch. */
  private directColumns(k: number, sign: number, e: readonly number[], interpolation: Float64Array): void {
    if (this.layout.dynamicCount === 0) return;
    const { rotation, rule } = this.models[k].grid;
    const target = this.row * this.inner + (6 + 3 * rule.q) * k + 6;
    for (let j = 0; j < rule.q; j++) {
      const r = 9 * (this.segment * rule.q + j);
      const terrestrial = rotate(rotation.subarray(r, r + 9), e[0], e[1], e[2]);
      for (let c = 0; c < 3; c++) this.left[target + 3 * j + c] += sign * interpolation[j] * terrestrial[c];
    }
  }

  private position(k: number, c: number, observed: number, sigma: number): void {
    const weight = 1 / sigma;
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
    const row = (this.row + this.shift) * inner + (6 + 3 * q) * k;
    const dataRow = (this.firstRow + this.row) * this.ldw;
    for (let c = 0; c < 6; c++) {
      let sum = 0;
      for (let r = 0; r < 6; r++) sum += partial[r] * phi[6 * r + c];
      combined[c] = sum;
      left[row + c] = sum;
      this.data[dataRow + 6 * k + c] = sum;
    }
    if (this.layout.dynamicCount === 0) return;
    const inverse = this.inverse[k];
    const target = row + 6;
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
