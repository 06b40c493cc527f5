import { type Predictors, predictors } from './noise-model.js';
import type { NoiseModel } from './types.js';

/** Epochs may be off the raster by this part of the sampling. */
const RASTER_TOLERANCE = 1e-3;

/**
 * The filter that makes noise of a model white at given epochs: each value minus its prediction from those before in
 * the same unbroken run, over the standard deviation of that prediction. A missing epoch starts a new run; within a
 * run this is the inverse Cholesky factor of the Toeplitz covariance matrix. Correlation across gaps is left out.
 */
export class Whitener {
  readonly order: number;
  private readonly predictors: Predictors;
  /** Values of the run before each epoch, at most the order. */
  private readonly known: Int32Array;

  /**
   * @param sigma values come divided by this
   * @throws RangeError when the model is not positive definite
   */
  constructor(
    model: NoiseModel,
    readonly seconds: Float64Array,
    sigma: number,
  ) {
    this.predictors = predictors(model.autocovariance.map((c) => c / sigma ** 2));
    this.order = this.predictors.order;
    this.known = new Int32Array(seconds.length);
    const step = model.samplingSeconds;
    for (let i = 1; i < seconds.length; i++) {
      if (Math.abs(seconds[i] - seconds[i - 1] - step) > RASTER_TOLERANCE * step) continue;
      this.known[i] = Math.min(this.order, this.known[i - 1] + 1);
    }
  }

  /** How many values before epoch i its whitened value needs. */
  reach(i: number): number {
    return this.known[i];
  }

  /** Factor of the value j samples before epoch i in the whitened value of i (j = 0: itself). */
  weight(i: number, j: number): number {
    const k = this.known[i];
    const { sigma, coefficients } = this.predictors;
    return (j === 0 ? 1 : -coefficients[k][j - 1]) / sigma[k];
  }

  /** Whitens the rows (all epochs × width, row-major) in place. */
  apply(rows: Float64Array, width: number): void {
    for (let i = this.seconds.length - 1; i >= 0; i--) {
      const own = i * width;
      const head = this.weight(i, 0);
      for (let c = 0; c < width; c++) rows[own + c] *= head;
      for (let j = 1; j <= this.known[i]; j++) {
        const w = this.weight(i, j);
        const before = (i - j) * width;
        for (let c = 0; c < width; c++) rows[own + c] += w * rows[before + c];
      }
    }
  }
}
