import { loadLovePotential } from '@gravity/geodesy';
import { gaussianWeights } from './gaussian.js';

/** What can be computed from geopotential coefficients. Units: see `functionalInfo`. */
export type FunctionalName =
  | 'coefficient'
  | 'potential'
  | 'geoidHeight'
  | 'gravityAnomaly'
  | 'gravityAnomalyMilligal'
  | 'gravityDisturbance'
  | 'gravityDisturbanceMilligal'
  | 'equivalentWaterHeight'
  | 'surfaceDensity';

export interface FunctionalInfo {
  readonly name: FunctionalName;
  readonly unit: string;
  readonly longName: string;
}

const INFO: Readonly<Record<FunctionalName, readonly [unit: string, longName: string]>> = {
  coefficient: ['1', 'sum of surface spherical harmonics'],
  potential: ['m2 s-2', 'gravitational potential'],
  geoidHeight: ['m', 'geoid height'],
  gravityAnomaly: ['m s-2', 'gravity anomaly'],
  gravityAnomalyMilligal: ['mGal', 'gravity anomaly'],
  gravityDisturbance: ['m s-2', 'gravity disturbance'],
  gravityDisturbanceMilligal: ['mGal', 'gravity disturbance'],
  equivalentWaterHeight: ['m', 'equivalent water height'],
  surfaceDensity: ['kg m-2', 'surface mass density'],
};

/** Unit (UDUNITS spelling; mGal excepted) and long name of a functional. */
export function functionalInfo(name: FunctionalName): FunctionalInfo {
  const [unit, longName] = INFO[name];
  return { name, unit, longName };
}

/** Every functional, in the order of the table. */
export const FUNCTIONAL_NAMES = Object.keys(INFO) as readonly FunctionalName[];

export interface FunctionalOptions {
  /** Load Love numbers k_n by degree for water height and surface density; default: PREM, degree 1 in the CF frame. */
  readonly loadLoveK?: ArrayLike<number>;
  /** Mean density of the Earth, kg/m³ (default 5517, Wahr et al. 1998). */
  readonly earthDensity?: number;
  /** Density of water, kg/m³ (default 1000, Wahr et al. 1998; some centres use 1025). */
  readonly waterDensity?: number;
  /** Half-width radius of a Gaussian filter, m (default none). */
  readonly smoothingRadius?: number;
  /** Degrees below are left out (default 0). */
  readonly minDegree?: number;
}

/**
 * A functional as factors per degree: value = Σ_n factor_n·(R/r)^(n + radialPower)·Y_n, divided by
 * normal gravity at the point and multiplied by `gammaReference` where `perNormalGravity` says so.
 */
export interface DegreeFactors {
  readonly factors: Float64Array;
  readonly radialPower: number;
  readonly perNormalGravity: boolean;
  /** GM/R², m/s²: the normal gravity contained in `factors`. */
  readonly gammaReference: number;
}

/**
 * Factors that turn the coefficients of a field into a functional on the sphere r = R.
 *
 * geoid height R; potential GM/R; anomaly GM/R²·(n−1); disturbance GM/R²·(n+1);
 * water height R·ρ_e/(3ρ_w)·(2n+1)/(1+k_n); surface density ρ_w times that. Anomaly, disturbance and geoid height
 * follow Heiskanen & Moritz (1967), eq. 2-152 ff. (spherical approximation); water height Wahr et al. (1998), eq. 14.
 *
 * @param constants GM (m³/s²) and radius R (m) of the coefficients
 * @throws Error when Love numbers are too few or make 1 + k_n vanish (degree 1 in the CM frame)
 */
export function degreeFactors(
  name: FunctionalName,
  constants: { readonly gm: number; readonly radius: number },
  maxDegree: number,
  options: FunctionalOptions = {},
): DegreeFactors {
  const { gm, radius } = constants;
  const gammaReference = gm / radius ** 2;
  const factors = new Float64Array(maxDegree + 1);
  const minDegree = options.minDegree ?? 0;
  const weights = gaussianWeights(maxDegree, options.smoothingRadius ?? 0, radius);
  const isMass = name === 'equivalentWaterHeight' || name === 'surfaceDensity';
  const loadLoveK = options.loadLoveK ?? (isMass ? loadLovePotential(maxDegree, 'CF') : []);
  for (let n = minDegree; n <= maxDegree; n++) {
    factors[n] = weights[n] * factorOnSphere(name, n, gm, radius, { ...options, loadLoveK });
  }
  return {
    factors,
    radialPower: RADIAL_POWER[name],
    perNormalGravity: name === 'geoidHeight',
    gammaReference,
  };
}

const RADIAL_POWER: Readonly<Record<FunctionalName, number>> = {
  coefficient: 0,
  potential: 1,
  geoidHeight: 1,
  gravityAnomaly: 2,
  gravityAnomalyMilligal: 2,
  gravityDisturbance: 2,
  gravityDisturbanceMilligal: 2,
  // A layer at radius r: σ_n = (2n+1)/(4πG r)·V_n(r), hence (R/r)^(n+2) (Ditmar 2018).
  equivalentWaterHeight: 2,
  surfaceDensity: 2,
};

type MassOptions = FunctionalOptions & { readonly loadLoveK: ArrayLike<number> };

const MILLIGAL_PER_SI = 1e5;

function factorOnSphere(
  name: FunctionalName,
  n: number,
  gm: number,
  radius: number,
  options: MassOptions,
): number {
  const gamma = gm / radius ** 2;
  switch (name) {
    case 'coefficient':
      return 1;
    case 'potential':
      return gm / radius;
    case 'geoidHeight':
      return radius;
    case 'gravityAnomaly':
      return gamma * (n - 1);
    case 'gravityAnomalyMilligal':
      return MILLIGAL_PER_SI * gamma * (n - 1);
    case 'gravityDisturbance':
      return gamma * (n + 1);
    case 'gravityDisturbanceMilligal':
      return MILLIGAL_PER_SI * gamma * (n + 1);
    case 'surfaceDensity':
      return massFactor(name, n, radius, options);
    case 'equivalentWaterHeight':
      return massFactor(name, n, radius, options) / (options.waterDensity ?? 1000);
  }
}

/** kg/m² of a surface layer per unit of a degree-n coefficient. */
function massFactor(name: FunctionalName, n: number, radius: number, options: MassOptions): number {
  const k = options.loadLoveK;
  if (n >= k.length) throw new Error(`loadLoveK: ends at degree ${k.length - 1}, ${name} needs degree ${n}`);
  const denominator = 1 + k[n];
  if (!(Math.abs(denominator) > 1e-6)) {
    throw new Error(
      `loadLoveK: 1 + k vanishes at degree ${n}; use numbers of the CF or CE frame, or minDegree 2`,
    );
  }
  return ((radius * (options.earthDensity ?? 5517)) / 3) * ((2 * n + 1) / denominator);
}
