import type { Screening } from '../types.js';
import type { Outlier, ResidualSummary } from './types.js';

/** Residuals of one kind: `width` components per observation, and one weight for all of them. */
export interface ScreenedResiduals {
  readonly gpsSeconds: Float64Array;
  readonly width: number;
  /** Observed minus computed, m or m/s. */
  readonly values: Float64Array;
  /** 0…1 */
  readonly weights: Float64Array;
  /** A-priori standard deviation. */
  readonly sigma: number;
}

/** Below this share of the a-priori standard deviation residuals are model error, not noise, and nothing is screened. */
const SMALLEST_SIGMA = 0.05;

/** 1.4826·median|v|, the standard deviation of a normal distribution, whatever the outliers; not below 5 % of sigma. */
export function robustSigma({ values, sigma }: Pick<ScreenedResiduals, 'values' | 'sigma'>): number {
  const sorted = values.map(Math.abs).sort();
  const median = sorted.length === 0 ? 0 : sorted[sorted.length >> 1];
  return Math.max(SMALLEST_SIGMA * sigma, 1.4826 * median);
}

function weightOf(screening: Screening, size: number): number {
  if (screening.method === 'none') return 1;
  if (screening.method === 'clip') return size > (screening.factor ?? 5) ? 0 : 1;
  if (screening.method === 'huber') return Math.min(1, (screening.factor ?? 1.5) / size);
  const { low = 1.5, high = 5 } = screening;
  if (size <= low) return 1;
  if (size >= high) return 0;
  return (low / size) * ((high - size) / (high - low)) ** 2;
}

/**
 * Gives every observation its weight anew from the present residuals.
 *
 * @returns largest change of a weight
 */
export function screen(residuals: ScreenedResiduals, screening: Screening): number {
  const s = robustSigma(residuals);
  const { values, weights, width } = residuals;
  let change = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weightOf(screening, largest(values, width, i) / s);
    change = Math.max(change, Math.abs(weight - weights[i]));
    weights[i] = weight;
  }
  return change;
}

export function summarize(residuals: ScreenedResiduals): ResidualSummary {
  const { gpsSeconds, values, weights, width } = residuals;
  const s = robustSigma(residuals);
  const outliers: Outlier[] = [];
  let max = 0;
  let rejected = 0;
  for (let i = 0; i < weights.length; i++) {
    const size = largest(values, width, i);
    if (weights[i] === 0) rejected++;
    else max = Math.max(max, size);
    if (weights[i] < 0.5) {
      const residual = [...values.subarray(width * i, width * (i + 1))];
      outliers.push({ gpsSeconds: gpsSeconds[i], residual, size: size / s, weight: weights[i] });
    }
  }
  return { count: weights.length - rejected, rejected, robustSigma: s, max, outliers };
}

function largest(values: Float64Array, width: number, i: number): number {
  let size = 0;
  for (let c = 0; c < width; c++) size = Math.max(size, Math.abs(values[width * i + c]));
  return size;
}

/** RMS of the components of observations that are used. */
export function rmsOfUsed({ values, weights }: ScreenedResiduals): number {
  let sum = 0;
  let count = 0;
  weights.forEach((weight, i) => {
    if (weight === 0) return;
    sum += values[i] ** 2;
    count++;
  });
  return Math.sqrt(sum / count);
}
