import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcObservations, RecoverySetup, ResidualStatistics } from '../types.js';
import { validateInputs } from '../validate.js';
import { type ArcOptions, accumulate } from './accumulate.js';

/** What an arc says about a fixed field: its orbit fitted, no coefficients estimated. */
export interface ArcEvaluation {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly residuals: readonly ResidualStatistics[];
  readonly orbitIterations: number;
}

/** Fits the arc's own parameters to all observations under a fixed field and reports the residuals. */
export async function evaluateArc(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcEvaluation> {
  validateInputs(setup, arc);
  const { residuals, arc: prepared } = await accumulate(setup, arc, la, undefined, options);
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    residuals,
    orbitIterations: prepared.orbitIterations,
  };
}
