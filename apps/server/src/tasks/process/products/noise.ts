import { type NoiseEstimate, noiseSpectrum } from '@gravity/recovery';
import type { EstimatedNoise, ProductContext } from './context.js';

/** Points of a spectrum in the report. */
const SPECTRUM_POINTS = 33;
/** Lowest frequency shown, Hz: about once per revolution. */
const LOWEST_FREQUENCY = 1.8e-4;

/** JSON has no infinity. */
export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** What was estimated, how it went, and the range it came out in; the same in report, result and database. */
export function noiseSummary(
  { request, passes }: ProductContext,
  { arcs, iterations, converged }: EstimatedNoise,
) {
  const { stochastic } = request.observations;
  const factors = arcs.map(({ varianceFactors }) => varianceFactors);
  const ranging = factors.flatMap((f) => (f.ranging === undefined ? [] : [f.ranging]));
  const positions = factors.flatMap((f) => Object.values(f.positions ?? {}));
  const changes = passes.flatMap((pass) => pass.stochasticChange ?? []);
  return {
    noise_model: stochastic?.rangingNoise ? 'autocovariance' : 'white',
    ...(stochastic?.rangingNoise && { noise_scope: stochastic.rangingNoise.scope }),
    variance_components: stochastic?.varianceFactors ?? 'none',
    iterations,
    converged,
    tolerance: stochastic?.tolerance,
    last_change: finiteOrNull(changes.at(-1) ?? Number.POSITIVE_INFINITY),
    ...(ranging.length > 0 && { ranging_variance_factor: extremes(ranging) }),
    ...(positions.length > 0 && { position_variance_factor: extremes(positions) }),
  };
}

function extremes(values: readonly number[]) {
  return {
    min: Math.min(...values),
    mean: values.reduce((sum, v) => sum + v, 0) / values.length,
    max: Math.max(...values),
  };
}

/** The model that all arcs share; undefined when each has its own, or the noise is white. */
export function commonNoise({ request }: ProductContext, { noise }: EstimatedNoise) {
  const { rangingNoise } = request.observations.stochastic ?? {};
  return rangingNoise?.scope === 'mission' && noise[0] ? modelOf(noise[0]) : undefined;
}

/** Variance factors of an arc, and its noise model where it has its own. */
export function arcNoise({ request }: ProductContext, { arcs, noise }: EstimatedNoise, index: number) {
  const { stochastic } = request.observations;
  const { ranging, positions = {} } = arcs[index].varianceFactors;
  const own = stochastic?.rangingNoise?.scope === 'arc' ? noise[index] : undefined;
  return {
    ...(stochastic?.varianceFactors !== 'none' && {
      variance_factors: { ...(ranging !== undefined && { ranging }), positions },
    }),
    ...(own && { ranging_noise: modelOf(own) }),
  };
}

/**
 * A noise model as the report has it: autocovariance by lag (squared unit of the observation), and the one-sided
 * power spectral density it stands for (squared unit per hertz) at frequencies spaced by equal ratios.
 */
function modelOf({ model, order, innovationSigma }: NoiseEstimate) {
  const { samplingSeconds, autocovariance } = model;
  const nyquist = 0.5 / samplingSeconds;
  const lowest = Math.min(LOWEST_FREQUENCY, nyquist / 10);
  const frequencies = Array.from({ length: SPECTRUM_POINTS }, (_, i) => {
    return lowest * (nyquist / lowest) ** (i / (SPECTRUM_POINTS - 1));
  });
  return {
    sampling_seconds: samplingSeconds,
    order,
    sigma: Math.sqrt(autocovariance[0]),
    innovation_sigma: innovationSigma,
    autocovariance,
    spectrum: {
      frequency_hz: frequencies,
      power_spectral_density: Array.from(noiseSpectrum(model, frequencies)),
    },
  };
}
