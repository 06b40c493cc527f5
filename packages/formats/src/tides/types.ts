import type { DoodsonMultipliers } from './doodson.js';

/**
 * One ocean tide: prograde (+) and retrograde (−) coefficients.
 *
 * Stokes coefficients enter IERS Conventions 2010, eq. 6.15:
 * ΔC̄_nm − iΔS̄_nm = Σ_± (C± ∓ iS±) e^(±iθ), fully normalized, without unit.
 * Heights: tide height per degree and order in metres; plus.c = Ĉ⁺ sin ε⁺, plus.s = Ĉ⁺ cos ε⁺ and so on (eq. 6.21).
 */
export interface OceanTideWave {
  readonly name: string;
  /** As six digits, e.g. 056.554. */
  readonly doodson: string;
  readonly multipliers: DoodsonMultipliers;
  /** Highest degree with a record. */
  readonly maxDegree: number;
  /** Degree by degree, (n, m) at n(n+1)/2 + m, to maxDegree; zero where the file has no record. */
  readonly cPlus: Float64Array;
  readonly sPlus: Float64Array;
  readonly cMinus: Float64Array;
  readonly sMinus: Float64Array;
}

export interface OceanTideModel {
  /** What stands before the table, trimmed. */
  readonly title: string;
  readonly quantity: 'stokes' | 'height';
  /** What the file's numbers were multiplied by: 1e-11 and the like, or metres per unit of height. */
  readonly unit: number;
  readonly maxDegree: number;
  readonly waves: readonly OceanTideWave[];
}

/** Astronomical amplitude of a wave and the main waves between which its admittance is interpolated. */
export interface TideAmplitude {
  /** Empty for waves without. */
  readonly name: string;
  readonly doodson: string;
  readonly multipliers: DoodsonMultipliers;
  /** H_f, m, with the sign of Cartwright and Tayler. */
  readonly amplitudeMeters: number;
  readonly pivots?: readonly [DoodsonMultipliers, DoodsonMultipliers];
}
