import { predictors } from '../stochastic/noise-model.js';
import type { NoiseModel } from '../stochastic/types.js';
import { Whitener } from '../stochastic/whitening.js';

/** Turns the rows of an arc, handed over in their order, into rows of white unit noise, in place. */
export interface RowFilter {
  next(row: Float64Array): void;
}

/** Lags to which the noise of derivatives of correlated noise is modelled beyond those of the noise itself. */
const EXTRA_LAGS = 120;

/**
 * The filter of derivatives of range rates with white noise: neighbours share samples, their covariance D C Dᵀ is a
 * band as wide as the differentiator. Its Cholesky factor, row by row, is the exact whitening of every unbroken run.
 */
export class DerivativeFilter implements RowFilter {
  private run = 0;
  private row = 0;
  private readonly band: number;
  /** L(r, r − k) at [r mod (band+1)][k]. */
  private readonly factor: Float64Array[];
  private readonly whitened: Float64Array[] = [];

  /**
   * @param weights of the differentiator
   * @param runs variances of the samples of every run; each gives weights.length − 1 rows less
   */
  constructor(
    private readonly weights: Float64Array,
    private readonly runs: readonly Float64Array[],
  ) {
    this.band = weights.length - 1;
    this.factor = Array.from({ length: this.band + 1 }, () => new Float64Array(this.band + 1));
  }

  next(row: Float64Array): void {
    const { band } = this;
    while (this.row + band >= this.runs[this.run].length) {
      this.run++;
      this.row = 0;
    }
    const r = this.row++;
    const own = this.factorRow(r);
    for (let k = Math.min(band, r); k > 0; k--) {
      const before = this.whitened[(r - k) % band];
      for (let c = 0; c < row.length; c++) row[c] -= own[k] * before[c];
    }
    for (let c = 0; c < row.length; c++) row[c] /= own[0];
    if (band > 0) this.whitened[r % band] = row.slice();
  }

  private factorRow(r: number): Float64Array {
    const { band, factor } = this;
    const own = factor[r % (band + 1)];
    for (let k = Math.min(band, r); k >= 0; k--) {
      const other = factor[(r - k) % (band + 1)];
      let sum = this.covariance(r, k);
      for (let j = k + 1; j <= Math.min(band, r); j++) sum -= own[j] * other[j - k];
      own[k] = k > 0 ? sum / other[0] : Math.sqrt(sum);
    }
    return own;
  }

  /** Of rows r and r − k. */
  private covariance(r: number, k: number): number {
    const { weights, runs, run, band } = this;
    let sum = 0;
    for (let j = 0; j + k <= band; j++) sum += weights[j] * weights[j + k] * runs[run][r + j];
    return sum;
  }
}

/** The filter of values whose noise is a stationary process. */
export class ProcessFilter implements RowFilter {
  private readonly whitener: Whitener;
  private readonly ring: Float64Array[] = [];
  private row = 0;

  /** @param roots of robust weights of the rows, if any */
  constructor(
    model: NoiseModel,
    seconds: Float64Array,
    private readonly roots?: Float64Array,
  ) {
    this.whitener = new Whitener(model, seconds, 1);
  }

  next(row: Float64Array): void {
    const { whitener, ring } = this;
    const i = this.row++;
    const root = this.roots?.[i] ?? 1;
    for (let c = 0; c < row.length; c++) row[c] *= root;
    const own = row.slice();
    const head = whitener.weight(i, 0);
    for (let c = 0; c < row.length; c++) row[c] *= head;
    for (let j = 1; j <= whitener.reach(i); j++) {
      const w = whitener.weight(i, j);
      const before = ring[(i - j) % whitener.order];
      for (let c = 0; c < row.length; c++) row[c] += w * before[c];
    }
    if (whitener.order > 0) ring[i % whitener.order] = own;
  }
}

/** Autocovariance of the derivatives of noise of a model: Σ d_i d_j c(k + i − j), the model continued beyond its lags. */
export function derivativeNoise(model: NoiseModel, weights: Float64Array): NoiseModel {
  const { order, coefficients } = predictors(model.autocovariance);
  const n = weights.length;
  const lags = order + EXTRA_LAGS;
  const c = Array.from(model.autocovariance);
  for (let k = c.length; k < lags + n; k++) {
    let sum = 0;
    for (let j = 1; j <= order; j++) sum += coefficients[order][j - 1] * c[k - j];
    c.push(sum);
  }
  const autocovariance = Array.from({ length: lags + 1 }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) sum += weights[i] * weights[j] * c[Math.abs(k + i - j)];
    }
    return sum;
  });
  return { samplingSeconds: model.samplingSeconds, autocovariance };
}
