import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import { degreeFactors, type FunctionalName, type FunctionalOptions } from '../functionals/functional.js';
import { type CommonFieldOptions, subtractFields, toCommon } from './conversions.js';

/** A spectrum by degree: index = degree. */
export interface DegreeSpectrum {
  /** √(Σ_m C̄² + S̄²)·factor, in the unit of the functional. */
  readonly amplitudes: Float64Array;
  /** √ of the sum of squares of the amplitudes up to each degree. */
  readonly cumulative: Float64Array;
}

/** Signal degree variances σ_n² = Σ_m C̄_nm² + S̄_nm², dimensionless. */
export function degreeVariances(field: Geopotential): Float64Array {
  return sumSquares(field.c, field.s, field.maxDegree);
}

/** Error degree variances Σ_m σ(C̄)² + σ(S̄)². @throws Error when the field has no sigmas */
export function errorDegreeVariances(field: Geopotential): Float64Array {
  if (!field.sigmaC || !field.sigmaS) {
    throw new Error(`sigmaC, sigmaS: field ${field.name} carries no standard deviations`);
  }
  return sumSquares(field.sigmaC, field.sigmaS, field.maxDegree);
}

/** Signal per degree as a functional on the reference sphere (default geoid height, m). */
export function degreeAmplitudes(
  field: Geopotential,
  functional: FunctionalName = 'geoidHeight',
  options: FunctionalOptions = {},
): DegreeSpectrum {
  return spectrum(degreeVariances(field), field, functional, options);
}

/** Formal error per degree as a functional (default geoid height, m). */
export function errorDegreeAmplitudes(
  field: Geopotential,
  functional: FunctionalName = 'geoidHeight',
  options: FunctionalOptions = {},
): DegreeSpectrum {
  return spectrum(errorDegreeVariances(field), field, functional, options);
}

/** Spectrum of a − b, with b brought to the constants and the tide system of a. */
export function differenceDegreeAmplitudes(
  a: Geopotential,
  b: Geopotential,
  functional: FunctionalName = 'geoidHeight',
  options: FunctionalOptions & CommonFieldOptions = {},
): DegreeSpectrum {
  return degreeAmplitudes(subtractFields(a, b, options), functional, options);
}

/**
 * Correlation of two fields per degree, Σ(C_a C_b + S_a S_b)/√(σ_a² σ_b²), within ±1; NaN where a field is zero.
 */
export function degreeCorrelation(
  a: Geopotential,
  b: Geopotential,
  options: CommonFieldOptions = {},
): Float64Array {
  const other = toCommon(b, a, options);
  const maxDegree = Math.min(a.maxDegree, b.maxDegree);
  const varianceA = degreeVariances(a);
  const varianceB = degreeVariances(other);
  return Float64Array.from({ length: maxDegree + 1 }, (_, n) => {
    let sum = 0;
    for (let i = triangleIndex(n, 0); i <= triangleIndex(n, n); i++)
      sum += a.c[i] * other.c[i] + a.s[i] * other.s[i];
    return sum / Math.sqrt(varianceA[n] * varianceB[n]);
  });
}

function sumSquares(c: Float64Array, s: Float64Array, maxDegree: number): Float64Array {
  return Float64Array.from({ length: maxDegree + 1 }, (_, n) => {
    let sum = 0;
    for (let i = triangleIndex(n, 0); i <= triangleIndex(n, n); i++) sum += c[i] ** 2 + s[i] ** 2;
    return sum;
  });
}

function spectrum(
  variances: Float64Array,
  constants: { readonly gm: number; readonly radius: number },
  functional: FunctionalName,
  options: FunctionalOptions,
): DegreeSpectrum {
  const { factors } = degreeFactors(functional, constants, variances.length - 1, options);
  const amplitudes = variances.map((variance, n) => Math.abs(factors[n]) * Math.sqrt(variance));
  let sum = 0;
  return { amplitudes, cumulative: amplitudes.map((value) => Math.sqrt((sum += value * value))) };
}
