import type { NoiseModel } from './types.js';

/** Best linear predictions of a stationary process from 0…p values before. */
export interface Predictors {
  readonly order: number;
  /** coefficients[k][j − 1] multiplies the value j samples before, with k values known. */
  readonly coefficients: readonly Float64Array[];
  /** Standard deviation of the error of prediction with k values known. */
  readonly sigma: Float64Array;
}

/**
 * Levinson–Durbin recursion: one row of the inverse Cholesky factor of the Toeplitz covariance matrix per order
 * (Golub & Van Loan, Matrix Computations, 4.7).
 *
 * @throws RangeError when the autocovariance is not that of a process (not positive definite)
 */
export function predictors(autocovariance: ArrayLike<number>): Predictors {
  const order = autocovariance.length - 1;
  if (!(order >= 0 && autocovariance[0] > 0 && Number.isFinite(autocovariance[0]))) {
    throw new RangeError(`the variance (autocovariance at lag 0) must be positive, got ${autocovariance[0]}`);
  }
  const coefficients = [new Float64Array(0)];
  const sigma = new Float64Array(order + 1);
  let variance = autocovariance[0];
  sigma[0] = Math.sqrt(variance);
  for (let k = 1; k <= order; k++) {
    const last = coefficients[k - 1];
    let sum = autocovariance[k];
    for (let j = 1; j < k; j++) sum -= last[j - 1] * autocovariance[k - j];
    const reflection = sum / variance;
    variance *= 1 - reflection * reflection;
    if (!(variance > 0)) {
      throw new RangeError(`the autocovariance is not positive definite at lag ${k}`);
    }
    const next = new Float64Array(k);
    for (let j = 1; j < k; j++) next[j - 1] = last[j - 1] - reflection * last[k - j - 1];
    next[k - 1] = reflection;
    coefficients.push(next);
    sigma[k] = Math.sqrt(variance);
  }
  return { order, coefficients, sigma };
}

/**
 * One-sided power spectral density of the model, squared unit per hertz: 2·σ²·T / |1 − Σ a_j e^(−2πi f j T)|².
 *
 * @param frequencies Hz
 */
export function noiseSpectrum(model: NoiseModel, frequencies: ArrayLike<number>): Float64Array {
  const { order, coefficients, sigma } = predictors(model.autocovariance);
  const a = coefficients[order];
  const innovation = 2 * sigma[order] ** 2 * model.samplingSeconds;
  return Float64Array.from({ length: frequencies.length }, (_, i) => {
    const phase = 2 * Math.PI * frequencies[i] * model.samplingSeconds;
    let re = 1;
    let im = 0;
    for (let j = 1; j <= order; j++) {
      re -= a[j - 1] * Math.cos(phase * j);
      im += a[j - 1] * Math.sin(phase * j);
    }
    return innovation / (re * re + im * im);
  });
}
