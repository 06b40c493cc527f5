import { emptyGeopotential, type Geopotential, mjdUtc, truncateGeopotential } from '@gravity/geodesy';
import type { RecoverySetup } from '@gravity/recovery';
import {
  type LoadedField,
  type LoadedForces,
  type LoadedRotation,
  loadStaticField,
  type ModelReference,
  type OpenUserFile,
  resolveEarthRotation,
} from '../../models/index.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';

/** Arcs integrate a little beyond their ends; the Earth orientation has to reach as far. */
const MARGIN_SECONDS = 120;

export interface PreparedSetup {
  readonly setup: RecoverySetup;
  readonly models: readonly ModelReference[];
}

/**
 * Degree of the static field for real data where the request does not state one: what lies between the solution and
 * this degree is felt by the satellites, and would go into the solution.
 */
export const REAL_STATIC_DEGREE = 120;

/** Static field and rotation, which any request has. */
export interface BasicModels {
  readonly staticField: LoadedField;
  readonly rotation: LoadedRotation;
}

/** @throws TaskError for models that are missing, damaged or do not cover the interval */
export async function loadBasicModels(
  { algorithm, backgroundModels, degreeMax }: ProcessRequest,
  { startGpsSeconds, endGpsSeconds }: ProcessTarget,
  openUserFile: OpenUserFile,
): Promise<{ forData(simulated: boolean): BasicModels }> {
  const wanted = backgroundModels.staticFieldDegree ?? (algorithm === 'orbit' ? degreeMax : undefined);
  const staticField = await loadStaticField(
    {
      name: backgroundModels.staticField,
      maxDegree: wanted ?? Math.max(degreeMax, REAL_STATIC_DEGREE),
      lowerIsFine: wanted === undefined,
      mjd: mjdUtc((startGpsSeconds + endGpsSeconds) / 2),
      tideSystem: backgroundModels.staticFieldTideSystem,
    },
    openUserFile,
  );
  const rotation = await resolveEarthRotation(
    backgroundModels.earthRotation,
    startGpsSeconds,
    endGpsSeconds,
    MARGIN_SECONDS,
    openUserFile,
  );
  return {
    // Simulations know no gravity above the degree they are made to.
    forData: (simulated) =>
      simulated && wanted === undefined
        ? { staticField: truncated(staticField, degreeMax), rotation }
        : { staticField, rotation },
  };
}

function truncated({ field, at, reference }: LoadedField, degree: number): LoadedField {
  const cut = (whole: Geopotential) => truncateGeopotential(whole, Math.min(degree, whole.maxDegree));
  return { field: cut(field), ...(at && { at: (mjd: number) => cut(at(mjd)) }), reference };
}

/** Background models and settings of a request as the recovery takes them. */
export function prepareSetup(
  request: ProcessRequest,
  { rotation }: BasicModels,
  { forces, staticField, references }: LoadedForces,
): PreparedSetup {
  const { algorithm, degreeMin, degreeMax, observations, parametrization } = request;
  const { empiricalAccelerations, rangingParameters } = parametrization;
  return {
    setup: {
      ...(algorithm !== 'orbit' && { algorithm }),
      degreeMin,
      degreeMax,
      referenceField: padded(staticField.field, degreeMax),
      earthRotation: rotation.spec,
      ...(forces && { forces }),
      rangingObservation: observations.rangingObservation,
      sigmaRange: observations.sigmaRange,
      sigmaRangeAcceleration: observations.sigmaRangeAcceleration,
      sigmaRangeRate: observations.sigmaRangeRate,
      sigmaPosition: observations.sigmaPosition,
      positionSamplingSeconds: observations.positionSamplingSeconds,
      accelerometerBias:
        parametrization.accelerometerBias ?? (observations.useAccelerometer ? 'constant' : 'none'),
      accelerometerScale: parametrization.accelerometerScale,
      rangingEmpirical: parametrization.rangingEmpirical,
      ...(empiricalAccelerations && { empiricalAccelerations }),
      ...(rangingParameters.length > 0 && { rangingParameters }),
      screening: parametrization.screening,
    },
    models: [staticField.reference, rotation.reference, ...references],
  };
}

/** A field of lower degree than the solution gets zeros up to it. */
function padded(field: Geopotential, degree: number): Geopotential {
  if (field.maxDegree >= degree) return field;
  const larger = emptyGeopotential(degree, field.gm, field.radius, field.name, field.tideSystem);
  larger.c.set(field.c);
  larger.s.set(field.s);
  return larger;
}
