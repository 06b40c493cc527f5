import type { Geopotential } from '@gravity/geodesy';

export type GfcErrors = 'no' | 'unknown' | 'formal' | 'calibrated' | 'calibrated_and_formal';

/** One record of a time-variable coefficient, valid for startMjd ≤ t < stopMjd, reckoned from referenceMjd. */
export interface GfcTerm {
  readonly kind: 'offset' | 'trend' | 'cosine' | 'sine';
  readonly startMjd: number;
  readonly stopMjd: number;
  readonly referenceMjd: number;
  /** Offset and amplitudes without unit; trend per year of 365.25 days. */
  readonly c: number;
  readonly s: number;
  readonly sigmaC: number;
  readonly sigmaS: number;
  /** Period of cosine and sine, years of 365.25 days. */
  readonly periodYears?: number;
}

export interface GfcTimeVariableCoefficient {
  readonly degree: number;
  readonly order: number;
  readonly terms: readonly GfcTerm[];
}

export interface GfcModel {
  readonly name: string;
  readonly productType: string;
  readonly format: 'icgem1.0' | 'icgem2.0';
  readonly errors: GfcErrors;
  /** Text before begin_of_head. */
  readonly comment: string;
  /** Every key of the header as written. */
  readonly header: Readonly<Record<string, string>>;
  /** The `gfc` coefficients; zero where only time-variable records exist. */
  readonly constant: Geopotential;
  /** With errors calibrated_and_formal: the formal ones (`constant` holds the calibrated). */
  readonly formalSigmaC?: Float64Array;
  readonly formalSigmaS?: Float64Array;
  readonly timeVariable: readonly GfcTimeVariableCoefficient[];
  readonly notes: readonly string[];
}
