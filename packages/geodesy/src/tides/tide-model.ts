import type { EarthRotation } from '../earth-rotation-types.js';
import { EARTH_GM, EARTH_RADIUS } from '../ephemeris/constants.js';
import type { Ephemeris } from '../ephemeris/types.js';
import { type Geopotential, triangleIndex, triangleSize } from '../geopotential.js';
import { createDealiasing, type DealiasingOptions, type DealiasingSet } from './dealiasing.js';
import { createHarmonicTide, type HarmonicTideOptions } from './harmonic-tide.js';
import type { HarmonicWave } from './harmonic-wave.js';
import {
  createOceanPoleTide,
  createSolidPoleTide,
  type MeanPole,
  type OceanPoleTideCoefficients,
  type OceanPoleTideOptions,
  type PoleTide,
} from './pole-tide.js';
import {
  createSolidEarthTide,
  SOLID_TIDE_DEGREE,
  type SolidEarthTideOptions,
  type StokesContribution,
} from './solid-earth-tide.js';
import { StokesInterpolator } from './stokes-interpolator.js';
import { createPoleSource, createTideEpochSource } from './tide-epoch.js';

/** What varies in the field with time beside the static field; each part is off when absent. */
export interface TideModelParts {
  readonly solid?: true | Omit<SolidEarthTideOptions, 'tideSystem'>;
  /** Solid Earth pole tide, counted from this mean pole. */
  readonly solidPole?: MeanPole;
  readonly oceanPole?: OceanPoleTideOptions & { readonly coefficients: OceanPoleTideCoefficients };
  readonly ocean?: HarmonicTideOptions & { readonly waves: readonly HarmonicWave[] };
  readonly atmosphere?: HarmonicTideOptions & { readonly waves: readonly HarmonicWave[] };
  readonly dealiasing?: DealiasingOptions & { readonly sets: readonly DealiasingSet[] };
}

export interface TideModelContext {
  readonly rotation: EarthRotation;
  readonly ephemeris: Ephemeris;
  /** The static field the corrections are for: its GM, radius and tide system. */
  readonly field: Pick<Geopotential, 'gm' | 'radius' | 'tideSystem'>;
  /**
   * Step of the nodes the tides are interpolated between, s (default 600); 0 computes every epoch. Ephemeris and
   * Earth orientation are then asked for up to four steps beyond the epochs. Dealiasing and the pole tides, which
   * have kinks where their data have, are always computed.
   */
  readonly interpolationSeconds?: number;
}

/** Corrections to normalized Stokes coefficients in the terrestrial frame, layout n(n+1)/2 + m. */
export interface StokesCorrections {
  readonly degreeMax: number;
  readonly c: Float64Array;
  readonly s: Float64Array;
}

export interface TideModel {
  readonly degreeMax: number;
  /**
   * Corrections at an epoch, for GM and radius of the field of the context. The arrays belong to the model and hold
   * until the next call.
   */
  stokes(gpsSeconds: number, offsetSeconds: number): StokesCorrections;
}

/**
 * Sum of the tides and dealiasing that are switched on, as corrections to the coefficients of a static field: added to
 * it they cost no synthesis of their own.
 *
 * @throws RangeError for parts that do not go with the field or the rotation (see the single functions); `stokes` also
 *   outside of the ephemeris, the Earth orientation parameters or the dealiasing sets
 */
export function createTideModel(parts: TideModelParts, context: TideModelContext): TideModel {
  const { rotation, ephemeris, field, interpolationSeconds = 600 } = context;
  const smooth: StokesContribution[] = [];
  let smoothDegree = 0;
  const add = (contribution: StokesContribution, degree: number) => {
    smooth.push(contribution);
    smoothDegree = Math.max(smoothDegree, degree);
  };
  if (parts.solid) {
    const options = parts.solid === true ? {} : parts.solid;
    add(createSolidEarthTide({ ...options, tideSystem: field.tideSystem }), SOLID_TIDE_DEGREE);
  }
  const poles: PoleTide[] = [];
  let degreeMax = 0;
  if ((parts.solidPole || parts.oceanPole) && rotation.spec.model !== 'iers2010') {
    throw new RangeError(
      `pole tide: Earth rotation of model '${rotation.spec.model}' has no motion of the pole`,
    );
  }
  if (parts.solidPole) {
    poles.push(createSolidPoleTide(parts.solidPole));
    degreeMax = 2;
  }
  if (parts.oceanPole) {
    const { coefficients, degreeMax: wanted = coefficients.maxDegree } = parts.oceanPole;
    poles.push(createOceanPoleTide(coefficients, parts.oceanPole));
    degreeMax = Math.max(degreeMax, Math.min(wanted, coefficients.maxDegree));
  }
  for (const part of [parts.ocean, parts.atmosphere]) {
    if (!part) continue;
    const tide = createHarmonicTide(part.waves, part);
    add(tide.add, tide.degreeMax);
  }
  const dealiasing = parts.dealiasing && createDealiasing(parts.dealiasing.sets, parts.dealiasing);
  degreeMax = Math.max(degreeMax, smoothDegree, dealiasing?.degreeMax ?? 0);
  const c = new Float64Array(triangleSize(degreeMax));
  const s = new Float64Array(triangleSize(degreeMax));
  const rescale = fieldScale(field, degreeMax);
  const epochOf = createTideEpochSource(rotation, ephemeris);
  const poleOf = createPoleSource(rotation);
  const addSmooth = (gpsSeconds: number, offsetSeconds: number, cc: Float64Array, ss: Float64Array) => {
    const epoch = epochOf(gpsSeconds, offsetSeconds);
    for (const contribution of smooth) contribution(epoch, cc, ss);
  };
  const interpolator =
    interpolationSeconds > 0 && smooth.length > 0
      ? new StokesInterpolator(triangleSize(smoothDegree), interpolationSeconds, (gps, cc, ss) =>
          addSmooth(gps, 0, cc, ss),
        )
      : undefined;
  return {
    degreeMax,
    stokes(gpsSeconds, offsetSeconds) {
      c.fill(0);
      s.fill(0);
      if (interpolator) interpolator.add(gpsSeconds, offsetSeconds, c, s);
      else if (smooth.length > 0) addSmooth(gpsSeconds, offsetSeconds, c, s);
      if (poles.length > 0) {
        const pole = poleOf(gpsSeconds, offsetSeconds);
        for (const contribution of poles) contribution(pole, c, s);
      }
      dealiasing?.add({ gpsSeconds, offsetSeconds }, c, s);
      for (let i = 0; i < c.length; i++) {
        c[i] *= rescale[i];
        s[i] *= rescale[i];
      }
      // Waves carry numbers for the sine of order zero, which is no coefficient.
      for (let n = 0; n <= degreeMax; n++) s[triangleIndex(n, 0)] = 0;
      return { degreeMax, c, s };
    },
  };
}

/** From GM and radius of the IERS Conventions, which all parts use, to those of the field. */
function fieldScale(field: Pick<Geopotential, 'gm' | 'radius'>, degreeMax: number): Float64Array {
  const scale = new Float64Array(triangleSize(degreeMax));
  for (let n = 0, i = 0; n <= degreeMax; n++) {
    const factor = (EARTH_GM / field.gm) * (EARTH_RADIUS / field.radius) ** n;
    for (let m = 0; m <= n; m++, i++) scale[i] = factor;
  }
  return scale;
}
