/** A level ellipsoid of revolution: four defining constants and what follows from them. SI units. */
export interface Ellipsoid {
  readonly name: string;
  /** Semi-major axis a, m. */
  readonly semiMajorAxis: number;
  /** GM, m³/s². */
  readonly gm: number;
  /** Angular velocity ω, rad/s. */
  readonly angularVelocity: number;
  readonly flattening: number;
  /** Dynamical form factor J2 of the normal field. */
  readonly j2: number;
  readonly semiMinorAxis: number;
  /** First eccentricity squared e². */
  readonly eccentricitySquared: number;
  /** Second eccentricity squared e′². */
  readonly secondEccentricitySquared: number;
  /** m = ω²a²b/GM. */
  readonly centrifugalRatio: number;
  /** Normal potential on the ellipsoid U0, m²/s². */
  readonly potential: number;
  /** Normal gravity at the equator and the poles, m/s². */
  readonly gravityEquator: number;
  readonly gravityPole: number;
  /** Somigliana's constant k = bγ_p/(aγ_e) − 1. */
  readonly somiglianaConstant: number;
}

interface Defining {
  readonly name: string;
  readonly semiMajorAxis: number;
  readonly gm: number;
  readonly angularVelocity: number;
}

/**
 * Ellipsoid from a, GM, ω and the flattening.
 *
 * @throws RangeError for constants that do not describe an oblate body
 * @see Moritz (2000), Geodetic Reference System 1980, J. Geod. 74, 128
 */
export function ellipsoidFromFlattening(defining: Defining & { readonly flattening: number }): Ellipsoid {
  const { flattening } = defining;
  if (!(flattening > 0 && flattening < 1))
    throw new RangeError(`flattening must be in (0, 1), not ${flattening}`);
  return derive(defining, flattening * (2 - flattening));
}

/**
 * Ellipsoid from a, GM, ω and J2, solved for e² by iteration.
 *
 * @throws RangeError for constants that do not describe an oblate body
 */
export function ellipsoidFromJ2(defining: Defining & { readonly j2: number }): Ellipsoid {
  const { j2, gm, semiMajorAxis: a, angularVelocity: omega } = defining;
  if (!(j2 > 0 && j2 < 0.1)) throw new RangeError(`J2 must be in (0, 0.1), not ${j2}`);
  let e2 = 3 * j2;
  // e² = 3·J2 + (4/15)·ω²a³/GM · e³/(2q0): the change shrinks by ~1e-3 at each step.
  for (let i = 0; i < 30; i++) {
    const next = 3 * j2 + ((4 / 15) * omega ** 2 * a ** 3 * e2 ** 1.5) / gm / (2 * q0(e2 / (1 - e2)));
    if (Math.abs(next - e2) < 1e-18) break;
    e2 = next;
  }
  return derive(defining, e2);
}

function derive(defining: Defining, e2: number): Ellipsoid {
  const { name, semiMajorAxis: a, gm, angularVelocity: omega } = defining;
  if (!(a > 0 && gm > 0)) throw new RangeError(`ellipsoid ${name}: semi-major axis and GM must be positive`);
  const b = a * Math.sqrt(1 - e2);
  const second = e2 / (1 - e2);
  const m = (omega ** 2 * a ** 2 * b) / gm;
  const q = q0(second);
  const r = (m * Math.sqrt(second) * q0Prime(second)) / q;
  const gravityEquator = (gm / (a * b)) * (1 - m - r / 6);
  const gravityPole = (gm / a ** 2) * (1 + r / 3);
  const linear = a * Math.sqrt(e2);
  return {
    name,
    semiMajorAxis: a,
    gm,
    angularVelocity: omega,
    flattening: e2 / (1 + Math.sqrt(1 - e2)),
    j2: (e2 / 3) * (1 - ((2 / 15) * m * Math.sqrt(second)) / q),
    semiMinorAxis: b,
    eccentricitySquared: e2,
    secondEccentricitySquared: second,
    centrifugalRatio: m,
    potential: (gm / linear) * Math.atan(Math.sqrt(second)) + (omega ** 2 * a ** 2) / 3,
    gravityEquator,
    gravityPole,
    somiglianaConstant: (b * gravityPole) / (a * gravityEquator) - 1,
  };
}

/** q0 = ½[(1 + 3/e′²)·arctan e′ − 3/e′] as a series: the closed form loses six digits. */
function q0(second: number): number {
  let sum = 0;
  let power = second * Math.sqrt(second);
  for (let n = 1; n < 40; n++) {
    sum += ((n % 2 ? 2 : -2) * n * power) / ((2 * n + 1) * (2 * n + 3));
    power *= second;
  }
  return sum;
}

/** q0′ = 3(1 + 1/e′²)(1 − arctan(e′)/e′) − 1 as a series. */
function q0Prime(second: number): number {
  let sum = 0;
  let power = second;
  for (let n = 1; n < 40; n++) {
    sum += ((n % 2 ? 6 : -6) * power) / ((2 * n + 1) * (2 * n + 3));
    power *= second;
  }
  return sum;
}

/** World Geodetic System 1984. Source: NIMA TR8350.2, 3rd edition with GM of 1994. */
export const WGS84: Ellipsoid = ellipsoidFromFlattening({
  name: 'WGS84',
  semiMajorAxis: 6378137,
  gm: 3.986004418e14,
  angularVelocity: 7.292115e-5,
  flattening: 1 / 298.257223563,
});

/** Geodetic Reference System 1980. Source: Moritz (2000), J. Geod. 74, 128. */
export const GRS80: Ellipsoid = ellipsoidFromJ2({
  name: 'GRS80',
  semiMajorAxis: 6378137,
  gm: 3.986005e14,
  angularVelocity: 7.292115e-5,
  j2: 1.08263e-3,
});
