import type { LinearAlgebra } from '@gravity/linalg';
import { predictors } from '../stochastic/noise-model.js';
import type { NoiseModel } from '../stochastic/types.js';
import type { Run } from './differentiator.js';

/**
 * Makes the noise of derivatives white. They share samples with their neighbours, so that their covariance is D C Dᵀ,
 * with C the covariance of the samples; its Cholesky factor is taken as a whole for every unbroken run.
 */
export class DerivativeWhitener {
  private readonly factors = new Map<number, Float64Array>();
  private autocovariance = new Float64Array(0);

  /**
   * @param weights of the differentiator; a single one of 1 for samples as they are
   * @param noise of the samples, continued beyond its lags by the autoregressive process of its order
   */
  constructor(
    private readonly weights: Float64Array,
    private readonly noise: NoiseModel,
    private readonly la: LinearAlgebra,
  ) {}

  /**
   * Whitens the rows of one run in place.
   *
   * @param run epochs of the samples: weights.length − 1 more than there are rows
   * @param robust weights (0, 1] of all samples, by which their variances are divided
   * @param data first row of the run, `width` columns, row-major with leading dimension `ld`
   */
  async apply(
    { first, count }: Run,
    robust: Float64Array | undefined,
    data: Float64Array,
    width: number,
    ld: number,
  ): Promise<void> {
    const rows = count - this.weights.length + 1;
    const own = robust?.subarray(first, first + count);
    const plain = !own || own.every((w) => w === 1);
    let factor = plain ? this.factors.get(rows) : undefined;
    if (!factor) {
      factor = plain ? this.stationary(rows) : this.weighted(rows, own.map(Math.sqrt));
      await this.la.potrf(rows, factor, rows);
      if (plain) this.factors.set(rows, factor);
    }
    await this.la.trsm(true, rows, width, factor, rows, data, ld);
  }

  /** Upper triangle of D C Dᵀ, of which one row is all. */
  private stationary(rows: number): Float64Array {
    const { weights } = this;
    const c = this.covariances(rows + weights.length);
    const lags = Float64Array.from({ length: rows }, (_, k) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) {
        for (let j = 0; j < weights.length; j++) sum += weights[i] * weights[j] * c[Math.abs(k + i - j)];
      }
      return sum;
    });
    const out = this.la.allocate(rows * rows);
    for (let i = 0; i < rows; i++) out.set(lags.subarray(0, rows - i), i * rows + i);
    return out;
  }

  private weighted(rows: number, roots: Float64Array): Float64Array {
    const { weights } = this;
    const n = weights.length;
    const c = this.covariances(rows + n);
    const out = this.la.allocate(rows * rows);
    for (let r = 0; r < rows; r++) {
      for (let s = r; s < rows; s++) {
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const own = weights[i] / roots[r + i];
          for (let j = 0; j < n; j++) sum += (own * weights[j] * c[Math.abs(s + j - r - i)]) / roots[s + j];
        }
        out[r * rows + s] = sum;
      }
    }
    return out;
  }

  private covariances(lags: number): Float64Array {
    if (this.autocovariance.length >= lags) return this.autocovariance;
    const { order, coefficients } = predictors(this.noise.autocovariance);
    const c = new Float64Array(lags);
    c.set(this.noise.autocovariance.slice(0, lags));
    for (let k = order + 1; k < lags; k++) {
      for (let j = 1; j <= order; j++) c[k] += coefficients[order][j - 1] * c[k - j];
    }
    this.autocovariance = c;
    return c;
  }
}
