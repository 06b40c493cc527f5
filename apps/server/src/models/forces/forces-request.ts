import type { Planet } from '@gravity/geodesy';

/** Forces beside the static field, every member stated. Files are named as the request names them. */
export interface ForcesSpec {
  /** Sun and Moon. */
  readonly thirdBodies: boolean;
  /** In addition; they need an ephemeris file. */
  readonly planets: readonly Planet[];
  /** `analytical`, or a binary JPL development ephemeris. */
  readonly ephemeris: string;
  readonly solidEarthTide: boolean;
  /** Solid Earth pole tide. */
  readonly poleTide: boolean;
  /** `none`, `fes2004` or a file of Doodson coefficients. */
  readonly oceanTide: string;
  /** Undefined: what the model has, at most the degree of the static field. */
  readonly oceanTideDegreeMax?: number;
  /** `none` or the coefficients of Desai. */
  readonly oceanPoleTide: string;
  /** Files of AOD1B tides, or one of Doodson coefficients. */
  readonly atmosphericTide: readonly string[];
  /** AOD1B files or archives of them. */
  readonly dealiasing: readonly string[];
  readonly dealiasingDegreeMax?: number;
  readonly relativity: boolean;
  /** Time-variable terms of the static field followed through the interval, instead of taken at its middle. */
  readonly fieldVariation: boolean;
}

/** `background_models.forces` of a request; `auto`: what the observations say (see `forcesOf`). */
export type ForcesRequest = 'auto' | 'none' | ForcesSpec;

/** All forces that need no file the server does not have. */
export const COMPLETE_FORCES: ForcesSpec = {
  thirdBodies: true,
  planets: [],
  ephemeris: 'analytical',
  solidEarthTide: true,
  poleTide: true,
  oceanTide: 'fes2004',
  oceanPoleTide: 'none',
  atmosphericTide: [],
  dealiasing: [],
  relativity: true,
  fieldVariation: true,
};

/** The names of the planets an ephemeris file has. */
export const PLANETS: readonly Planet[] = [
  'mercury',
  'venus',
  'mars',
  'jupiter',
  'saturn',
  'uranus',
  'neptune',
];

/** As a request writes them. */
export function forcesJson(spec: ForcesSpec): Record<string, unknown> {
  return {
    third_bodies: spec.planets.length > 0 ? { planets: spec.planets } : spec.thirdBodies,
    ephemeris: spec.ephemeris,
    solid_earth_tide: spec.solidEarthTide,
    ocean_tide: spec.oceanTide,
    ...(spec.oceanTideDegreeMax !== undefined && { ocean_tide_degree_max: spec.oceanTideDegreeMax }),
    pole_tide: spec.poleTide,
    ocean_pole_tide: spec.oceanPoleTide,
    atmospheric_tide: spec.atmosphericTide.length > 0 ? spec.atmosphericTide : 'none',
    dealiasing: spec.dealiasing.length > 0 ? spec.dealiasing : 'none',
    ...(spec.dealiasingDegreeMax !== undefined && { dealiasing_degree_max: spec.dealiasingDegreeMax }),
    relativity: spec.relativity,
    field_variation: spec.fieldVariation,
  };
}

/** Whether the spec holds no force at all. */
export function isWithoutForces(spec: ForcesSpec): boolean {
  return !(
    spec.thirdBodies ||
    spec.solidEarthTide ||
    spec.poleTide ||
    spec.relativity ||
    spec.fieldVariation ||
    spec.oceanTide !== 'none' ||
    spec.oceanPoleTide !== 'none' ||
    spec.atmosphericTide.length > 0 ||
    spec.dealiasing.length > 0
  );
}
