import type { LinearAlgebra } from '@gravity/linalg';
import { directionColumns, type VarianceDirections } from '../stochastic/directions.js';
import type { LagSums, VarianceContribution } from '../stochastic/types.js';
import type { ArcObservations, RecoverySetup, ResidualStatistics } from '../types.js';
import { validateInputs } from '../validate.js';
import { type ArcOptions, accumulate } from './accumulate.js';
import { ArcRows, type ResidualSeries } from './arc-rows.js';

export type { ResidualSeries } from './arc-rows.js';

export interface EvaluationOptions extends ArcOptions {
  /** Of the solution whose field is evaluated: redundancies then count the coefficients too. */
  readonly directions?: VarianceDirections;
  /** Variance contributions of the groups of observations. */
  readonly variances?: boolean;
  /** Sums of lagged products of the ranging residuals to this lag. */
  readonly maxLag?: number;
  /** The residuals themselves. */
  readonly series?: boolean;
}

/** What an arc says about a fixed field: its orbit fitted, no coefficients estimated. */
export interface ArcEvaluation {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly residuals: readonly ResidualStatistics[];
  readonly orbitIterations: number;
  readonly variances?: readonly VarianceContribution[];
  readonly lags?: LagSums;
  readonly series?: readonly ResidualSeries[];
}

/**
 * Fits the arc's own parameters to all observations under a fixed field and reports the residuals, on request with
 * what the stochastic model needs of them.
 *
 * Redundancies: the share of the arc's parameters is exact, that of the coefficients estimated with the directions.
 * Lagged products are those of the residuals plus those that the estimation of the parameters has taken out of them
 * (E[v vᵀ] = C − A Σ Aᵀ, the second part sampled with the directions), so that their mean is the covariance of the noise.
 *
 * @throws ArcError when the arc cannot be used; RangeError for settings that make no sense
 */
export async function evaluateArc(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: EvaluationOptions = {},
): Promise<ArcEvaluation> {
  validateInputs(setup, arc);
  const { directions, variances, maxLag, series } = options;
  const detailed = variances || maxLag !== undefined || series;
  const columns = detailed && directions ? directionColumns(setup, directions) : undefined;
  const rows = detailed ? new ArcRows(arc.satellites.length) : undefined;
  const built = await accumulate(
    setup,
    arc,
    la,
    columns,
    options,
    rows && ((batch, layout) => rows.add(batch, layout.columnCount)),
  );
  const fitted = rows?.fit(built, arc.startGpsSeconds);
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    residuals: built.residuals,
    orbitIterations: built.arc.orbitIterations,
    ...(variances && fitted ? { variances: fitted.variances(options.varianceFactors) } : {}),
    ...(maxLag !== undefined && fitted ? { lags: fitted.lags(maxLag) } : {}),
    ...(series && fitted ? { series: fitted.series() } : {}),
  };
}
