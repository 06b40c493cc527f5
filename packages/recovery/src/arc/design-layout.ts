import type { RecoverySetup } from '../types.js';
import type { SatelliteModel } from './satellite-model.js';

/**
 * Columns of the design matrix of one arc:
 * initial states (6 per satellite) | ranging parameters | calibration and empirical accelerations | coefficients |
 * reduced observation l.
 * Everything before the coefficients belongs to the arc alone.
 */
export interface DesignLayout {
  readonly satelliteCount: number;
  readonly rangingCount: number;
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
  setup: Pick<RecoverySetup, 'rangingEmpirical'>,
  models: readonly SatelliteModel[],
  withRanging: boolean,
  coefficientCount: number,
): DesignLayout {
  const empirical = { none: [], bias: ['ranging bias'], bias_trend: ['ranging bias', 'ranging trend'] };
  const ranging = withRanging ? empirical[setup.rangingEmpirical] : [];
  const names: string[] = [];
  for (const { arc } of models) {
    for (const c of ['x', 'y', 'z', 'vx', 'vy', 'vz']) names.push(`${arc.satellite} initial ${c}`);
  }
  names.push(...ranging);
  const weights = names.map(() => 0);
  for (const model of models) {
    names.push(...model.calibrationNames.map((name) => `${model.arc.satellite} ${name}`));
    weights.push(...model.calibrationWeights);
  }
  const dynamicOffset = 6 * models.length + ranging.length;
  const calibrationCount = names.length - dynamicOffset;
  return {
    satelliteCount: models.length,
    rangingCount: ranging.length,
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
