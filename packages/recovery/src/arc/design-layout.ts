import type { RecoverySetup } from '../types.js';
import type { RangingParameters } from './ranging-parameters.js';
import type { SatelliteModel } from './satellite-model.js';

/**
 * Columns of the design matrix of one arc:
 * initial states (6 per satellite) | ranging parameters | calibration and empirical accelerations | coefficients |
 * reduced observation l.
 * Everything before the coefficients belongs to the arc alone.
 */
export interface DesignLayout {
  readonly satelliteCount: number;
  /** Bias and trend of the arc, then those of `rangingParameters`. */
  readonly rangingCount: number;
  /** Bias and trend of the arc: 0…2. */
  readonly polynomialCount: number;
  readonly rangingParameters: RangingParameters | undefined;
  readonly calibrationCount: number;
  readonly coefficientCount: number;
  readonly localCount: number;
  /** First column with a sensitivity through the forces (calibration, then coefficients). */
  readonly dynamicOffset: number;
  readonly dynamicCount: number;
  readonly columnCount: number;
  readonly localNames: readonly string[];
  /** A-priori weights of the local parameters (0: none). */
  readonly localWeights: Float64Array;
}

export function designLayout(
  setup: Pick<RecoverySetup, 'rangingEmpirical' | 'rangingObservation'>,
  models: readonly SatelliteModel[],
  withRanging: boolean,
  coefficientCount: number,
  rangingParameters?: RangingParameters,
): DesignLayout {
  const empirical = { none: [], bias: ['ranging bias'], bias_trend: ['ranging bias', 'ranging trend'] };
  // Ranges have their biases by pass.
  const polynomial =
    withRanging && setup.rangingObservation !== 'range' ? empirical[setup.rangingEmpirical] : [];
  const ranging = [...polynomial, ...(rangingParameters?.names ?? [])];
  const names: string[] = [];
  for (const { arc } of models) {
    for (const c of ['x', 'y', 'z', 'vx', 'vy', 'vz']) names.push(`${arc.satellite} initial ${c}`);
  }
  names.push(...ranging);
  const weights = names.map(() => 0);
  rangingParameters?.weights.forEach((weight, i) => {
    weights[6 * models.length + polynomial.length + i] = weight;
  });
  for (const model of models) {
    names.push(...model.calibrationNames.map((name) => `${model.arc.satellite} ${name}`));
    weights.push(...model.calibrationWeights);
  }
  const dynamicOffset = 6 * models.length + ranging.length;
  const calibrationCount = names.length - dynamicOffset;
  return {
    satelliteCount: models.length,
    rangingCount: ranging.length,
    polynomialCount: polynomial.length,
    rangingParameters,
    calibrationCount,
    coefficientCount,
    localCount: names.length,
    dynamicOffset,
    dynamicCount: calibrationCount + coefficientCount,
    columnCount: names.length + coefficientCount + 1,
    localNames: names,
    localWeights: Float64Array.from(weights),
  };
}
