import type { Planet } from '@gravity/geodesy';
import { FieldReader } from '../../field-reader.js';
import { COMPLETE_FORCES, type ForcesRequest, type ForcesSpec, PLANETS } from './forces-request.js';

const MEMBERS = [
  'third_bodies',
  'ephemeris',
  'solid_earth_tide',
  'ocean_tide',
  'ocean_tide_degree_max',
  'pole_tide',
  'ocean_pole_tide',
  'atmospheric_tide',
  'dealiasing',
  'dealiasing_degree_max',
  'relativity',
  'field_variation',
];
const MAX_DEGREE = 180;
const MAX_FILES = 400;

/**
 * Reads `forces` of `background_models`: `auto` (default), `complete`, `none`, or an object whose members change the
 * complete set. Faults are collected by the reader.
 */
export function parseForces(models: FieldReader): ForcesRequest {
  if (!models.isObject('forces')) {
    const name = models.choice('forces', ['auto', 'complete', 'none'], 'auto');
    return name === 'complete' ? COMPLETE_FORCES : name;
  }
  const reader = models.object('forces');
  reader.only(MEMBERS);
  const planets = planetsOf(reader);
  const thirdBodies = reader.isObject('third_bodies') || reader.boolean('third_bodies', true);
  const ephemeris = reader.text('ephemeris') ?? COMPLETE_FORCES.ephemeris;
  if (planets.length > 0 && ephemeris === 'analytical') {
    reader.refuse('third_bodies', 'planets need an ephemeris file: name one in forces.ephemeris');
  }
  const degree = (name: string) => {
    const value = reader.optionalInteger(name, 2, MAX_DEGREE);
    return value === undefined ? {} : { value };
  };
  const ocean = degree('ocean_tide_degree_max');
  const dealiasing = degree('dealiasing_degree_max');
  return {
    thirdBodies,
    planets,
    ephemeris,
    solidEarthTide: reader.boolean('solid_earth_tide', true),
    poleTide: reader.boolean('pole_tide', true),
    oceanTide: reader.text('ocean_tide') ?? COMPLETE_FORCES.oceanTide,
    ...(ocean.value !== undefined && { oceanTideDegreeMax: ocean.value }),
    oceanPoleTide: reader.text('ocean_pole_tide') ?? 'none',
    atmosphericTide: files(reader, 'atmospheric_tide'),
    dealiasing: files(reader, 'dealiasing'),
    ...(dealiasing.value !== undefined && { dealiasingDegreeMax: dealiasing.value }),
    relativity: reader.boolean('relativity', true),
    fieldVariation: reader.boolean('field_variation', true),
  } satisfies ForcesSpec;
}

/**
 * A set of forces by itself, as a file holds it.
 *
 * @throws RangeError naming every member that is wrong
 */
export function parseForcesObject(value: unknown): ForcesSpec {
  const errors: { field: string; message: string }[] = [];
  const request = parseForces(new FieldReader({ forces: value }, '', errors));
  if (errors.length === 0 && typeof request === 'object') return request;
  const text = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new RangeError(text || 'an object expected');
}

function planetsOf(reader: FieldReader): readonly Planet[] {
  if (!reader.isObject('third_bodies')) return [];
  const bodies = reader.object('third_bodies');
  bodies.only(['planets']);
  const wanted = bodies.texts('planets');
  const unknown = wanted.filter((name) => !PLANETS.some((planet) => planet === name));
  if (unknown.length > 0) {
    bodies.refuse('planets', `unknown: ${unknown.join(', ')}; known: ${PLANETS.join(', ')}`);
  }
  return PLANETS.filter((planet) => wanted.includes(planet));
}

function files(reader: FieldReader, name: string): readonly string[] {
  const names = reader.texts(name);
  if (names.length === 1 && names[0] === 'none') return [];
  if (names.includes('none')) reader.refuse(name, "'none' stands alone");
  if (names.length > MAX_FILES)
    reader.refuse(name, `at most ${MAX_FILES} files; put them into one tar archive`);
  return names;
}
