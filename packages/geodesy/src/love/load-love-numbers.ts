import { LOAD_LOVE_PREM_CM } from './tables/load-love-prem.js';

/** Elastic load Love numbers of a degree: vertical h, horizontal l, potential k (k′ in the literature). */
export interface LoadLoveNumber {
  readonly h: number;
  readonly l: number;
  readonly k: number;
}

/**
 * Origin that degree 1 refers to: CE centre of mass of the solid Earth (k₁ = 0), CM centre of mass of the whole
 * Earth (k₁ = −1), CF centre of the figure of the surface (k₁ ≈ 0.021). Other degrees do not depend on it.
 */
export type DegreeOneFrame = 'CE' | 'CM' | 'CF';

/** Highest degree of the table. */
export const LOAD_LOVE_MAX_DEGREE = 1024;

/**
 * Elastic load Love numbers of PREM (Gegout 1997).
 *
 * @param degree 0–1024; degree 0 is (0, 0, 0): the mass of the Earth system does not change
 * @param frame meaning of degree 1, CE unless given
 * @throws RangeError for a degree outside of the table
 * @see Blewitt (2003), J. Geophys. Res. 108, 2103, for the frames of degree 1
 */
export function loadLoveNumber(degree: number, frame: DegreeOneFrame = 'CE'): LoadLoveNumber {
  if (!Number.isInteger(degree) || degree < 0 || degree > LOAD_LOVE_MAX_DEGREE) {
    throw new RangeError(
      `load Love numbers are known for degrees 0 to ${LOAD_LOVE_MAX_DEGREE}, not ${degree}`,
    );
  }
  if (degree === 0) return { h: 0, l: 0, k: 0 };
  table ??= parse();
  const i = 3 * degree;
  const h = table[i];
  const l = table[i + 1];
  const k = table[i + 2];
  if (degree > 1 || frame === 'CM') return { h, l, k };
  // CM to CE is a shift of the origin by the degree-1 load itself: +1 in all three. From there the centre of
  // figure lies (h + 2l)/3 away.
  const shift = frame === 'CE' ? 1 : 1 - (h + 1 + 2 * (l + 1)) / 3;
  return { h: h + shift, l: l + shift, k: k + shift };
}

/** k′ of the degrees 0 to maxDegree, as `loadLoveNumber` gives them. */
export function loadLovePotential(maxDegree: number, frame: DegreeOneFrame = 'CE'): Float64Array {
  return Float64Array.from({ length: maxDegree + 1 }, (_, n) => loadLoveNumber(n, frame).k);
}

function parse(): Float64Array {
  return Float64Array.from(LOAD_LOVE_PREM_CM.trim().split(/\s+/), Number);
}

let table: Float64Array | undefined;
