import type { LinearAlgebra } from '@gravity/linalg';
import { type ArcOptions, computeArcNormals } from '../arc/arc-normals.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { computeAccelerationNormals } from './acceleration-normals.js';
import { computeShortArcNormals } from './short-arc-normals.js';
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
