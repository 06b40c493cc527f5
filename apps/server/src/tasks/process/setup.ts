import { emptyGeopotential, type Geopotential, mjdUtc } from '@gravity/geodesy';
import type { RecoverySetup } from '@gravity/recovery';
import {
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

/** Background models and settings of a request as the recovery takes them. */
export async function prepareSetup(
  request: ProcessRequest,
  target: ProcessTarget,
  openUserFile: OpenUserFile,
): Promise<PreparedSetup> {
  const { backgroundModels, degreeMin, degreeMax, observations, parametrization } = request;
  const { startGpsSeconds, endGpsSeconds } = target;
  const wanted = backgroundModels.staticFieldDegree;
  const staticField = await loadStaticField(
    {
      name: backgroundModels.staticField,
      maxDegree: wanted ?? degreeMax,
      lowerIsFine: wanted === undefined,
      mjd: mjdUtc((startGpsSeconds + endGpsSeconds) / 2),
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
    setup: {
      algorithm: request.algorithm,
      degreeMin,
      degreeMax,
      referenceField: padded(staticField.field, degreeMax),
      earthRotation: rotation.spec,
      sigmaRangeRate: observations.sigmaRangeRate,
      sigmaPosition: observations.sigmaPosition,
      positionSamplingSeconds: observations.positionSamplingSeconds,
      accelerometerBias:
        parametrization.accelerometerBias ?? (observations.useAccelerometer ? 'constant' : 'none'),
      accelerometerScale: parametrization.accelerometerScale,
      rangingEmpirical: parametrization.rangingEmpirical,
      screening: { method: parametrization.screening },
    },
    models: [staticField.reference, rotation.reference],
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
