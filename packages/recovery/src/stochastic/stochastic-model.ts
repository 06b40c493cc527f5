import type { ArcEvaluation } from '../arc/evaluate-arc.js';
import { addLagSums, estimateNoise, type NoiseEstimate } from './lag-sums.js';
import type { NoiseModel, VarianceFactors } from './types.js';
import { updateVarianceFactors } from './variance-components.js';

/** What of the noise is estimated from residuals, and for what together. */
export interface StochasticOptions {
  /** An autoregressive model of the ranging noise for every arc, or one for all; white noise when absent. */
  readonly rangingNoise?: { readonly scope: 'arc' | 'mission'; readonly maxOrder?: number };
  /** Variance factors of positions and ranging. */
  readonly varianceFactors: 'none' | 'arc' | 'mission';
}

/** Highest order of an autoregressive model unless another is given. */
export const DEFAULT_NOISE_ORDER = 30;

/** The noise of one arc's observations beside what the setup states. Plain data. */
export interface ArcModel {
  readonly varianceFactors: VarianceFactors;
  readonly rangingNoise?: NoiseModel;
}

export interface StochasticModel {
  /** In the order of the arcs. */
  readonly arcs: readonly ArcModel[];
  /** One for every arc (absent where it has no residuals), or one for all. */
  readonly noise: readonly (NoiseEstimate | undefined)[];
  /** Largest |ln| of a change of a variance by the last update; infinite when a noise model was found for the first time. */
  readonly change: number;
}

/** What an update needs of an evaluated arc; absent for an arc that could not be used. */
export type EvaluatedArc = Pick<ArcEvaluation, 'variances' | 'lags'> | undefined;

/** Nothing known: the noise is what the setup states. */
export function statedModel(arcCount: number): StochasticModel {
  return { arcs: Array.from({ length: arcCount }, () => ({ varianceFactors: {} })), noise: [], change: 0 };
}

/**
 * One step of the stochastic model from the residuals of all arcs under the solution, evaluated with the model before.
 *
 * Where both a noise model and variance factors of the ranging are estimated, the first model takes the whole of the
 * variance; later ones keep its innovation variance, so that the factor tells how it changes: both together would
 * take every step twice. With a model for every arc and factors for the mission the models carry the variance, and
 * positions alone have factors.
 *
 * @throws RangeError when the residuals of arcs with a common model are sampled differently, or there are none
 */
export function updateStochasticModel(
  before: StochasticModel,
  evaluated: readonly EvaluatedArc[],
  options: StochasticOptions,
): StochasticModel {
  const { rangingNoise: wanted, varianceFactors: scope } = options;
  const factorsCarry =
    wanted !== undefined && scope !== 'none' && !(wanted.scope === 'arc' && scope === 'mission');
  const noise = wanted ? estimates(before, evaluated, wanted, factorsCarry) : [];
  let change = Math.max(0, ...noise.map((next, k) => noiseChange(before.noise[k], next)));
  const noiseOf = (i: number) => noise[wanted?.scope === 'arc' ? i : 0]?.model;
  let factors = before.arcs.map(({ varianceFactors }) => varianceFactors);
  if (scope !== 'none') {
    const first = before.noise.length === 0;
    const contributions = evaluated.map((arc) => {
      const skipsRanging = wanted !== undefined && (first || !factorsCarry);
      return (arc?.variances ?? []).filter(({ group }) => !(skipsRanging && group === 'ranging'));
    });
    const update = updateVarianceFactors(contributions, scope);
    factors = factors.map((own, i) => (contributions[i].length > 0 ? { ...own, ...update.factors[i] } : own));
    change = Math.max(change, update.change);
  }
  return {
    arcs: factors.map((varianceFactors, i) => {
      const rangingNoise = noiseOf(i);
      return { varianceFactors, ...(rangingNoise && { rangingNoise }) };
    }),
    noise,
    change,
  };
}

function estimates(
  before: StochasticModel,
  evaluated: readonly EvaluatedArc[],
  { scope, maxOrder = DEFAULT_NOISE_ORDER }: NonNullable<StochasticOptions['rangingNoise']>,
  keepInnovation: boolean,
): readonly (NoiseEstimate | undefined)[] {
  const parts = evaluated.map((arc, i) => {
    const factor = before.arcs[i].varianceFactors.ranging;
    return arc?.lags && arc.lags.counts[0] > 0 && arc.lags.sums[0] > 0
      ? { lags: arc.lags, factor }
      : undefined;
  });
  const estimate = (
    lags: Parameters<typeof addLagSums>[0],
    known: NoiseEstimate | undefined,
  ): NoiseEstimate => {
    const next = estimateNoise(addLagSums(lags), { maxOrder });
    return keepInnovation && known ? scaled(next, (known.innovationSigma / next.innovationSigma) ** 2) : next;
  };
  if (scope === 'mission')
    return [
      estimate(
        parts.filter((part) => part !== undefined),
        before.noise[0],
      ),
    ];
  return parts.map((part, i) => (part ? estimate([part], before.noise[i]) : before.noise[i]));
}

function scaled(estimate: NoiseEstimate, factor: number): NoiseEstimate {
  const { model, innovationSigma } = estimate;
  return {
    ...estimate,
    model: { ...model, autocovariance: model.autocovariance.map((c) => c * factor) },
    innovationSigma: innovationSigma * Math.sqrt(factor),
  };
}

/** Largest |ln| of the change of innovation and total variance. */
function noiseChange(before: NoiseEstimate | undefined, after: NoiseEstimate | undefined): number {
  if (!after || before === after) return 0;
  if (!before) return Number.POSITIVE_INFINITY;
  return Math.max(
    Math.abs(Math.log(after.innovationSigma / before.innovationSigma)) * 2,
    Math.abs(Math.log(after.model.autocovariance[0] / before.model.autocovariance[0])),
  );
}
