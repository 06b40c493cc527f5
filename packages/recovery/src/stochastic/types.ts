/**
 * Stationary noise of evenly sampled observations: its autocovariance at lags 0…p, continued beyond by the
 * autoregressive process of order p with these covariances (the one of maximum entropy). Order 0 is white noise.
 */
export interface NoiseModel {
  readonly samplingSeconds: number;
  /** Lags 0…p, squared unit of the observation. */
  readonly autocovariance: readonly number[];
}

/** Weights of one arc against those of the setup. */
export interface VarianceFactors {
  /** Variance of the ranging noise in units of what the setup states. */
  readonly ranging?: number;
  /** The same for the positions, by satellite. */
  readonly positions?: Readonly<Record<string, number>>;
}

/** What one arc adds to a variance component. */
export interface VarianceContribution {
  /** `ranging`, or `position` of a satellite. */
  readonly group: 'ranging' | 'position';
  readonly satellite?: string;
  readonly count: number;
  /** vᵀPv with the weights the arc was computed with. */
  readonly weightedSquares: number;
  /** Count minus the trace of the group's normals with the covariance of all parameters. */
  readonly redundancy: number;
  /** Variance factor it was computed with. */
  readonly factor: number;
}

/** Sums of lagged products of residuals: they add up over arcs. */
export interface LagSums {
  readonly samplingSeconds: number;
  /** Σ h(t)v(t)·h(t + k·sampling)v(t + k·sampling), k = 0…, squared unit of the observation; h tapers runs at their ends. */
  readonly sums: Float64Array;
  /** The same sums of h alone. */
  readonly counts: Float64Array;
}
