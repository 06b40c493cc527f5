import type { RecoverySetup, Screening, StateSeries } from '../types.js';

/** What a recovery setup tells about orbits. */
export type OrbitSetup = Omit<RecoverySetup, 'degreeMin' | 'degreeMax' | 'rowCompression'>;

export interface OrbitDeterminationOptions {
  /** Default clip at 5. */
  readonly screening?: Screening;
  /** Sampling of the orbit returned, s; default that of the positions. */
  readonly outputSamplingSeconds?: number;
  /** Use range rates of a pair as well; default true where there are any. */
  readonly rangeRate?: boolean;
  /** Iteration stops when the step changes the observations by less than this of their standard deviation; default 1e-3. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (iteration: number, step: number) => void;
}

/** An observation that was left out or weighted down below one half. */
export interface Outlier {
  readonly gpsSeconds: number;
  /** Observed minus computed: x y z celestial (m), or one range rate (m/s). */
  readonly residual: readonly number[];
  /** Largest component over the robust standard deviation. */
  readonly size: number;
  readonly weight: number;
}

export interface ResidualSummary {
  /** Observations used (positions count once). */
  readonly count: number;
  readonly rejected: number;
  /** Robust standard deviation of one component, m or m/s. */
  readonly robustSigma: number;
  /** Largest component among those used. */
  readonly max: number;
  readonly outliers: readonly Outlier[];
}

export interface PositionResiduals extends ResidualSummary {
  /** RMS and mean of observed minus computed in celestial x y z and in radial, along, cross; m. */
  readonly celestial: { readonly rms: readonly number[]; readonly mean: readonly number[] };
  readonly orbital: { readonly rms: readonly number[]; readonly mean: readonly number[] };
  readonly gpsSeconds: Float64Array;
  /** Observed minus computed, celestial, 3 per epoch, rejected ones included. */
  readonly values: Float64Array;
}

export interface EstimatedParameter {
  readonly name: string;
  readonly value: number;
  /** Formal, times sigma0. */
  readonly sigma: number;
}

export interface DeterminedOrbit {
  readonly satellite: string;
  /** At the start of the arc, celestial: m, m/s. */
  readonly initialState: Float64Array;
  /** Of the initial state, 6×6 row-major, times sigma0². */
  readonly covariance: Float64Array;
  /** Accelerometer calibration and empirical accelerations. */
  readonly parameters: readonly EstimatedParameter[];
  readonly celestial: StateSeries;
  readonly terrestrial: StateSeries;
  readonly positions: PositionResiduals;
}

export interface OrbitDetermination {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly satellites: readonly DeterminedOrbit[];
  readonly rangeRate?: ResidualSummary & { readonly rms: number };
  readonly rangingParameters: readonly EstimatedParameter[];
  readonly iterations: number;
  /** A-posteriori standard deviation of unit weight. */
  readonly sigma0: number;
  readonly parameterCount: number;
}
