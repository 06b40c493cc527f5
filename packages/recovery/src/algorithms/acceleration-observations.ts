import { computedRanging } from '../arc/computed-ranging.js';
import { rangingSigma } from '../arc/observation-set.js';
import type { PreparedArc } from '../arc/prepare-arc.js';
import { ArcError } from '../errors.js';
import type { NoiseModel } from '../stochastic/types.js';
import type { RecoverySetup } from '../types.js';
import { derivativeWeights, evenRuns, samplingOf } from './differentiator.js';
import { DerivativeFilter, derivativeNoise, ProcessFilter, type RowFilter } from './row-filters.js';

export const DEFAULT_DIFFERENTIATOR_POINTS = 9;

/** Range accelerations less those of the reference orbits. */
export interface AccelerationObservations {
  /** Seconds of the arc. */
  readonly seconds: Float64Array;
  /** m/s² */
  readonly reduced: Float64Array;
  readonly filter: RowFilter;
}

/**
 * Range accelerations of an arc: differentiated range rates, or observed ones. What is differentiated is the small
 * difference to the range rates of the reference orbits, so that the differentiator has little to miss.
 *
 * @throws RangeError for ranges; ArcError 'too_few_observations'
 */
export function accelerationObservations(
  setup: RecoverySetup,
  { models, observations: { rangeRate } }: PreparedArc,
  noise: NoiseModel | undefined,
): AccelerationObservations {
  const { type, seconds, value, sigma, weights } = rangeRate;
  if (type === 'range') {
    throw new RangeError(
      "rangingObservation: 'acceleration' takes range_rate or range_acceleration, not range",
    );
  }
  const difference = value.map((v, i) => v - computedRanging(type, models, seconds[i]));
  const scale = seconds.length > 0 ? (sigma / rangingSigma(setup)) ** 2 : 1;
  const scaled = noise && { ...noise, autocovariance: noise.autocovariance.map((c) => c * scale) };
  if (type === 'range_acceleration') {
    const white = { samplingSeconds: samplingOf(seconds), autocovariance: [sigma ** 2] };
    const filter = new ProcessFilter(scaled ?? white, seconds, weights?.map(Math.sqrt));
    return { seconds, reduced: difference, filter };
  }
  const points = setup.differentiatorPoints ?? DEFAULT_DIFFERENTIATOR_POINTS;
  const step = samplingOf(seconds);
  const derivative = derivativeWeights(points, step);
  const runs = evenRuns(seconds, step, points);
  const middle = (points - 1) / 2;
  const centres = runs.flatMap(({ first, count }) =>
    Array.from({ length: count - points + 1 }, (_, i) => first + middle + i),
  );
  if (centres.length === 0) {
    throw new ArcError(
      'too_few_observations',
      `${seconds.length} range rates, none of them with ${middle} neighbours on both sides to differentiate it`,
    );
  }
  const epochs = Float64Array.from(centres, (i) => seconds[i]);
  const reduced = Float64Array.from(centres, (i) => {
    let sum = 0;
    for (let j = 0; j < points; j++) sum += derivative[j] * difference[i - middle + j];
    return sum;
  });
  const variance = (i: number) => sigma ** 2 / (weights?.[i] ?? 1);
  const filter = scaled
    ? new ProcessFilter(
        derivativeNoise(scaled, derivative),
        epochs,
        weights && Float64Array.from(centres, (i) => Math.sqrt(weights[i])),
      )
    : new DerivativeFilter(
        derivative,
        runs.map(({ first, count }) => Float64Array.from({ length: count }, (_, i) => variance(first + i))),
      );
  return { seconds: epochs, reduced, filter };
}
