import type { IntegrationWeights } from '../integration/gauss-legendre.js';
import type { SatelliteModel } from './satellite-model.js';

/** State and 6×6 transition of one satellite at one epoch, from the nodes of its segment. */
export class EpochEvaluator {
  readonly state = new Float64Array(6);
  readonly phi = new Float64Array(36);
  /** m/s², and its gradient (9, 1/s²): only after `evaluateForces`. */
  readonly acceleration = new Float64Array(3);
  readonly gradient = new Float64Array(9);
  private tensors: Float64Array | undefined;

  evaluate(
    model: SatelliteModel,
    segment: number,
    fraction: number,
    { once, twice }: IntegrationWeights,
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

  /** Acceleration and its gradient by interpolation between the nodes of the segment (weights of `interpolationRow`). */
  evaluateForces(model: SatelliteModel, segment: number, weights: Float64Array): void {
    const { q } = model.grid.rule;
    const { position, acceleration } = model.trajectory!;
    const base = segment * q;
    if (!this.tensors) {
      this.tensors = new Float64Array(9 * q);
      model.forces.gradients(base, q, position.subarray(3 * base, 3 * (base + q)), this.tensors);
    }
    this.acceleration.fill(0);
    this.gradient.fill(0);
    for (let j = 0; j < q; j++) {
      for (let c = 0; c < 3; c++) this.acceleration[c] += weights[j] * acceleration[3 * (base + j) + c];
      for (let c = 0; c < 9; c++) this.gradient[c] += weights[j] * this.tensors[9 * j + c];
    }
  }
}
