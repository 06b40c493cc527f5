import { DEFAULT_NOISE_ORDER, type StochasticIteration } from '@gravity/recovery';
import type { FieldReader } from '../../field-reader.js';

export const NOISE_MODELS = ['white', 'autocovariance'] as const;
export const VARIANCE_SCOPES = ['none', 'arc', 'mission'] as const;
export const NOISE_SCOPES = ['arc', 'mission'] as const;
/** Lags at 5 s: five minutes, a twentieth of a revolution. */
export const HIGHEST_NOISE_ORDER = 60;
export const STOCHASTIC_DEFAULTS = { maxIterations: 4, tolerance: 0.02 } as const;
export const MOST_STOCHASTIC_ITERATIONS = 10;

/**
 * Reads `noise_model` and `variance_components` of the observations: a word, or an object with options. Undefined when
 * the noise is to be taken as stated. Faults are collected by the reader.
 */
export function parseStochastic(
  observations: FieldReader,
  { algorithm, ranging }: { readonly algorithm: string; readonly ranging: string },
): StochasticIteration | undefined {
  const rangingNoise = noiseModel(observations);
  const { varianceFactors, maxIterations, tolerance } = varianceComponents(observations);
  const wanted = [rangingNoise && 'noise_model', varianceFactors !== 'none' && 'variance_components'];
  for (const name of wanted) {
    if (!name || algorithm !== 'orbit') continue;
    observations.refuse(name, "is for fields; algorithm 'orbit' takes the noise as stated");
  }
  if (rangingNoise && ranging === 'none') {
    observations.refuse('noise_model', "needs ranging, which observations.ranging 'none' leaves out");
  }
  if (!rangingNoise && varianceFactors === 'none') return undefined;
  return { varianceFactors, maxIterations, tolerance, ...(rangingNoise && { rangingNoise }) };
}

function noiseModel(parent: FieldReader): StochasticIteration['rangingNoise'] {
  const word = parent.isObject('noise_model')
    ? undefined
    : parent.choice('noise_model', NOISE_MODELS, 'white');
  if (word === 'white') return undefined;
  if (word !== undefined) return { scope: 'arc', maxOrder: DEFAULT_NOISE_ORDER };
  const reader = parent.object('noise_model');
  if (!reader.has('method')) reader.refuse('method', 'is required');
  if (reader.choice('method', NOISE_MODELS, 'white') === 'white') {
    reader.only(['method']);
    return undefined;
  }
  reader.only(['method', 'scope', 'max_order']);
  return {
    scope: reader.choice('scope', NOISE_SCOPES, 'arc'),
    maxOrder: reader.integer('max_order', DEFAULT_NOISE_ORDER, 1, HIGHEST_NOISE_ORDER),
  };
}

function varianceComponents(parent: FieldReader): Omit<StochasticIteration, 'rangingNoise'> {
  if (!parent.isObject('variance_components')) {
    const varianceFactors = parent.choice('variance_components', VARIANCE_SCOPES, 'none');
    return { varianceFactors, ...STOCHASTIC_DEFAULTS };
  }
  const reader = parent.object('variance_components');
  reader.only(['scope', 'max_iterations', 'tolerance']);
  return {
    varianceFactors: reader.choice('scope', VARIANCE_SCOPES, 'arc'),
    maxIterations: reader.integer(
      'max_iterations',
      STOCHASTIC_DEFAULTS.maxIterations,
      1,
      MOST_STOCHASTIC_ITERATIONS,
    ),
    tolerance: reader.number('tolerance', STOCHASTIC_DEFAULTS.tolerance, 1e-4, 1),
  };
}
