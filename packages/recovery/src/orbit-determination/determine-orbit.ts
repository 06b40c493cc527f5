import { createEarthRotation } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { type DesignLayout, designLayout } from '../arc/design-layout.js';
import { initialState } from '../arc/initial-state.js';
import { factorizeLocal, inverseLocal, solveLocal } from '../arc/local-solve.js';
import { prepareObservations } from '../arc/observation-set.js';
import { type SatelliteModel, satelliteModels } from '../arc/satellite-model.js';
import { ArcError } from '../errors.js';
import type { ArcObservations, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { orbitSeries, positionResiduals } from './orbit-series.js';
import { rmsOfUsed, screen, summarize } from './screening.js';
import type {
  EstimatedParameter,
  OrbitDetermination,
  OrbitDeterminationOptions,
  OrbitSetup,
} from './types.js';
import { emptyResiduals, weightedNormals } from './weighted-normals.js';

const MAX_ITERATIONS = 40;
/** Steps below this many standard deviations leave the partial derivatives as they are. */
const KEEP_TRANSITION_STEP = 100;
/** Weights of robust estimation settle slowly and need not to the end. */
const WEIGHT_TOLERANCE = 0.02;

/**
 * Determines the orbits of an arc: initial states, accelerometer calibration, empirical accelerations and ranging
 * parameters are fitted to positions and, for a pair, range rates under the forces of the setup (Gauss–Newton), and
 * the observations are screened until neither orbit nor weights change.
 *
 * @param setup as for a recovery; the coefficients stay as they are
 * @throws ArcError 'orbit_not_converged', 'orbit_diverged', 'singular_arc', 'too_few_observations', 'no_orbit',
 *   'bad_series', 'cancelled'; RangeError for settings that make no sense
 */
export async function determineOrbit(
  setup: OrbitSetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: OrbitDeterminationOptions = {},
): Promise<OrbitDetermination> {
  const whole: RecoverySetup = { degreeMin: 2, degreeMax: 2, ...setup };
  validateInputs(whole, arc);
  const { screening = { method: 'clip' }, tolerance = 1e-3, maxIterations = MAX_ITERATIONS } = options;
  const rotation = createEarthRotation(setup.earthRotation);
  const { ranging, ...positionsOnly } = arc;
  const observed = ranging && options.rangeRate !== false ? arc : positionsOnly;
  const observations = prepareObservations(whole, observed, rotation);
  const models = satelliteModels(whole, arc, rotation);
  const { rangeRate } = observations;
  const layout = designLayout(setup, models, rangeRate.seconds.length > 0, 0, rangeRate.parameters);
  const states = models.map((model) => {
    const { satellite, orbit } = model.arc;
    const { startGpsSeconds: start, endGpsSeconds: end } = arc;
    return initialState(satellite, orbit, start, end, setup.referenceField, rotation);
  });
  const rangingValues = new Float64Array(layout.rangingCount);
  const residuals = emptyResiduals(setup, arc, observations);
  const ld = layout.columnCount;
  const n = layout.localCount;
  let step = Number.POSITIVE_INFINITY;
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    if (options.signal?.aborted) throw new ArcError('cancelled', 'the computation was cancelled');
    models.forEach((model, k) => {
      integrate(model, states[k], step < KEEP_TRANSITION_STEP);
    });
    const { normals, used, squares } = await weightedNormals(
      models,
      observations,
      layout,
      residuals,
      rangingValues,
      la,
    );
    if (used <= n) {
      throw new ArcError('too_few_observations', `${used} observations for ${n} parameters of the arc`);
    }
    const correction = Float64Array.from({ length: n }, (_, i) => normals[i * ld + n]);
    const values = parameterValues(layout, models, rangingValues);
    let constraint = 0;
    for (let i = 0; i < n; i++) {
      const weight = layout.localWeights[i];
      normals[i * ld + i] += weight;
      correction[i] -= weight * values[i];
      constraint += weight * values[i] ** 2;
    }
    const gradient = correction.slice();
    factorizeLocal(n, normals, ld, layout.localNames);
    solveLocal(n, normals, ld, correction);
    let change = 0;
    for (let i = 0; i < n; i++) change += gradient[i] * correction[i];
    step = Math.sqrt(Math.max(0, change) / used);
    options.onProgress?.(iteration, step);
    if (step < tolerance) {
      const moved = residuals.map((r) => screen(r, screening));
      if (Math.max(...moved) <= (screening.method === 'clip' ? 0 : WEIGHT_TOLERANCE)) {
        const sigma0 = Math.sqrt((squares + constraint) / (used - n + constrained(layout)));
        const covariance = inverseLocal(n, normals, ld);
        for (let i = 0; i < covariance.length; i++) covariance[i] *= sigma0 ** 2;
        const parameter = (i: number, name: string): EstimatedParameter => ({
          name,
          value: values[i],
          sigma: Math.sqrt(covariance[i * n + i]),
        });
        const range = (first: number, names: readonly string[]) =>
          names.map((name, i) => parameter(first + i, name));
        let offset = layout.dynamicOffset;
        const satellites = models.map((model, k) => {
          const parameters = range(offset, model.calibrationNames);
          offset += model.calibration.length;
          return {
            satellite: model.arc.satellite,
            initialState: states[k],
            covariance: Float64Array.from(
              { length: 36 },
              (_, i) => covariance[(6 * k + Math.floor(i / 6)) * n + 6 * k + (i % 6)],
            ),
            parameters,
            ...orbitSeries(
              model.trajectory!,
              rotation,
              options.outputSamplingSeconds ?? setup.positionSamplingSeconds,
            ),
            positions: positionResiduals(model.trajectory!, residuals[k]),
          };
        });
        const last = residuals[models.length];
        return {
          startGpsSeconds: arc.startGpsSeconds,
          endGpsSeconds: arc.endGpsSeconds,
          satellites,
          ...(last ? { rangeRate: { ...summarize(last), rms: rmsOfUsed(last) } } : {}),
          rangingParameters: range(
            6 * models.length,
            layout.localNames.slice(6 * models.length, layout.dynamicOffset),
          ),
          iterations: iteration,
          sigma0,
          parameterCount: n,
        };
      }
      step = KEEP_TRANSITION_STEP;
    }
    let offset = 0;
    for (const state of states) for (let i = 0; i < 6; i++) state[i] += correction[offset++];
    for (let i = 0; i < rangingValues.length; i++) rangingValues[i] += correction[offset++];
    for (const model of models) {
      for (let i = 0; i < model.calibration.length; i++) model.calibration[i] += correction[offset++];
    }
  }
  throw new ArcError(
    'orbit_not_converged',
    `${arc.satellites.map((s) => s.satellite).join(', ')}: the orbit still changes by ${step.toExponential(2)} standard ` +
      `deviations after ${maxIterations} iterations; check units, time scale and frame of the positions`,
  );
}

function integrate(model: SatelliteModel, state: Float64Array, keepTransition: boolean): void {
  try {
    model.integrate(state, keepTransition);
  } catch (error) {
    if (!(error instanceof ArcError)) throw error;
    throw new ArcError(
      error.code,
      `${model.arc.satellite}: ${error.message}; check units, time scale and frame`,
    );
  }
}

/** Present values in the order of the columns; initial states have no a-priori weight and stay zero here. */
function parameterValues(
  layout: DesignLayout,
  models: readonly SatelliteModel[],
  ranging: Float64Array,
): Float64Array {
  const values = new Float64Array(layout.localCount);
  values.set(ranging, 6 * models.length);
  let offset = layout.dynamicOffset;
  for (const { calibration } of models) {
    values.set(calibration, offset);
    offset += calibration.length;
  }
  return values;
}

/** Number of parameters with an a-priori weight: each of them is an observation of its own. */
function constrained({ localWeights }: DesignLayout): number {
  return localWeights.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
}
