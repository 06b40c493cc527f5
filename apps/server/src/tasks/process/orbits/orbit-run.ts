import { gpsToIso } from '@gravity/geodesy';
import type { ArcObservations } from '@gravity/recovery';
import { TaskError } from '../../../jobs/task.js';
import { missionOf } from '../../../missions.js';
import type { ExcludedData, LoadedArc } from '../arc-source.js';
import { ArcWorkerError } from '../arc-worker-client.js';
import type { ProcessRun } from '../process-run.js';
import { insertProducts, storeProducts } from '../publish.js';
import { SOFTWARE_NAME, softwareVersion } from '../recipe.js';
import { describeInterval } from '../resolve.js';
import { usableObservations } from '../usable-arc.js';
import { orbitQuality } from './orbit-report.js';
import { orbitSetup } from './orbit-setup.js';
import type { OrbitContext, OrbitFit, SkippedOrbit } from './types.js';

interface Fits {
  readonly fits: readonly OrbitFit[];
  readonly skipped: readonly SkippedOrbit[];
  readonly excluded: readonly ExcludedData[];
  readonly usedFiles: ReadonlySet<string>;
}

/** From the arcs to the published files of orbits. */
export async function runOrbits(run: ProcessRun): Promise<void> {
  const { context, job, worker, progress, stored } = run;
  const result = await fitArcs(run);
  const solved = performance.now();
  const orbitContext = contextOf(run, result);
  progress.products(0, 'making orbits, report');
  const { files } = await worker.call('orbitProducts', { context: orbitContext, fits: result.fits });
  const made = performance.now();
  await storeProducts(context, files, progress, stored);
  const quality = orbitQuality(orbitContext, result.fits);
  const timings = {
    passes: [{ arcs: (solved - run.began) / 1000, solve: 0 }],
    products: (made - solved) / 1000,
    storing: (performance.now() - made) / 1000,
    total: (performance.now() - run.began) / 1000,
  };
  const inputs = job.inputs.filter(({ id }) => result.usedFiles.has(id));
  await context.finalize(async (transaction) => {
    await insertProducts(transaction, context, {
      products: stored,
      context: orbitContext,
      quality,
      inputs,
      planId: job.target.planId,
    });
    return {
      products: stored.map(({ id, kind, fileName, mediaType, sha256, bytes }) => ({
        id,
        kind,
        file_name: fileName,
        media_type: mediaType,
        sha256,
        bytes,
      })),
      content_hash: stored.find(({ kind }) => kind === 'orbit')?.sha256,
      recipe_hash: run.recipeHash,
      plan_id: job.target.planId ?? null,
      start_time: gpsToIso(orbitContext.startGpsSeconds, 0, 0),
      end_time: gpsToIso(orbitContext.endGpsSeconds, 0, 0),
      satellites: orbitContext.satellites,
      software: orbitContext.software,
      linear_algebra: orbitContext.backend,
      quality,
      warnings: orbitContext.warnings,
      skipped_arcs: result.skipped.map((arc) => ({
        satellite: arc.satellite,
        start: gpsToIso(arc.startGpsSeconds, 0, 0),
        end: gpsToIso(arc.endGpsSeconds, 0, 0),
        reason: arc.reason,
      })),
      timings_seconds: timings,
    };
  });
}

/** @throws TaskError `no_usable_arcs` when no satellite has an arc that can be fitted */
async function fitArcs(run: ProcessRun): Promise<Fits> {
  const { context, source, job, progress } = run;
  const { target, arcs } = job;
  // Ranging is no observation of an orbit here: it is not even read.
  const request = { ...job.request, observations: { ...job.request.observations, ranging: 'none' as const } };
  const fits: OrbitFit[] = [];
  const skipped: SkippedOrbit[] = [];
  const excluded: ExcludedData[] = [];
  const usedFiles = new Set<string>();
  progress.startPasses();
  progress.begin(1, 'pass 1 of 1');
  for (const [index, arc] of arcs.entries()) {
    context.signal.throwIfAborted();
    const loaded = await source.load(arc, target, request);
    excluded.push(...loaded.excluded);
    const observations = usableObservations(loaded, index === arcs.length - 1);
    for (const [k, satellite] of target.satellites.entries()) {
      const what = `orbit of ${satellite}`;
      progress.arc(index, k / target.satellites.length, what);
      const fit = await fitOne(run, satellite, observations, loaded, (fraction) =>
        progress.arc(index, (k + fraction) / target.satellites.length, what),
      );
      if (typeof fit !== 'string') {
        fits.push(fit);
        for (const id of loaded.usedFiles) usedFiles.add(id);
        continue;
      }
      skipped.push({ ...arc, satellite, reason: fit });
      context.log('warning', `arc ${index + 1} of ${satellite} left out: ${fit}`, { ...arc });
    }
    progress.arcDone(index, 'done', true);
  }
  if (fits.length === 0) {
    const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
    throw new TaskError(
      'no_usable_arcs',
      `no orbit of ${target.satellites.join(', ')} from ${describeInterval(target.startGpsSeconds, target.endGpsSeconds)} can be determined (${reasons})`,
    );
  }
  return { fits, skipped, excluded, usedFiles };
}

/** @returns the reason when there is no fit */
async function fitOne(
  { worker, job }: ProcessRun,
  name: string,
  observations: ArcObservations,
  { missing }: LoadedArc,
  onProgress: (fraction: number) => void,
): Promise<OrbitFit | string> {
  const satellite = observations.satellites.find((entry) => entry.satellite === name);
  if (!satellite || satellite.orbit.gpsSeconds.length === 0) {
    return missing.find((text) => text.includes(name)) ?? `no orbit of ${name}`;
  }
  const { startGpsSeconds, endGpsSeconds } = observations;
  const arc = { startGpsSeconds, endGpsSeconds, satellites: [satellite] };
  const { request, prepared } = job;
  try {
    const { fit } = await worker.call(
      'orbit',
      {
        setup: orbitSetup(prepared.setup, arc),
        arc,
        screening: request.parametrization.screening,
        samplingSeconds: samplingOf(request),
      },
      { onProgress },
    );
    return fit;
  } catch (error) {
    const unusable = error instanceof ArcWorkerError && error.originalName === 'ArcError';
    if (!unusable || error.code === 'cancelled') throw error;
    return error.message;
  }
}

/** Whole seconds, as Level-1B files have them. */
function samplingOf({ orbit, observations }: ProcessRun['job']['request']): number {
  return orbit.samplingSeconds ?? Math.max(1, Math.round(observations.positionSamplingSeconds));
}

function contextOf({ job, backend, recipeHash }: ProcessRun, result: Fits): OrbitContext {
  const { request, target, prepared, inputs, warnings } = job;
  const { startGpsSeconds, endGpsSeconds, satellites } = target;
  const mission = [...new Set(satellites.map(missionOf))].join('-');
  const day = (gpsSeconds: number): string => gpsToIso(gpsSeconds, 0, 0).slice(0, 10).replaceAll('-', '');
  const statedForces = inputs.find((input) => input.statedForces !== undefined)?.statedForces;
  return {
    baseName: `GPB_${mission}_${day(startGpsSeconds)}-${day(endGpsSeconds - 1)}`,
    mission,
    satellites,
    startGpsSeconds,
    endGpsSeconds,
    request,
    fieldDegree: prepared.setup.referenceField.maxDegree,
    models: prepared.models,
    recipeHash,
    software: `${SOFTWARE_NAME} ${softwareVersion}`,
    backend: backend.description,
    inputs: inputs
      .filter(({ id }) => result.usedFiles.has(id))
      .map(({ fileName, sha256 }) => ({ fileName, sha256 })),
    excludedData: result.excluded,
    warnings,
    ...(statedForces !== undefined && { statedForces }),
    skippedArcs: result.skipped,
  };
}
