import type { EarthRotationSpec } from '@gravity/geodesy';
import type { ForceModel } from '@gravity/recovery';
import { TaskError } from '../../jobs/task.js';
import { sha256 } from '../assets.js';
import type { LoadedField, ModelReference, ModelRole } from '../types.js';
import type { OpenUserFile } from '../user-file.js';
import { loadAtmosphericTide } from './atmospheric-tide.js';
import { loadDealiasing } from './dealiasing.js';
import { loadEphemeris } from './ephemeris.js';
import { fieldVariationOf } from './field-variation.js';
import { type ForcesSpec, isWithoutForces } from './forces-request.js';
import { loadOceanPoleTide, loadOceanTide } from './ocean-tide.js';
import { fieldForTides } from './tide-system.js';

export interface LoadedForces {
  /** Undefined: none. */
  readonly forces?: ForceModel;
  /** In a tide system that goes with the forces. */
  readonly staticField: LoadedField;
  readonly references: readonly ModelReference[];
}

export interface ForcesContext {
  /** Of the interval, whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly staticField: LoadedField;
  readonly earthRotation: EarthRotationSpec;
  readonly openUserFile: OpenUserFile;
}

const MEAN_POLE = 'secular2018';
const IERS = 'IERS Conventions 2010';

/**
 * The data of all forces of an interval, as plain data for the workers. With a constant rotation of the Earth there is
 * no motion of the pole: the solid Earth pole tide is left out.
 *
 * @throws TaskError naming file, dates or field: `invalid_…`, `…_not_covered`, `tide_system`, `no_polar_motion`
 */
export async function loadForces(spec: 'none' | ForcesSpec, context: ForcesContext): Promise<LoadedForces> {
  if (spec === 'none' || isWithoutForces(spec)) {
    return { staticField: context.staticField, references: [] };
  }
  const { startGpsSeconds: start, endGpsSeconds: end, earthRotation, openUserFile } = context;
  const staticField = fieldForTides(context.staticField, spec);
  const { field } = staticField;
  const references: ModelReference[] = [];
  const constant = (role: ModelRole, name: string, source: string) =>
    references.push({ role, name, sha256: sha256(JSON.stringify([role, name, source])), source });
  const degreeOf = (wanted: number | undefined) => wanted ?? Math.max(2, field.maxDegree);

  const needsBodies = spec.thirdBodies || spec.solidEarthTide || spec.relativity;
  const bodies = needsBodies ? await loadEphemeris(spec, start, end, openUserFile) : undefined;
  if (bodies) references.push(bodies.reference);
  if (spec.thirdBodies) {
    constant(
      'third_bodies',
      ['sun', 'moon', ...spec.planets].join(', '),
      'point masses, oblateness of the Earth',
    );
  }
  if (spec.relativity) constant('relativity', 'Schwarzschild, Lense-Thirring, de Sitter', `${IERS}, 10.3`);
  if (spec.solidEarthTide) {
    constant('solid_earth_tide', 'anelastic Earth', `${IERS}, 6.2.1`);
  }
  const rotating = earthRotation.model === 'iers2010';
  if (spec.poleTide && rotating) constant('pole_tide', `mean pole ${MEAN_POLE}`, `${IERS}, 6.4`);
  const ocean =
    spec.oceanTide === 'none'
      ? undefined
      : await loadOceanTide(spec.oceanTide, degreeOf(spec.oceanTideDegreeMax), openUserFile);
  if (ocean) references.push(ocean.reference);
  if (spec.oceanPoleTide !== 'none' && !rotating) throw noPolarMotion();
  const oceanPole =
    spec.oceanPoleTide === 'none'
      ? undefined
      : await loadOceanPoleTide(spec.oceanPoleTide, degreeOf(undefined), openUserFile);
  if (oceanPole) references.push(oceanPole.reference);
  const air =
    spec.atmosphericTide.length === 0
      ? undefined
      : await loadAtmosphericTide(spec.atmosphericTide, degreeOf(undefined), openUserFile);
  references.push(...(air?.references ?? []));
  const loaded =
    spec.dealiasing.length === 0
      ? undefined
      : await loadDealiasing(spec.dealiasing, degreeOf(spec.dealiasingDegreeMax), start, end, openUserFile);
  references.push(...(loaded?.references ?? []));
  const variation = spec.fieldVariation ? fieldVariationOf(staticField, start, end) : undefined;
  const forces: ForceModel = {
    ...(bodies && { ephemeris: bodies.table }),
    ...(spec.thirdBodies && { thirdBodies: spec.planets.length > 0 ? { planets: spec.planets } : {} }),
    ...(spec.relativity && { relativity: {} }),
    tides: {
      ...(spec.solidEarthTide && { solid: true }),
      ...(spec.poleTide && rotating && { solidPole: MEAN_POLE }),
      ...(ocean && { ocean: { waves: ocean.waves, admittance: true } }),
      ...(oceanPole && { oceanPole: { coefficients: oceanPole.coefficients, meanPole: MEAN_POLE } }),
      ...(air && { atmosphere: { waves: air.waves } }),
      ...(loaded && { dealiasing: loaded.dealiasing }),
    },
    ...(variation && { fieldVariation: variation }),
  };
  return { forces, staticField, references };
}

function noPolarMotion(): TaskError {
  const message = "a constant rotation has no motion of the pole; take earth_rotation.model 'iers2010'";
  return new TaskError('no_polar_motion', message, [
    { field: 'background_models.forces.ocean_pole_tide', message },
  ]);
}
