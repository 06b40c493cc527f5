import { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
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
  const partials = new AccelerationPartials(
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
  const coupling = la.allocate(Math.max(1, localCount * width));
  for (let k = 0; k < localCount; k++) {
    // Forward substitution with the factor of the local block, row by row.
    const target = coupling.subarray(k * width, (k + 1) * width);
    target.set(normals.subarray(k * ld + localCount, (k + 1) * ld));
    for (let i = 0; i < k; i++) {
      const factor = normals[i * ld + k];
      const row = coupling.subarray(i * width, (i + 1) * width);
      for (let j = 0; j < width; j++) target[j] -= factor * row[j];
    }
    const pivot = normals[k * ld + k];
    for (let j = 0; j < width; j++) target[j] /= pivot;
  }
  const block = normals.subarray(localCount * ld + localCount);
  await la.syrk(width, localCount, -1, coupling, width, 1, block, ld);
  const { matrix, rightHandSide, weightedSquareSum } = takeCoefficients(normals, ld, localCount);
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
  };
}
