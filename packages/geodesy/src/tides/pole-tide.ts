import { EARTH_GM, EARTH_RADIUS } from '../ephemeris/constants.js';
import { ARCSECOND } from '../frames/fundamental-arguments.js';
import { triangleIndex, triangleSize } from '../geopotential.js';
import { loadLovePotential } from '../love/load-love-numbers.js';
import type { TideEpoch } from './tide-epoch.js';

/**
 * What the wobble of the pole is counted from:
 * `secular2018` linear (IERS Conventions 2010, update of chapter 7 of 2018-02-01, eq. 21), `mean2010` cubic until 2010
 * and linear after (IERS Conventions 2010, table 7.7), `mean2003` linear (IERS Conventions 2003, eq. 7.23).
 */
export type MeanPole = 'secular2018' | 'mean2010' | 'mean2003';

const MILLI_ARCSECOND = ARCSECOND * 1e-3;

/** Coefficients of x and y in mas by powers of years since 2000.0, before and from 2010.0. */
const MEAN_POLES: Readonly<
  Record<MeanPole, readonly (readonly [x: readonly number[], y: readonly number[]])[]>
> = {
  secular2018: [
    [
      [55, 1.677],
      [320.5, 3.46],
    ],
  ],
  mean2010: [
    [
      [55.974, 1.8243, 0.18413, 0.007024],
      [346.346, 1.7896, -0.10729, -0.000908],
    ],
    [
      [23.513, 7.6141],
      [358.891, -0.6287],
    ],
  ],
  mean2003: [
    [
      [54, 0.83],
      [357, 3.95],
    ],
  ],
};

/** Adds corrections that depend on the pole alone. */
export type PoleTide = (
  epoch: Pick<TideEpoch, 'ttCenturies' | 'xPole' | 'yPole'>,
  c: Float64Array,
  s: Float64Array,
) => void;

/** Mean pole in rad. @param ttCenturies Julian centuries TT since J2000.0 */
export function meanPole(model: MeanPole, ttCenturies: number): { readonly x: number; readonly y: number } {
  const years = ttCenturies * 100;
  const pieces = MEAN_POLES[model];
  const [x, y] = pieces[years >= 10 ? pieces.length - 1 : 0];
  const value = (powers: readonly number[]) => powers.reduceRight((sum, c) => sum * years + c, 0);
  return { x: value(x) * MILLI_ARCSECOND, y: value(y) * MILLI_ARCSECOND };
}

/** Wobble parameters m₁ = x_p − x̄, m₂ = −(y_p − ȳ), rad. IERS Conventions 2010, eq. 7.24. */
export function wobble(
  model: MeanPole,
  ttCenturies: number,
  xPole: number,
  yPole: number,
): { readonly m1: number; readonly m2: number } {
  if (!(Number.isFinite(xPole) && Number.isFinite(yPole))) {
    throw new RangeError('pole tide: the model of the Earth rotation gives no motion of the pole');
  }
  const mean = meanPole(model, ttCenturies);
  return { m1: xPole - mean.x, m2: -(yPole - mean.y) };
}

/**
 * Solid Earth pole tide: corrections to C̄21, S̄21 with k₂ = 0.3077 + 0.0036i.
 *
 * Source: IERS Conventions 2010, section 6.4 (ΔC̄21 = −1.333e-9·(m₁ + 0.0115 m₂), ΔS̄21 = −1.333e-9·(m₂ − 0.0115 m₁),
 * m in arcseconds).
 */
export function createSolidPoleTide(model: MeanPole = 'secular2018'): PoleTide {
  return (epoch, c, s) => {
    const { m1, m2 } = wobble(model, epoch.ttCenturies, epoch.xPole, epoch.yPole);
    const i = triangleIndex(2, 1);
    c[i] -= (1.333e-9 / ARCSECOND) * (m1 + 0.0115 * m2);
    s[i] -= (1.333e-9 / ARCSECOND) * (m2 - 0.0115 * m1);
  };
}

/** Self-consistent equilibrium coefficients of Desai (2002), layout n(n+1)/2 + m, without unit. */
export interface OceanPoleTideCoefficients {
  readonly maxDegree: number;
  readonly aReal: Float64Array;
  readonly bReal: Float64Array;
  readonly aImaginary: Float64Array;
  readonly bImaginary: Float64Array;
}

export interface OceanPoleTideOptions {
  readonly degreeMin?: number;
  readonly degreeMax?: number;
  readonly meanPole?: MeanPole;
}

/** Real and imaginary part of γ₂ = 1 + k₂ − h₂. IERS Conventions 2010, section 6.5. */
const GAMMA_REAL = 0.687;
const GAMMA_IMAGINARY = 0.0036;
/** Constants of the same section: Ω rad/s, G m³/(kg·s²), density of sea water kg/m³, mean equatorial gravity m/s². */
const OMEGA = 7.292115e-5;
const GRAVITATIONAL_CONSTANT = 6.67428e-11;
const SEA_WATER_DENSITY = 1025;
const EQUATORIAL_GRAVITY = 9.7803278;

/** 4πGρ_w/g_e·(1 + k′_n)/(2n + 1), 1/m: Stokes coefficient per metre of sea water. IERS Conventions 2010, eq. 6.21. */
export function seaWaterStokesFactors(degreeMax: number): Float64Array {
  const k = loadLovePotential(degreeMax);
  const factor = (4 * Math.PI * GRAVITATIONAL_CONSTANT * SEA_WATER_DENSITY) / EQUATORIAL_GRAVITY;
  return k.map((love, n) => (factor * (1 + love)) / (2 * n + 1));
}

/**
 * Ocean pole tide. IERS Conventions 2010, eq. 6.23.
 *
 * @throws RangeError when the arrays are shorter than the degree asks for
 */
export function createOceanPoleTide(
  coefficients: OceanPoleTideCoefficients,
  options: OceanPoleTideOptions = {},
): PoleTide {
  const { degreeMin = 2, meanPole: model = 'secular2018' } = options;
  const degreeMax = Math.min(options.degreeMax ?? coefficients.maxDegree, coefficients.maxDegree);
  const size = triangleSize(degreeMax);
  for (const name of ['aReal', 'bReal', 'aImaginary', 'bImaginary'] as const) {
    if (coefficients[name].length < size) {
      throw new RangeError(
        `ocean pole tide: ${name} has ${coefficients[name].length} of ${size} coefficients`,
      );
    }
  }
  const factors = seaWaterStokesFactors(degreeMax);
  // Ω²a⁴/GM is the height in metres that goes with a wobble of one radian.
  const meters = (OMEGA ** 2 * EARTH_RADIUS ** 4) / EARTH_GM;
  const first = triangleSize(degreeMin - 1);
  const scaled = (values: Float64Array): Float64Array => {
    const out = new Float64Array(size);
    for (let n = degreeMin, i = first; n <= degreeMax; n++) {
      for (let m = 0; m <= n; m++, i++) out[i] = meters * factors[n] * values[i];
    }
    return out;
  };
  const aReal = scaled(coefficients.aReal);
  const bReal = scaled(coefficients.bReal);
  const aImaginary = scaled(coefficients.aImaginary);
  const bImaginary = scaled(coefficients.bImaginary);
  return (epoch, c, s) => {
    const { m1, m2 } = wobble(model, epoch.ttCenturies, epoch.xPole, epoch.yPole);
    const inPhase = m1 * GAMMA_REAL + m2 * GAMMA_IMAGINARY;
    const outOfPhase = m2 * GAMMA_REAL - m1 * GAMMA_IMAGINARY;
    for (let i = first; i < size; i++) {
      c[i] += aReal[i] * inPhase + aImaginary[i] * outOfPhase;
      s[i] += bReal[i] * inPhase + bImaginary[i] * outOfPhase;
    }
  };
}
