import type {
  EmpiricalAcceleration,
  RangingObservation,
  RangingParameter,
  RecoveryAlgorithm,
  Screening,
  StochasticIteration,
} from '@gravity/recovery';
import type { EarthRotationRequest, ForcesRequest, StatedTideSystem } from '../../models/index.js';
import type { RegularizationRequest } from './regularization.js';

/** Products of a field a request may ask for; the report is always made. */
export const OUTPUT_PRODUCTS = [
  'coefficients',
  'grids',
  'uncertainties',
  'covariance',
  'maps',
  'contributions',
  'normals',
  'normals_sinex',
] as const;
export type OutputProduct = (typeof OUTPUT_PRODUCTS)[number];
/**
 * Normals grow with the fourth power of the degree: at most 2 GB of binary (degree 150), 190 MB of SINEX text
 * (degree 60).
 */
export const HIGHEST_NORMALS_DEGREE = { normals: 150, normals_sinex: 60 } as const;
/** Products of orbits. */
export const ORBIT_PRODUCTS = ['orbit', 'residuals'] as const;
export type OrbitProduct = (typeof ORBIT_PRODUCTS)[number];

/** Which ranging is used; auto: what the observations hold, LRI or KBR. */
export const RANGING = ['auto', 'KBR1B', 'LRI1B', 'table', 'none'] as const;

/** How observations are screened within each arc. */
export const SCREENING = ['none', 'clip', 'huber', 'igg'] as const;

/** A process request, checked, defaults filled in. Times and satellites may still have to come from a plan. */
export interface ProcessRequest {
  readonly algorithm: RecoveryAlgorithm | 'orbit';
  readonly degreeMin: number;
  readonly degreeMax: number;
  readonly regularization: RegularizationRequest;
  /** Of a field; empty for orbits. */
  readonly outputProducts: readonly OutputProduct[];
  /** Of orbits; empty for a field. */
  readonly orbitProducts: readonly OrbitProduct[];
  readonly planId?: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly satellites?: readonly string[];
  /** Files ingested later are left out. */
  readonly ingestedBefore?: string;
  /** Undefined: the plan's, else a day. */
  readonly arcLengthHours: number | undefined;
  readonly iterations: number;
  /** Further passes are left out once the geoid change of a pass is below this share of the formal error. */
  readonly convergenceRatio: number;
  readonly backgroundModels: {
    readonly staticField: string;
    /** Undefined: the degree of the solution, or what the field has. */
    readonly staticFieldDegree: number | undefined;
    /** Of a file that does not state it. */
    readonly staticFieldTideSystem?: StatedTideSystem;
    /** Never `auto` in the recipe: see `resolveForces`. */
    readonly forces: ForcesRequest;
    readonly earthRotation: EarthRotationRequest;
  };
  readonly observations: {
    readonly ranging: (typeof RANGING)[number];
    readonly rangingObservation: RangingObservation;
    readonly sigmaRangeRate: number;
    /** m */
    readonly sigmaRange: number;
    /** m/s² */
    readonly sigmaRangeAcceleration: number;
    readonly sigmaPosition: number;
    readonly positionSamplingSeconds: number;
    readonly useAccelerometer: boolean;
    /** What of the noise is estimated; undefined: it is as stated. */
    readonly stochastic?: StochasticIteration;
  };
  readonly parametrization: {
    /** Undefined: constant where there is an accelerometer. */
    readonly accelerometerBias: 'none' | 'constant' | 'linear' | undefined;
    readonly accelerometerScale: boolean;
    readonly rangingEmpirical: 'none' | 'bias' | 'bias_trend';
    /** Undefined: what the algorithm takes when nothing is said. */
    readonly empiricalAccelerations: readonly EmpiricalAcceleration[] | undefined;
    readonly rangingParameters: readonly RangingParameter[];
    readonly screening: Screening;
  };
  readonly orbit: {
    /** Sampling of the orbits written, s; undefined: that of the positions. */
    readonly samplingSeconds: number | undefined;
  };
  readonly grid: { readonly stepDegrees: number; readonly smoothingRadiusKm: number };
}
