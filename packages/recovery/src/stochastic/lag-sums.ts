import { predictors } from './noise-model.js';
import type { LagSums, NoiseModel } from './types.js';

const RASTER_TOLERANCE = 1e-3;
/** Part of a run that is tapered at either end, and the shortest taper in epochs. */
const TAPER_PART = 0.05;
const TAPER_EPOCHS = 30;

/**
 * Sums of lagged products of evenly sampled residuals with gaps.
 *
 * Every unbroken run is tapered at its ends by a cosine bell. Without, the ends alone (one product less for every lag)
 * would hide how small the innovations of a strongly correlated process are. What is missing counts as zero, which
 * keeps the estimate positive definite.
 *
 * @param seconds increasing
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
  const follows = (i: number) =>
    i < seconds.length &&
    Math.abs(seconds[i] - seconds[i - 1] - samplingSeconds) < RASTER_TOLERANCE * samplingSeconds;
  let first = 0;
  while (first < seconds.length) {
    let end = first + 1;
    while (follows(end)) end++;
    const window = taper(end - first);
    for (let i = first; i < end; i++) {
      const own = window[i - first];
      for (let k = i; k < Math.min(end, i + maxLag + 1); k++) {
        const weight = own * window[k - first];
        sums[k - i] += weight * values[i] * values[k];
        counts[k - i] += weight;
      }
    }
    first = end;
  }
  return { samplingSeconds, sums, counts };
}

function taper(length: number): Float64Array {
  const ends = Math.min(length / 2, Math.max(TAPER_EPOCHS, TAPER_PART * length));
  return Float64Array.from({ length }, (_, i) => {
    const distance = Math.min(i, length - 1 - i) + 0.5;
    return distance >= ends ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * distance) / ends);
  });
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
  /** Standard deviation of what cannot be predicted from the values before. */
  readonly innovationSigma: number;
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
    innovationSigma: sigma[order],
    criterion,
  };
}
