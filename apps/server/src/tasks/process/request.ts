import type { RecoveryAlgorithm } from '@gravity/recovery';
import type { EarthRotationRequest } from '../../models/index.js';

/** Products a request may ask for; the report is always made. */
export const OUTPUT_PRODUCTS = ['coefficients', 'grids', 'uncertainties', 'covariance', 'maps'] as const;
export type OutputProduct = (typeof OUTPUT_PRODUCTS)[number];

/** Which ranging is used; auto: what the observations hold, LRI or KBR. */
export const RANGING = ['auto', 'KBR1B', 'LRI1B', 'table', 'none'] as const;

/** How observations are screened within each arc. */
export const SCREENING = ['none', 'clip', 'huber', 'igg'] as const;

/** A process request, checked, defaults filled in. Times and satellites may still have to come from a plan. */
export interface ProcessRequest {
  readonly algorithm: RecoveryAlgorithm;
  readonly degreeMin: number;
  readonly degreeMax: number;
  readonly regularization: { readonly kaula: number; readonly tikhonov: number };
  readonly outputProducts: readonly OutputProduct[];
  readonly planId?: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly satellites?: readonly string[];
  /** Undefined: the plan's, else a day. */
  readonly arcLengthHours: number | undefined;
  readonly iterations: number;
  /** Further passes are left out once the geoid change of a pass is below this share of the formal error. */
  readonly convergenceRatio: number;
  readonly backgroundModels: {
    readonly staticField: string;
    /** Undefined: the degree of the solution, or what the field has. */
    readonly staticFieldDegree: number | undefined;
    readonly earthRotation: EarthRotationRequest;
  };
  readonly observations: {
    readonly ranging: (typeof RANGING)[number];
    readonly sigmaRangeRate: number;
    readonly sigmaPosition: number;
    readonly positionSamplingSeconds: number;
    readonly useAccelerometer: boolean;
  };
  readonly parametrization: {
    /** Undefined: constant where there is an accelerometer. */
    readonly accelerometerBias: 'none' | 'constant' | 'linear' | undefined;
    readonly accelerometerScale: boolean;
    readonly rangingEmpirical: 'none' | 'bias' | 'bias_trend';
    readonly screening: (typeof SCREENING)[number];
  };
  readonly grid: { readonly stepDegrees: number; readonly smoothingRadiusKm: number };
}
