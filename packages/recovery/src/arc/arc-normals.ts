import type { LinearAlgebra } from '@gravity/linalg';
import { PartialsKernel } from '../kernels/partials-kernel.js';
import { takeCoefficients } from '../solve/take-coefficients.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { type ArcOptions, accumulate } from './accumulate.js';

export type { ArcOptions } from './accumulate.js';

/**
 * Normal equations of one arc for the coefficients of degrees degreeMin…degreeMax, linearized about orbits that are
 * fitted to the positions under the reference field. Initial states, calibration and ranging parameters of the arc
 * are eliminated (Schur complement).
 *
 * @throws ArcError with a reason when the arc cannot be used; RangeError for settings that make no sense
 */
export async function computeArcNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcNormals> {
  validateInputs(setup, arc);
  const partials = new PartialsKernel(
    setup.degreeMin,
    setup.degreeMax,
    setup.referenceField.gm,
    setup.referenceField.radius,
  );
  const { count, degreeMax: degree } = partials.ordering;
  const built = await accumulate(setup, arc, la, { partials, count, degree }, options);
  const { normals, layout, rows } = built;
  const n = layout.coefficientCount;
  const { columnCount: ld, localCount } = layout;
  const width = n + 1;
  const block = normals.subarray(localCount * ld + localCount);
  const since = performance.now();
  if (built.elimination) await la.syrk(width, localCount, -1, built.elimination, width, 1, block, ld);
  const { matrix, rightHandSide, weightedSquareSum } = takeCoefficients(normals, ld, localCount);
  const seconds = (performance.now() - since) / 1000;
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    parameterCount: n,
    matrix,
    rightHandSide,
    weightedSquareSum: weightedSquareSum + built.droppedSquares,
    observationCount: rows,
    compression: built.compression,
    arcParameterCount: localCount,
    residuals: built.residuals,
    orbitIterations: built.arc.orbitIterations,
    stages: { ...built.stages, elimination: seconds },
  };
}
