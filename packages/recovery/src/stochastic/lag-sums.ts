import { predictors } from './noise-model.js';
import type { LagSums, NoiseModel } from './types.js';

const RASTER_TOLERANCE = 1e-3;

/**
 * Sums of lagged products of evenly sampled series with gaps (missing epochs count as zero, which keeps the estimate
 * positive definite).
 *
 * @param seconds increasing, on a raster of `samplingSeconds` but for gaps; epochs off the raster are left out
 * @param values one per epoch
 */
export function lagSums(
  seconds: Float64Array,
  values: Float64Array,
  samplingSeconds: number,
  maxLag: number,
): LagSums {
  const sums = new Float64Array(maxLag + 1);
  const counts = new Float64Array(maxLag + 1);
  if (seconds.length === 0) return { samplingSeconds, sums, counts };
  const index = new Int32Array(seconds.length);
  for (let i = 0; i < seconds.length; i++) {
    const position = (seconds[i] - seconds[0]) / samplingSeconds;
    index[i] = Math.abs(position - Math.round(position)) < RASTER_TOLERANCE ? Math.round(position) : -1;
  }
  for (let i = 0; i < seconds.length; i++) {
    if (index[i] < 0) continue;
    for (let k = i; k < seconds.length; k++) {
      if (index[k] < 0) continue;
      const lag = index[k] - index[i];
      if (lag > maxLag) break;
      sums[lag] += values[i] * values[k];
      counts[lag]++;
    }
  }
  return { samplingSeconds, sums, counts };
}

/** Sum of the sums of several arcs, each over the variance factor of its ranging. */
export function addLagSums(parts: readonly { readonly lags: LagSums; readonly factor?: number }[]): LagSums {
  if (parts.length === 0) throw new RangeError('there are no residuals to take a covariance from');
  const { samplingSeconds, sums: first } = parts[0].lags;
  const sums = new Float64Array(first.length);
  const counts = new Float64Array(first.length);
  for (const { lags, factor = 1 } of parts) {
    if (Math.abs(lags.samplingSeconds / samplingSeconds - 1) > 1e-6 || lags.sums.length !== first.length) {
      throw new RangeError(
        `residuals sampled every ${lags.samplingSeconds} s (${lags.sums.length} lags) and every ${samplingSeconds} s ` +
          `(${first.length} lags) have no common covariance`,
      );
    }
    for (let k = 0; k < sums.length; k++) {
      sums[k] += lags.sums[k] / factor;
      counts[k] += lags.counts[k];
    }
  }
  return { samplingSeconds, sums, counts };
}

export interface NoiseEstimate {
  readonly model: NoiseModel;
  /** Order chosen. */
  readonly order: number;
  /** Bayesian information criterion of orders 0…maxOrder, up to a constant. */
  readonly criterion: Float64Array;
}

/**
 * Autoregressive model of residuals (Yule–Walker) of the order that minimizes the Bayesian information criterion
 * N·ln σ²_p + p·ln N, or of a given one.
 *
 * @throws RangeError when there are no residuals
 */
export function estimateNoise(
  lags: LagSums,
  options: { readonly maxOrder?: number; readonly order?: number } = {},
): NoiseEstimate {
  const { sums, counts, samplingSeconds } = lags;
  const count = counts[0];
  if (!(count > 1 && sums[0] > 0)) throw new RangeError('there are no residuals to take a covariance from');
  const highest = Math.min(
    options.order ?? options.maxOrder ?? sums.length - 1,
    sums.length - 1,
    Math.floor(count / 10),
  );
  const autocovariance = Array.from(sums.subarray(0, highest + 1), (s) => s / count);
  const { sigma } = predictors(autocovariance);
  const criterion = sigma.map((s, p) => count * Math.log(s * s) + p * Math.log(count));
  let order = highest;
  if (options.order === undefined) {
    order = 0;
    for (let p = 1; p <= highest; p++) if (criterion[p] < criterion[order]) order = p;
  }
  return {
    model: { samplingSeconds, autocovariance: autocovariance.slice(0, order + 1) },
    order,
    criterion,
  };
}
