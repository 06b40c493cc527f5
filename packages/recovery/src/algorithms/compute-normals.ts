import type { LinearAlgebra } from '@gravity/linalg';
import { type ArcOptions, computeArcNormals } from '../arc/arc-normals.js';
import { type ArcEvaluation, type EvaluationOptions, evaluateArc } from '../arc/evaluate-arc.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { accelerationSystem, computeAccelerationNormals } from './acceleration-normals.js';
import { computeShortArcNormals, shortArcSystem } from './short-arc-normals.js';
import { validateAlgorithm } from './validate-algorithm.js';

/**
 * Normal equations of one arc by the algorithm of the setup, `variational` when it names none. All take the same
 * observations and give the same kind of normals, which may be summed and solved together.
 *
 * @throws ArcError with a reason when the arc cannot be used; RangeError for settings that make no sense
 */
export async function computeNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcNormals> {
  validateAlgorithm(setup);
  switch (setup.algorithm ?? 'variational') {
    case 'short_arc':
      return computeShortArcNormals(setup, arc, la, options);
    case 'acceleration':
      return computeAccelerationNormals(setup, arc, la, options);
    default:
      return computeArcNormals(setup, arc, la, options);
  }
}

/**
 * What an arc says about a fixed field, by the algorithm of the setup: its own parameters are fitted to the
 * observations, and the residuals reported. What the stochastic model needs of them (variances, lags, series) comes
 * from the variational algorithm alone.
 *
 * @throws ArcError when the arc cannot be used; RangeError for settings that make no sense
 */
export async function evaluateNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: EvaluationOptions = {},
): Promise<ArcEvaluation> {
  validateAlgorithm(setup);
  const { algorithm = 'variational' } = setup;
  if (algorithm === 'variational') return evaluateArc(setup, arc, la, options);
  for (const name of ['variances', 'maxLag', 'series'] as const) {
    if (options[name]) throw new RangeError(`${name}: not with algorithm '${algorithm}'`);
  }
  const system = algorithm === 'short_arc' ? shortArcSystem : accelerationSystem;
  const { residuals, orbitIterations, startGpsSeconds, endGpsSeconds } = await system(
    setup,
    arc,
    la,
    options,
    false,
  );
  return { startGpsSeconds, endGpsSeconds, residuals, orbitIterations };
}
