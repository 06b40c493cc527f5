import { triangleIndex, triangleSize } from '../geopotential.js';

/** Coefficients of the recursions (layout n(n+1)/2 + m), shared by all evaluators of the same degree. */
export interface RecursionTable {
  readonly maxDegree: number;
  /** Sectorial factor f_m. */
  readonly sectorial: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

const tables = new Map<number, RecursionTable>();

/** Factors of the recursions of `SolidHarmonics` to a degree. */
export function recursionTable(maxDegree: number): RecursionTable {
  const known = tables.get(maxDegree);
  if (known) return known;
  const sectorial = new Float64Array(maxDegree + 1);
  const a = new Float64Array(triangleSize(maxDegree));
  const b = new Float64Array(triangleSize(maxDegree));
  for (let m = 1; m <= maxDegree; m++)
    sectorial[m] = m === 1 ? Math.sqrt(3) : Math.sqrt((2 * m + 1) / (2 * m));
  for (let n = 1; n <= maxDegree; n++) {
    for (let m = 0; m < n; m++) {
      const i = triangleIndex(n, m);
      a[i] = Math.sqrt(((2 * n - 1) * (2 * n + 1)) / ((n - m) * (n + m)));
      b[i] =
        n - m < 2
          ? 0
          : Math.sqrt(((2 * n + 1) * (n - m - 1) * (n + m - 1)) / ((2 * n - 3) * (n + m) * (n - m)));
    }
  }
  const table = { maxDegree, sectorial, a, b };
  tables.set(maxDegree, table);
  return table;
}

/**
 * Fully normalized exterior solid harmonics at one point:
 * V_nm = (R/r)^{n+1} P̄_nm(sin φ) cos mλ and W_nm with sin mλ, for 0 ≤ m ≤ n ≤ maxDegree.
 *
 * Recursion in Cartesian coordinates (Cunningham 1970; Montenbruck & Gill 2000, eq. 3.29–3.31, normalized).
 * Safe at the poles; in double precision the sectorial seeds underflow only where the values are negligible
 * as long as maxDegree stays below about 1000.
 */
export class SolidHarmonics {
  readonly v: Float64Array;
  readonly w: Float64Array;
  private readonly table: RecursionTable;

  constructor(
    readonly maxDegree: number,
    readonly radius: number,
  ) {
    if (!Number.isInteger(maxDegree) || maxDegree < 0) {
      throw new RangeError(`maxDegree must be a non-negative integer, got ${maxDegree}`);
    }
    this.v = new Float64Array(triangleSize(maxDegree));
    this.w = new Float64Array(triangleSize(maxDegree));
    this.table = recursionTable(maxDegree);
  }

  /** Fills v and w (layout n(n+1)/2 + m) at a point of the terrestrial frame, m. */
  evaluate(x: number, y: number, z: number): void {
    const { v, w, radius, maxDegree } = this;
    const { a, b, sectorial } = this.table;
    const r2 = x * x + y * y + z * z;
    const scale = radius / r2;
    const xs = x * scale;
    const ys = y * scale;
    const zs = z * scale;
    const rho = radius * scale;
    v[0] = radius / Math.sqrt(r2);
    w[0] = 0;
    if (maxDegree === 0) return;
    v[1] = a[1] * zs * v[0];
    w[1] = 0;
    v[2] = sectorial[1] * xs * v[0];
    w[2] = sectorial[1] * ys * v[0];
    for (let n = 2; n <= maxDegree; n++) {
      const row = (n * (n + 1)) / 2;
      const row1 = row - n;
      const row2 = row1 - n + 1;
      for (let m = 0; m < n - 1; m++) {
        const za = a[row + m] * zs;
        const rb = b[row + m] * rho;
        v[row + m] = za * v[row1 + m] - rb * v[row2 + m];
        w[row + m] = za * w[row1 + m] - rb * w[row2 + m];
      }
      const sub = a[row + n - 1] * zs;
      const vSector = v[row1 + n - 1];
      const wSector = w[row1 + n - 1];
      v[row + n - 1] = sub * vSector;
      w[row + n - 1] = sub * wSector;
      v[row + n] = sectorial[n] * (xs * vSector - ys * wSector);
      w[row + n] = sectorial[n] * (xs * wSector + ys * vSector);
    }
  }
}

/**
 * Factors that carry a normalized coefficient of (n, m) to the solid harmonics of degree n+1 when the
 * series is differentiated: to order m+1, m−1 (both already with the ½) and m.
 *
 * Montenbruck & Gill (2000), eq. 3.33, with the normalization of numerator and denominator worked in.
 */
export function derivativeFactors(n: number, m: number): { up: number; down: number; zonal: number } {
  const q = (2 * n + 1) / (2 * n + 3);
  const zonal = Math.sqrt(q * (n - m + 1) * (n + m + 1));
  if (m === 0) return { up: Math.sqrt((q * (n + 1) * (n + 2)) / 2), down: 0, zonal };
  return {
    up: 0.5 * Math.sqrt(q * (n + m + 1) * (n + m + 2)),
    down: 0.5 * Math.sqrt(q * (n - m + 1) * (n - m + 2) * (m === 1 ? 2 : 1)),
    zonal,
  };
}
