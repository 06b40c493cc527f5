import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { RecoverySetup } from '../types.js';
import { forEachRowBatch } from './design.js';
import { designLayout } from './design-layout.js';
import { factorizeLocal, solveLocal } from './local-solve.js';
import { NO_RANGING, type ObservationSet } from './observation-set.js';
import type { OrbitIntegrator } from './orbit-threads.js';
import type { SatelliteModel } from './satellite-model.js';

const MAX_ITERATIONS = 12;
/** Linearization errors grow with the square of the last step: 0.1 mm leaves nothing. */
const CONVERGED_METERS = 1e-4;
/** After steps below this the partial derivatives stay as they are (a relative change of 1e-6). */
const KEEP_TRANSITION_METERS = 2;

/**
 * Fits initial state and calibration of one satellite to its positions (Gauss–Newton). The model is left integrated
 * at the fitted orbit, about which the arc is then linearized.
 *
 * @returns number of iterations
 * @throws ArcError 'orbit_not_converged' | 'singular_arc' | 'orbit_diverged'
 */
export async function fitOrbit(
  setup: RecoverySetup,
  model: SatelliteModel,
  observations: ObservationSet,
  satellite: number,
  initial: Float64Array,
  la: LinearAlgebra,
  integrator: OrbitIntegrator,
): Promise<number> {
  const state = initial.slice();
  const set: ObservationSet = {
    positions: [observations.positions[satellite]],
    rangeRate: NO_RANGING,
  };
  const layout = designLayout(setup, [model], false, 0);
  const { columnCount: ld, localCount: n } = layout;
  let step = Number.POSITIVE_INFINITY;
  for (let iteration = 1; iteration <= MAX_ITERATIONS; iteration++) {
    try {
      await integrator.integrate(model, state, step < KEEP_TRANSITION_METERS);
    } catch (error) {
      if (!(error instanceof ArcError)) throw error;
      throw new ArcError(
        error.code,
        `${model.arc.satellite}: ${error.message}; check units, time scale and frame`,
      );
    }
    const normals = la.allocate(ld * ld);
    let count = 0;
    await forEachRowBatch([model], set, layout, undefined, la, async ({ rows, data }) => {
      count += rows;
      await la.syrk(ld, rows, 1, data, ld, 1, normals, ld);
    });
    const rightHandSide = Float64Array.from({ length: n }, (_, i) => normals[i * ld + n]);
    for (let i = 0; i < n; i++) {
      const prior = layout.localWeights[i];
      normals[i * ld + i] += prior;
      if (i >= 6) rightHandSide[i] -= prior * model.calibration[i - 6];
    }
    const gradient = rightHandSide.slice();
    factorizeLocal(n, normals, ld, layout.localNames);
    solveLocal(n, normals, ld, rightHandSide);
    // xᵀNx is the squared change of the observations that the step predicts.
    let change = 0;
    for (let i = 0; i < n; i++) change += gradient[i] * rightHandSide[i];
    step = set.positions[0].sigma * Math.sqrt(Math.max(0, change) / count);
    // The last, negligible step is left to the adjustment, which estimates the state anyway.
    if (step < CONVERGED_METERS) return iteration;
    for (let i = 0; i < 6; i++) state[i] += rightHandSide[i];
    for (let i = 6; i < n; i++) model.calibration[i - 6] += rightHandSide[i];
  }
  throw new ArcError(
    'orbit_not_converged',
    `${model.arc.satellite}: the orbit fit still moves by ${step.toExponential(2)} m after ${MAX_ITERATIONS} iterations; ` +
      'check units, time scale and frame of the positions',
  );
}
