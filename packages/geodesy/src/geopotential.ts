/**
 * A set of fully normalized (4π, geodesy) spherical harmonic coefficients of the geopotential.
 *
 * Coefficients lie degree by degree: (n, m) at index n(n+1)/2 + m, for 0 ≤ m ≤ n ≤ maxDegree.
 */
export interface Geopotential {
  readonly name: string;
  /** GM, m³/s². */
  readonly gm: number;
  /** Reference radius of the expansion, m. */
  readonly radius: number;
  readonly maxDegree: number;
  readonly tideSystem: TideSystem;
  /** C̄_nm, (maxDegree+1)(maxDegree+2)/2 values. */
  readonly c: Float64Array;
  /** S̄_nm, same layout; S̄_n0 = 0. */
  readonly s: Float64Array;
  /** Standard deviations, same layout, when known. */
  readonly sigmaC?: Float64Array;
  readonly sigmaS?: Float64Array;
}

export type TideSystem = 'zero_tide' | 'tide_free' | 'mean_tide' | 'unknown';

/** Index of degree n, order m in a triangular coefficient array. */
export function triangleIndex(n: number, m: number): number {
  return (n * (n + 1)) / 2 + m;
}

/** Number of values in a triangular coefficient array to maxDegree. */
export function triangleSize(maxDegree: number): number {
  return ((maxDegree + 1) * (maxDegree + 2)) / 2;
}

/** Order of the unknown coefficients in a parameter vector. */
export interface CoefficientOrdering {
  readonly degreeMin: number;
  readonly degreeMax: number;
  readonly count: number;
  readonly degree: Int32Array;
  readonly order: Int32Array;
  /** 0 for C̄, 1 for S̄. */
  readonly kind: Uint8Array;
}

/**
 * Parameter order used by every normal equation of this project: degree by degree,
 * within a degree C̄_n0, C̄_n1, S̄_n1, C̄_n2, S̄_n2, …
 */
export function coefficientOrdering(degreeMin: number, degreeMax: number): CoefficientOrdering {
  const count = (degreeMax + 1) ** 2 - degreeMin ** 2;
  const degree = new Int32Array(count);
  const order = new Int32Array(count);
  const kind = new Uint8Array(count);
  let i = 0;
  for (let n = degreeMin; n <= degreeMax; n++) {
    for (let m = 0; m <= n; m++) {
      for (let k = 0; k < (m === 0 ? 1 : 2); k++) {
        degree[i] = n;
        order[i] = m;
        kind[i] = k;
        i++;
      }
    }
  }
  return { degreeMin, degreeMax, count, degree, order, kind };
}

/** A zero field with the given constants. */
export function emptyGeopotential(
  maxDegree: number,
  gm: number,
  radius: number,
  name = 'zero',
  tideSystem: TideSystem = 'unknown',
): Geopotential {
  const size = triangleSize(maxDegree);
  return { name, gm, radius, maxDegree, tideSystem, c: new Float64Array(size), s: new Float64Array(size) };
}

/** The same field cut to a lower degree (or itself when it is not higher). */
export function truncateGeopotential(field: Geopotential, maxDegree: number): Geopotential {
  if (maxDegree >= field.maxDegree) return field;
  const size = triangleSize(maxDegree);
  return {
    ...field,
    maxDegree,
    c: field.c.slice(0, size),
    s: field.s.slice(0, size),
    ...(field.sigmaC ? { sigmaC: field.sigmaC.slice(0, size) } : {}),
    ...(field.sigmaS ? { sigmaS: field.sigmaS.slice(0, size) } : {}),
  };
}
