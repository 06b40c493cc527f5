import { fundamentalArguments } from '../frames/fundamental-arguments.js';

/** Multipliers of the Doodson arguments τ, s, h, p, N′, p_s. */
export type Doodson = readonly [number, number, number, number, number, number];

/** Angles a tide is a combination of, rad. */
export interface TideArguments {
  /** Greenwich mean sidereal time plus π. */
  readonly siderealAngle: number;
  /** Delaunay's arguments l, l′, F, D, Ω. */
  readonly delaunay: Float64Array;
  /** Doodson's arguments τ, s, h, p, N′, p_s. */
  readonly doodson: Float64Array;
}

/**
 * Arguments of the tides at an epoch. IERS Conventions 2010, eqs. 5.43 and 6.8e, and table 6.5a for the relations of
 * the two sets.
 *
 * @param t Julian centuries TT since J2000.0
 * @param gmst Greenwich mean sidereal time, rad
 */
export function tideArguments(t: number, gmst: number): TideArguments {
  const f = fundamentalArguments(t);
  const s = f.moonLatitudeArgument + f.node;
  const h = s - f.elongation;
  const siderealAngle = gmst + Math.PI;
  return {
    siderealAngle,
    delaunay: Float64Array.of(f.moonAnomaly, f.sunAnomaly, f.moonLatitudeArgument, f.elongation, f.node),
    doodson: Float64Array.of(siderealAngle - s, s, h, s - f.moonAnomaly, -f.node, h - f.sunAnomaly),
  };
}

/** Rates of the Doodson arguments, rad per day (UT and TT days alike): derivatives of the above at J2000.0. */
export const DOODSON_RATES: Doodson = ((): Doodson => {
  const turn = 2 * Math.PI;
  // Rates in turns per day: 1 + 1/(tropical year) for sidereal time, the others from IERS eq. 5.43.
  const perCentury = (arcseconds: number) => (arcseconds / 1296000 / 36525) * turn;
  const sidereal = turn * 1.00273790935;
  const [l, lPrime, f, d, node] = [
    perCentury(1717915923.2178),
    perCentury(129596581.0481),
    perCentury(1739527262.8478),
    perCentury(1602961601.209),
    perCentury(-6962890.5431),
  ];
  const s = f + node;
  return [sidereal - s, s, s - d, s - l, -node, s - d - lPrime];
})();

/** Angular frequency of a tide, rad per day. */
export function tideFrequency(doodson: Doodson): number {
  return doodson.reduce((sum, n, i) => sum + n * DOODSON_RATES[i], 0);
}

/**
 * Multipliers of a Doodson number in its usual form: "255.555" or "55,565" (leading zeros may be missing), five added
 * to all digits but the first; letters for digits below 0 or above 9 are not in use in tide models.
 *
 * @throws RangeError for anything else
 */
export function parseDoodsonNumber(text: string): Doodson {
  const match = /^(\d{1,3})[.,](\d{3})$/.exec(text.trim());
  if (!match) throw new RangeError(`"${text}" is not a Doodson number such as 255.555`);
  const digits = [...(match[1].padStart(3, '0') + match[2])].map(Number);
  return [digits[0], digits[1] - 5, digits[2] - 5, digits[3] - 5, digits[4] - 5, digits[5] - 5];
}

/** The number of multipliers, for messages: [2,0,0,0,0,0] → "255.555". */
export function formatDoodsonNumber(doodson: Doodson): string {
  const d = doodson.map((n, i) => String(i === 0 ? n : n + 5));
  return `${d[0]}${d[1]}${d[2]}.${d[3]}${d[4]}${d[5]}`;
}
