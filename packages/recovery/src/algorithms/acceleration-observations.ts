import type { LinearAlgebra } from '@gravity/linalg';
import { type RangingSet, rangingSigma } from '../arc/observation-set.js';
import type { NoiseModel } from '../stochastic/types.js';
import type { RecoverySetup } from '../types.js';
import { DerivativeWhitener } from './derivative-whitener.js';
import { derivativeWeights, evenRuns, type Run, samplingOf } from './differentiator.js';

export const DEFAULT_DIFFERENTIATOR_POINTS = 9;
/** Samples whose covariance matrix is taken as a whole. */
const MAX_RUN = 2000;

/** Range accelerations less those of reference orbits. */
export interface AccelerationObservations {
  /** Seconds of the arc. */
  readonly seconds: Float64Array;
  /** m/s² */
  readonly reduced: Float64Array;
  /** Of the samples they are made of. */
  readonly runs: readonly Run[];
}

/** How range accelerations come from the ranging of an arc, and what noise they have. */
export class AccelerationSource {
  private readonly weights: Float64Array;
  private readonly whitener: DerivativeWhitener;
  private readonly step: number;

  /** @param noise of the ranging observations, in units of the setup; white when undefined */
  constructor(
    setup: RecoverySetup,
    { type, seconds, sigma }: RangingSet,
    noise: NoiseModel | undefined,
    la: LinearAlgebra,
  ) {
    this.step = samplingOf(seconds);
    const points = setup.differentiatorPoints ?? DEFAULT_DIFFERENTIATOR_POINTS;
    this.weights = type === 'range_acceleration' ? Float64Array.of(1) : derivativeWeights(points, this.step);
    const factor = noise ? (sigma / rangingSigma(setup)) ** 2 : 1;
    const covariances = (noise?.autocovariance ?? [sigma ** 2]).map((c) => c * factor);
    this.whitener = new DerivativeWhitener(
      this.weights,
      { samplingSeconds: this.step, autocovariance: covariances },
      la,
    );
  }

  /**
   * Derivatives of observed minus computed range rates, or of range accelerations the differences themselves. That the
   * small differences are differentiated leaves little to miss.
   *
   * @param difference observed minus computed, per epoch of the set
   */
  observations({ seconds }: RangingSet, difference: Float64Array): AccelerationObservations {
    const { weights, step } = this;
    const points = weights.length;
    const middle = (points - 1) / 2;
    const runs = evenRuns(seconds, step, points, MAX_RUN);
    const centres = runs.flatMap(({ first, count }) =>
      Array.from({ length: count - points + 1 }, (_, i) => first + middle + i),
    );
    const reduced = Float64Array.from(centres, (i) => {
      let sum = 0;
      for (let j = 0; j < points; j++) sum += weights[j] * difference[i - middle + j];
      return sum;
    });
    return { seconds: Float64Array.from(centres, (i) => seconds[i]), reduced, runs };
  }

  /** Whitens the rows (m/s², row-major) of all observations in place. */
  async whiten(
    { weights: robust }: RangingSet,
    { runs }: AccelerationObservations,
    data: Float64Array,
    ld: number,
  ): Promise<void> {
    let row = 0;
    for (const run of runs) {
      await this.whitener.apply(run, robust, data.subarray(row * ld), ld, ld);
      row += run.count - this.weights.length + 1;
    }
  }
}
