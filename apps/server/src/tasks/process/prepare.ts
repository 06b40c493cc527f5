import { type Geopotential, mjdUtc } from '@gravity/geodesy';
import { type TaskContext, TaskError } from '../../jobs/task.js';
import { loadForces } from '../../models/index.js';
import type { ArcSource, InputFile } from './arc-source.js';
import { type ArcInterval, splitArcs } from './arcs.js';
import { checkMemory } from './check-memory.js';
import { checkRevolutions } from './determined.js';
import { parseProcessParameters } from './parameters.js';
import { hashOf, SOFTWARE_NAME, softwareVersion } from './recipe.js';
import { loadPriorField } from './regularization.js';
import type { ProcessRequest } from './request.js';
import { describeInterval, type ProcessTarget, resolveTarget } from './resolve.js';
import { resolveForces } from './resolve-forces.js';
import { loadBasicModels, type PreparedSetup, prepareSetup } from './setup.js';
import { userFileOpener } from './user-file.js';

/** A process job before anything is computed. */
export interface PreparedJob {
  /** With the forces resolved. */
  readonly request: ProcessRequest;
  readonly target: ProcessTarget;
  readonly prepared: PreparedSetup;
  /** Towards which the regularization pulls. */
  readonly priorField: Geopotential;
  readonly inputs: readonly InputFile[];
  readonly arcs: readonly ArcInterval[];
  readonly warnings: readonly string[];
}

/** @throws TaskError for whatever the request lacks: plan, models, observations */
export async function prepareJob(context: TaskContext, source: ArcSource): Promise<PreparedJob> {
  const stated = parseProcessParameters(context.parameters);
  checkMemory(stated, context.config.memoryLimitBytes);
  const target = await resolveTarget(context.db.kysely, context.userId, stated);
  const { startGpsSeconds, endGpsSeconds } = target;
  checkNoise(stated, target.satellites);
  const beyond = stated.algorithm === 'orbit' ? undefined : checkRevolutions(stated, target);
  const openUserFile = userFileOpener(context);
  const basic = await loadBasicModels(stated, target, openUserFile);
  const inputs = await source.inputs(target, stated);
  if (inputs.length === 0) {
    throw new TaskError(
      'no_observations',
      `no observations of ${target.satellites.join(', ')} from ${describeInterval(startGpsSeconds, endGpsSeconds)}; ingest them first (POST /ops/ingest)`,
    );
  }
  const {
    forces,
    simulated,
    warnings: aboutForces,
  } = resolveForces(stated.backgroundModels, target.satellites, inputs);
  const request = { ...stated, backgroundModels: { ...stated.backgroundModels, forces } };
  const models = basic.forData(simulated);
  const loaded = await loadForces(forces, {
    startGpsSeconds,
    endGpsSeconds,
    staticField: models.staticField,
    earthRotation: models.rotation.spec,
    openUserFile,
  });
  const mjd = mjdUtc((startGpsSeconds + endGpsSeconds) / 2);
  const prior = await loadPriorField(stated, models.staticField.field, mjd, openUserFile);
  const warnings = [...aboutForces, ...(beyond ? [beyond] : []), ...(prior?.warnings ?? [])];
  for (const warning of warnings) context.log('warning', warning);
  const { setup, models: references } = prepareSetup(request, models, loaded);
  return {
    request,
    target,
    prepared: { setup, models: [...references, ...(prior ? [prior.reference] : [])] },
    priorField: prior?.field ?? setup.referenceField,
    inputs,
    arcs: splitArcs(startGpsSeconds, endGpsSeconds, target.arcLengthHours),
    warnings,
  };
}

/** A noise model is one of the ranging. */
function checkNoise({ observations }: ProcessRequest, satellites: readonly string[]): void {
  if (!observations.stochastic?.rangingNoise || satellites.length === 2) return;
  const field = 'observations.noise_model';
  const message = `needs the ranging of a pair; satellites are ${satellites.join(', ')}`;
  throw new TaskError('invalid_parameters', `${field}: ${message}`, [{ field, message }]);
}

/** What the numbers of the solution depend on; grids and the choice of products are not among it. */
export function recipeOf({ request, target, prepared, inputs }: PreparedJob, backend: string): string {
  const {
    outputProducts: _products,
    orbitProducts: _orbitProducts,
    grid: _grid,
    planId: _plan,
    startTime: _s,
    endTime: _e,
    // as resolved in the target, wherever they came from
    satellites: _satellites,
    arcLengthHours: _arcs,
    ingestedBefore: _before,
    ...numbers
  } = request;
  const { planId: _targetPlan, ...place } = target;
  return hashOf({
    software: `${SOFTWARE_NAME} ${softwareVersion}`,
    backend,
    request: numbers,
    target: place,
    staticFieldDegree: prepared.setup.referenceField.maxDegree,
    models: prepared.models.map(({ role, sha256 }) => ({ role, sha256 })),
    inputs: inputs.map(({ sha256 }) => sha256),
  });
}
