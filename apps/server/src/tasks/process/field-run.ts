import { gpsToIso } from '@gravity/geodesy';
import { missionOf } from '../../missions.js';
import type { InputFile } from './arc-source.js';
import { type PassesResult, runPasses } from './passes.js';
import type { ProcessRun } from './process-run.js';
import type { ProductContext } from './products/context.js';
import { qualityOf } from './products/report.js';
import { insertProducts, type StoredProduct, storeProducts } from './publish.js';
import { SOFTWARE_NAME, softwareVersion } from './recipe.js';
import type { ProcessRequest } from './request.js';

/** From the arcs to the published files of a field. */
export async function runField(run: ProcessRun): Promise<void> {
  const { context, source, job, worker, backend, recipeHash, progress, stored } = run;
  const { request, target, prepared, priorField, inputs, arcs } = job;
  const { setup } = prepared;
  const result = await runPasses({
    context,
    worker,
    backend,
    source,
    request,
    target,
    arcs,
    setup,
    priorField,
    recipeHash,
    progress,
  });
  const productContext = contextOf(run, result);
  progress.products(0, `making ${request.outputProducts.join(', ')}, report`);
  const solved = performance.now();
  const { files } = await worker.call('products', productContext, {
    onProgress: (done, message) => progress.products(done, message),
  });
  const made = performance.now();
  await storeProducts(context, files, progress, stored);
  const quality = qualityOf(productContext, result.solved.solution);
  const record = {
    products: stored,
    context: productContext,
    quality,
    inputs: usedInputs(inputs, result),
    planId: target.planId,
  };
  const timings = {
    passes: result.secondsPerPass,
    products: (made - solved) / 1000,
    storing: (performance.now() - made) / 1000,
    total: (performance.now() - run.began) / 1000,
  };
  await context.finalize(async (transaction) => {
    await insertProducts(transaction, context, record);
    return resultOf(productContext, stored, quality, result, timings, target.planId);
  });
}

function contextOf({ job, backend, recipeHash }: ProcessRun, result: PassesResult): ProductContext {
  const { request, target, prepared, inputs, warnings } = job;
  const { startGpsSeconds, endGpsSeconds, satellites } = target;
  const mission = [...new Set(satellites.map(missionOf))].join('-');
  const day = (gpsSeconds: number): string => gpsToIso(gpsSeconds, 0, 0).slice(0, 10).replaceAll('-', '');
  return {
    // The last day with data: an interval that ends at midnight does not reach into the next day.
    baseName: `GPB_${mission}_${day(startGpsSeconds)}-${day(endGpsSeconds - 1)}_n${request.degreeMax}`,
    mission,
    satellites,
    startGpsSeconds,
    endGpsSeconds,
    request,
    aPriori: prepared.setup.referenceField,
    models: prepared.models,
    recipeHash,
    software: `${SOFTWARE_NAME} ${softwareVersion}`,
    backend: backend.description,
    warnings,
    inputs: usedInputs(inputs, result).map(({ fileName, sha256 }) => ({ fileName, sha256 })),
    arcs: result.arcs,
    skippedArcs: result.skipped,
    excludedData: result.excluded,
    passes: result.passes,
    ...noiseOf(request, result),
  };
}

function noiseOf(
  { observations }: ProcessRequest,
  { solved, model, indices, stochasticIterations, stochasticConverged }: PassesResult,
): Pick<ProductContext, 'regularization' | 'estimatedNoise'> {
  const { solution: _reported, ...regularization } = solved;
  const { stochastic } = observations;
  if (!stochastic) return { regularization };
  const perArc = stochastic.rangingNoise?.scope === 'arc';
  return {
    regularization,
    estimatedNoise: {
      arcs: indices.map((i) => model.arcs[i]),
      noise: perArc ? indices.map((i) => model.noise[i]) : model.noise,
      iterations: stochasticIterations,
      converged: stochasticConverged,
    },
  };
}

const usedInputs = (inputs: readonly InputFile[], { usedFiles }: PassesResult): readonly InputFile[] =>
  inputs.filter(({ id }) => usedFiles.has(id));

function resultOf(
  context: ProductContext,
  stored: readonly StoredProduct[],
  quality: Readonly<Record<string, unknown>>,
  result: PassesResult,
  timings: Readonly<Record<string, unknown>>,
  planId: string | undefined,
): Record<string, unknown> {
  return {
    products: stored.map(({ id, kind, fileName, mediaType, sha256, bytes }) => ({
      id,
      kind,
      file_name: fileName,
      media_type: mediaType,
      sha256,
      bytes,
    })),
    content_hash: stored.find(({ kind }) => kind === 'coefficients')?.sha256,
    recipe_hash: context.recipeHash,
    plan_id: planId ?? null,
    start_time: gpsToIso(context.startGpsSeconds, 0, 0),
    end_time: gpsToIso(context.endGpsSeconds, 0, 0),
    satellites: context.satellites,
    software: context.software,
    linear_algebra: context.backend,
    quality,
    warnings: context.warnings,
    skipped_arcs: context.skippedArcs.map((arc) => ({
      start: gpsToIso(arc.startGpsSeconds, 0, 0),
      end: gpsToIso(arc.endGpsSeconds, 0, 0),
      reason: arc.reason,
    })),
    arcs_from_checkpoints: result.restoredArcs,
    timings_seconds: timings,
  };
}
