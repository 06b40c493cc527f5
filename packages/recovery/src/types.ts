import type { EarthRotationSpec, Geopotential } from '@gravity/geodesy';
import type { ForceModel } from './forces/force-model.js';
import type { NoiseModel } from './stochastic/types.js';

/** Positions and velocities of one satellite; all times are GPS seconds past 2000-01-01T12:00:00. */
export interface StateSeries {
  readonly frame: 'celestial' | 'terrestrial';
  readonly gpsSeconds: Float64Array;
  /** m, 3 per epoch. */
  readonly position: Float64Array;
  /** m/s, 3 per epoch, in the same frame (terrestrial: relative to the rotating frame). */
  readonly velocity: Float64Array;
}

/** Linear accelerations in the science reference frame, m/s², 3 per epoch. */
export interface AccelerometerSeries {
  readonly gpsSeconds: Float64Array;
  readonly acceleration: Float64Array;
}

/** Unit quaternions (scalar first) from the celestial to the science reference frame, 4 per epoch. */
export interface AttitudeSeries {
  readonly gpsSeconds: Float64Array;
  readonly quaternion: Float64Array;
}

/** Inter-satellite ranging, corrections (light time, antenna centre) already added. */
export interface RangingSeries {
  readonly instrument: string;
  readonly gpsSeconds: Float64Array;
  /** m/s */
  readonly rangeRate: Float64Array;
  /** Biased range, m; needed where ranges are the observations. */
  readonly range?: Float64Array;
  /** m/s²; needed where range accelerations are the observations. */
  readonly rangeAcceleration?: Float64Array;
  /** Epochs (GPS seconds) at which the ranges begin with another bias, beside those after gaps. */
  readonly breaks?: Float64Array;
}

export type RangingObservation = 'range_rate' | 'range' | 'range_acceleration';

/**
 * Parameters that stand for slow errors of the ranging: a constant, a trend (−1 to 1 over the piece), or cosine and
 * sine of a multiple of the argument of latitude; units those of the observation.
 */
export interface RangingParameter {
  readonly term: 'bias' | 'trend' | 'periodic';
  /** Of a periodic one; default 1. */
  readonly cyclesPerRevolution?: number;
  /** Length of the pieces; default the whole arc. */
  readonly pieceSeconds?: number | 'revolution';
  /** A-priori standard deviation about zero; default none. */
  readonly sigma?: number;
}

/**
 * How observations are screened, in units of the robust standard deviation s = 1.4826·median|v| of their kind:
 * `clip` leaves out those beyond `factor` (default 5); `huber` weights them factor/|v| beyond `factor` (default 1.5);
 * `igg` weights by the third scheme of Yang: 1 to `low` (1.5), falling to 0 at `high` (5).
 * A position counts as a whole, by its largest coordinate.
 */
export type Screening =
  | { readonly method: 'none' }
  | { readonly method: 'clip'; readonly factor?: number }
  | { readonly method: 'huber'; readonly factor?: number }
  | { readonly method: 'igg'; readonly low?: number; readonly high?: number };

export interface SatelliteArc {
  readonly satellite: string;
  readonly orbit: StateSeries;
  readonly accelerometer?: AccelerometerSeries;
  readonly attitude?: AttitudeSeries;
}

/** Everything observed in one arc: one satellite, or a pair with its ranging. */
export interface ArcObservations {
  /** Whole GPS seconds. The arc is [start, end]. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly satellites: readonly SatelliteArc[];
  readonly ranging?: RangingSeries;
}

export type OrbitDirection = 'radial' | 'along' | 'cross';

/**
 * Accelerations that stand for what the force models miss: constant, or with the sine and cosine of a multiple of the
 * argument of latitude, for the whole arc or piecewise. Radial is outward, cross along the angular momentum, along
 * completes (near the velocity).
 */
export interface EmpiricalAcceleration {
  /** 0 (default): constant; 1: once per revolution. */
  readonly cyclesPerRevolution?: number;
  /** Default all three. */
  readonly directions?: readonly OrbitDirection[];
  /** Length of the pieces, cut at segments of the integration (300 s); default the whole arc. */
  readonly pieceSeconds?: number;
  /** A-priori standard deviation about zero, m/s²; default 1e-5, which only keeps an arc solvable. */
  readonly sigma?: number;
}

/** How observation equations are formed: see `algorithms/` and docs/recovery.md, "Which algorithm when". */
export type RecoveryAlgorithm = 'variational' | 'short_arc' | 'acceleration';

/** What is the same for every arc. Plain data: it is sent to worker threads as it is. */
export interface RecoverySetup {
  readonly degreeMin: number;
  readonly degreeMax: number;
  /** A-priori field; the solution is a correction to it. Its degree may exceed degreeMax. */
  readonly referenceField: Geopotential;
  readonly earthRotation: EarthRotationSpec;
  /** Forces beside the reference field; none when absent. */
  readonly forces?: ForceModel;
  /** What the pair observes; default range rates. Ranges get a bias for every pass between breaks and gaps. */
  readonly rangingObservation?: RangingObservation;
  /** Standard deviation of one range rate, m/s. */
  readonly sigmaRangeRate: number;
  /** Standard deviation of one range, m; needed with ranges. */
  readonly sigmaRange?: number;
  /** Standard deviation of one range acceleration, m/s²; needed with range accelerations. */
  readonly sigmaRangeAcceleration?: number;
  /** Noise of the ranging observations; white with their standard deviation when absent. */
  readonly rangingNoise?: NoiseModel;
  /** Standard deviation of one position coordinate, m. */
  readonly sigmaPosition: number;
  /** Positions are used at multiples of this, s. */
  readonly positionSamplingSeconds: number;
  /** Accelerometer bias per axis and arc: 'none' or polynomial degree in time. */
  readonly accelerometerBias: 'none' | 'constant' | 'linear';
  /** Accelerometer scale factor per axis and arc. */
  readonly accelerometerScale: boolean;
  /** Empirical accelerations per satellite and arc; none when absent. */
  readonly empiricalAccelerations?: readonly EmpiricalAcceleration[];
  /** Empirical ranging parameters per arc. */
  readonly rangingEmpirical: 'none' | 'bias' | 'bias_trend';
  /** More of them, also piecewise and periodic. */
  readonly rangingParameters?: readonly RangingParameter[];
  /** Screening of the observations of each arc before they are accumulated, anew in every linearization; default none. */
  readonly screening?: Screening;
  /** Range-rate rows are projected on the band of the arc before they are accumulated; default true. */
  readonly rowCompression?: boolean;
  /**
   * With row compression, positions are projected on the low frequencies beyond which they add less than this part to
   * any diagonal element of the normals of an arc (ranging does); default 0: on all of their band. A projection loses
   * information and nothing else: 1e-6 more than halves the rows of a day at degree 60, but what ranging hardly
   * determines (few days, strong regularization) then leans on fewer positions.
   */
  readonly positionTruncation?: number;
  /** What `computeNormals` does; default 'variational'. */
  readonly algorithm?: RecoveryAlgorithm;
  /** Length of the pieces of `short_arc` and `acceleration`, s, rounded to whole segments (300 s); default 1800. */
  readonly shortArcSeconds?: number;
  /** Samples (odd) of the polynomial with which `acceleration` differentiates range rates; default 9. */
  readonly differentiatorPoints?: number;
}

export interface ResidualStatistics {
  readonly type: RangingObservation | 'position';
  readonly satellite?: string;
  /** Values used; three for a position. */
  readonly count: number;
  /** Values left out by the screening. */
  readonly rejected: number;
  /** Epochs left out (GPS seconds), the first hundred of them; absent when there are none. */
  readonly rejectedGpsSeconds?: readonly number[];
  /** RMS of observed minus computed, unit of the observation. */
  readonly rms: number;
  readonly max: number;
}

/** Normal equations of one arc, arc parameters eliminated: N (count², row-major, upper), n, lᵀPl. */
export interface ArcNormals {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly parameterCount: number;
  readonly matrix: Float64Array;
  readonly rightHandSide: Float64Array;
  /** lᵀPl after elimination of the arc parameters. */
  readonly weightedSquareSum: number;
  /** Observations used, whatever the number of rows they were compressed to. */
  readonly observationCount: number;
  /** Rows accumulated and the largest relative error that interpolating them made in any column. */
  readonly compression: {
    readonly applied: boolean;
    readonly rows: number;
    readonly truncation: number;
    /** Largest part of a diagonal element of the normals that is in rows left out. */
    readonly leftOut?: number;
    /** Whether positions were projected too. */
    readonly positions?: boolean;
    /**
     * Largest factor by which the elimination of the arc's parameters lessens a diagonal element of the normals:
     * relative errors of the rows and of rounding are magnified by it.
     */
    readonly cancellation?: number;
  };
  /** Seconds of the stages of the computation by name. */
  readonly stages?: Readonly<Record<string, number>>;
  readonly arcParameterCount: number;
  readonly residuals: readonly ResidualStatistics[];
  readonly orbitIterations: number;
}

export interface Regularization {
  /** Kaula: prior sigma of each coefficient is kaula/n²; 0 switches it off. */
  readonly kaula: number;
  /** Tikhonov order 0: added to the diagonal, in units of the mean diagonal of N; 0 switches it off. */
  readonly tikhonov: number;
}

export interface RecoverySolution {
  /** Reference field plus correction, with formal standard deviations. */
  readonly field: Geopotential;
  /** Covariance of the estimated coefficients (coefficientOrdering), row-major full square. */
  readonly covariance: Float64Array;
  readonly parameterCount: number;
  readonly observationCount: number;
  /** A-posteriori standard deviation of unit weight. */
  readonly sigma0: number;
  readonly conditionEstimate: number;
  /** Share of the data (against the regularization) in each coefficient, 0…1. */
  readonly dataContribution: Float64Array;
}
