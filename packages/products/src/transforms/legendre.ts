/** Recursion coefficients of fully normalized Legendre functions, order by order: (n, m) at offset[m] + n − m. */
export interface LegendrePlan {
  readonly maxDegree: number;
  readonly offset: Int32Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** P̄_mm / u^m · 1e-280. */
  readonly sectoral: Float64Array;
}

/** The scale that keeps P̄_nm/u^m inside double range for every colatitude up to degree 2700. */
export const LEGENDRE_SCALE = 1e-280;

/** Below u^m = 10^this a whole order contributes less than 1e-30 and is skipped. */
const LOG10_SKIP = -620;

/** The highest degree for which the scaled recursion has been shown to stay in range (Holmes & Featherstone 2002). */
export const LEGENDRE_MAX_DEGREE = 2700;

/**
 * Recursion coefficients to a degree.
 * @throws RangeError above degree 2700, where the scaling no longer protects against overflow
 * Source: Holmes & Featherstone (2002), J. Geodesy 76, eq. 11–13 and 17–18 ("modified forward column").
 */
export function legendrePlan(maxDegree: number): LegendrePlan {
  checkLegendreDegree(maxDegree);
  const offset = new Int32Array(maxDegree + 1);
  for (let m = 1; m <= maxDegree; m++) offset[m] = offset[m - 1] + maxDegree - m + 2;
  const size = ((maxDegree + 1) * (maxDegree + 2)) / 2;
  const a = new Float64Array(size);
  const b = new Float64Array(size);
  const sectoral = new Float64Array(maxDegree + 1);
  sectoral[0] = LEGENDRE_SCALE;
  for (let m = 1; m <= maxDegree; m++) {
    sectoral[m] = sectoral[m - 1] * (m === 1 ? Math.sqrt(3) : Math.sqrt((2 * m + 1) / (2 * m)));
  }
  for (let m = 0; m <= maxDegree; m++) {
    for (let n = m + 1; n <= maxDegree; n++) {
      const common = (2 * n + 1) / ((n - m) * (n + m));
      a[offset[m] + n - m] = Math.sqrt(common * (2 * n - 1));
      b[offset[m] + n - m] = Math.sqrt((common * (n + m - 1) * (n - m - 1)) / (2 * n - 3));
    }
  }
  return { maxDegree, offset, a, b, sectoral };
}

/** @throws RangeError for a degree that the recursion cannot reach */
export function checkLegendreDegree(maxDegree: number): void {
  if (!Number.isInteger(maxDegree) || maxDegree < 0 || maxDegree > LEGENDRE_MAX_DEGREE) {
    throw new RangeError(`maxDegree must be an integer from 0 to ${LEGENDRE_MAX_DEGREE}: ${maxDegree}`);
  }
}

/** Highest order whose functions are not negligible at a cosine of latitude. */
export function highestOrder(plan: Pick<LegendrePlan, 'maxDegree'>, cosLatitude: number): number {
  const log = Math.log10(Math.abs(cosLatitude));
  if (!(log < 0)) return plan.maxDegree;
  return Math.min(plan.maxDegree, Math.floor(LOG10_SKIP / log));
}

/**
 * All P̄_nm (4π normalized, no Condon–Shortley phase) at one latitude.
 *
 * @param sinLatitude,cosLatitude of the geocentric latitude; the cosine is not negative
 * @param out plan-ordered values, (maxDegree+1)(maxDegree+2)/2, overwritten
 */
export function legendreFunctions(
  plan: LegendrePlan,
  sinLatitude: number,
  cosLatitude: number,
  out: Float64Array,
): Float64Array {
  const { maxDegree, offset, a, b, sectoral } = plan;
  out.fill(0);
  const top = highestOrder(plan, cosLatitude);
  for (let m = 0; m <= top; m++) {
    const at = offset[m] - m;
    const half = cosLatitude ** (m / 2);
    let before = 0;
    let current = sectoral[m];
    out[at + m] = ((current * half) / LEGENDRE_SCALE) * half;
    for (let n = m + 1; n <= maxDegree; n++) {
      const next = a[at + n] * sinLatitude * current - b[at + n] * before;
      before = current;
      current = next;
      out[at + n] = ((current * half) / LEGENDRE_SCALE) * half;
    }
  }
  return out;
}
