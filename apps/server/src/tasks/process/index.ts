import { gpsToIso } from '@gravity/geodesy';
import { type Task, type TaskContext, TaskError } from '../../jobs/task.js';
import { missionOf } from '../../missions.js';
import type { ArcSource, InputFile } from './arc-source.js';
import { ArcWorkerClient, ArcWorkerError } from './arc-worker-client.js';
import { splitArcs } from './arcs.js';
import { createDatabaseArcSource } from './database-arc-source.js';
import { parseProcessParameters } from './parameters.js';
import { checkpointPrefix, passPrefix } from './pass-inputs.js';
import { type PassesResult, runPasses } from './passes.js';
import type { ProductContext } from './products/context.js';
import { qualityOf } from './products/report.js';
import { ProcessProgress } from './progress.js';
import { insertProducts, removeOrphans, type StoredProduct, storeProducts } from './publish.js';
import { hashOf, SOFTWARE_NAME, softwareVersion } from './recipe.js';
import type { ProcessRequest } from './request.js';
import { describeInterval, type ProcessTarget, resolveTarget } from './resolve.js';
import { type PreparedSetup, prepareSetup } from './setup.js';
import { userFileOpener } from './user-file.js';

export { type ArcComputerOptions, createArcComputer } from './arc-computer.js';
export { splitArcs } from './arcs.js';
export { CheckpointError, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
export { parseProcessParameters } from './parameters.js';
export { decodePassDescription, encodePassDescription, type PassDescription } from './pass-description.js';

export interface ProcessDependencies {
  /** Module with the functions of the recovery package; another one in tests. */
  readonly engineModule?: string;
  readonly arcSource?: (context: Pick<TaskContext, 'db'>) => ArcSource;
}

/**
 * The process operation: observations of the database → normals per arc → field → published files. All numbers are
 * computed in a worker thread; this thread loads, stores and reports.
 */
export function createProcessTask(dependencies: ProcessDependencies = {}): Task {
  const createSource = dependencies.arcSource ?? createDatabaseArcSource;
  const engineModule = dependencies.engineModule ?? '@gravity/recovery';
  return async (context) => {
    const began = Date.now();
    const request = parseProcessParameters(context.parameters);
    const target = await resolveTarget(context.db.kysely, context.userId, request);
    const prepared = await prepareSetup(request, target, userFileOpener(context));
    const source = createSource(context);
    const inputs = await source.inputs(target, request);
    if (inputs.length === 0) {
      throw new TaskError(
        'no_observations',
        `no observations of ${target.satellites.join(', ')} from ${describeInterval(target.startGpsSeconds, target.endGpsSeconds)}; ingest them first (POST /ops/ingest)`,
      );
    }
    const arcs = splitArcs(target.startGpsSeconds, target.endGpsSeconds, target.arcLengthHours);
    const progress = new ProcessProgress(context.progress, request.iterations, arcs.length);
    progress.step(0.01, `${inputs.length} files, ${arcs.length} arcs`);
    const worker = new ArcWorkerClient(
      {
        engineModule,
        backend: context.config.linearAlgebraBackend,
        threads: Math.max(1, context.config.threads),
      },
      context.signal,
    );
    const stored: StoredProduct[] = [];
    let recipeHash: string | undefined;
    try {
      const algebra = await worker.call('open', {});
      const { description: backend } = algebra;
      recipeHash = recipeOf(request, target, prepared, inputs, backend);
      context.log('info', `recipe ${recipeHash}`, { backend, arcs: arcs.length, files: inputs.length });
      const { setup } = prepared;
      const result = await runPasses({
        context,
        worker,
        backend: algebra,
        source,
        request,
        target,
        arcs,
        setup,
        recipeHash,
        progress,
      });
      const productContext = contextOf({ request, target, prepared, inputs, backend, recipeHash, result });
      progress.products(0, `making ${request.outputProducts.join(', ')}, report`);
      const solved = Date.now();
      const { files } = await worker.call('products', productContext, {
        onProgress: (done, message) => progress.products(done, message),
      });
      const made = Date.now();
      await storeProducts(context, files, progress, stored);
      const quality = qualityOf(productContext, result.solution);
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
        storing: (Date.now() - made) / 1000,
        total: (Date.now() - began) / 1000,
      };
      await context.finalize(async (transaction) => {
        await insertProducts(transaction, context, record);
        return resultOf(productContext, stored, quality, result, timings, target.planId);
      });
      await removeIntermediate(context, recipeHash);
    } catch (error) {
      // The worker must be gone before its arrays' bytes are removed.
      await worker.stop();
      await removeOrphans(context, stored);
      const failure = readable(error, context);
      if (await cancelRequested(context)) await removeIntermediate(context, recipeHash);
      else if (failure instanceof TaskError) await removeArcs(context);
      throw failure;
    } finally {
      await worker.stop();
    }
  };
}

export const processTask: Task = createProcessTask();

/** What the numbers of the solution depend on; grids and the choice of products are not among it. */
function recipeOf(
  request: ProcessRequest,
  target: ProcessTarget,
  { models }: PreparedSetup,
  inputs: readonly InputFile[],
  backend: string,
): string {
  const {
    outputProducts: _products,
    grid: _grid,
    planId: _plan,
    startTime: _s,
    endTime: _e,
    ...numbers
  } = request;
  const { planId: _targetPlan, ...place } = target;
  return hashOf({
    software: `${SOFTWARE_NAME} ${softwareVersion}`,
    backend,
    request: numbers,
    target: place,
    models: models.map(({ role, sha256 }) => ({ role, sha256 })),
    inputs: inputs.map(({ sha256 }) => sha256),
  });
}

interface ContextParts {
  readonly request: ProcessRequest;
  readonly target: ProcessTarget;
  readonly prepared: PreparedSetup;
  readonly inputs: readonly InputFile[];
  readonly backend: string;
  readonly recipeHash: string;
  readonly result: PassesResult;
}

function contextOf({
  request,
  target,
  prepared,
  inputs,
  backend,
  recipeHash,
  result,
}: ContextParts): ProductContext {
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
    backend,
    inputs: usedInputs(inputs, result).map(({ fileName, sha256 }) => ({ fileName, sha256 })),
    arcs: result.arcs,
    skippedArcs: result.skipped,
    excludedData: result.excluded,
    passes: result.passes,
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
    skipped_arcs: context.skippedArcs.map((arc) => ({
      start: gpsToIso(arc.startGpsSeconds, 0, 0),
      end: gpsToIso(arc.endGpsSeconds, 0, 0),
      reason: arc.reason,
    })),
    arcs_from_checkpoints: result.restoredArcs,
    timings_seconds: timings,
  };
}

async function cancelRequested({ db, jobId }: TaskContext): Promise<boolean> {
  const job = await db.kysely
    .selectFrom('processing_jobs')
    .select('cancel_requested')
    .where('id', '=', jobId)
    .executeTakeFirst()
    .catch(() => undefined);
  return job?.cancel_requested === true;
}

/** Arcs still at work elsewhere, and the checkpoints. */
async function removeIntermediate(context: TaskContext, recipeHash: string | undefined): Promise<void> {
  await removeArcs(context);
  if (recipeHash !== undefined) await deleteObjects(context, checkpointPrefix(recipeHash));
}

/** Of a job that failed the checkpoints stay: the next job of the same recipe takes them. */
async function removeArcs(context: TaskContext): Promise<void> {
  if (!context.arcs) return;
  try {
    await context.arcs.clear();
  } catch (error) {
    context.log('warning', `arcs could not be removed: ${(error as Error).message}`);
  }
  await deleteObjects(context, passPrefix(context.jobId));
}

async function deleteObjects({ objects, log }: TaskContext, prefix: string): Promise<void> {
  try {
    const keys: string[] = [];
    for await (const object of objects.list('processed-data', prefix)) keys.push(object.key);
    for (const key of keys) await objects.delete('processed-data', key);
  } catch (error) {
    log('warning', `objects under ${prefix} could not be removed: ${(error as Error).message}`);
  }
}

/** Failures that trying again would not mend, in words for the user; everything else as it is. */
function readable(error: unknown, { signal, log }: TaskContext): unknown {
  if (signal.aborted || !(error instanceof ArcWorkerError)) return error;
  log('error', error.message, { name: error.originalName, stack: error.workerStack });
  if (error.originalName === 'SolutionError') {
    return new TaskError(error.code ?? 'not_solvable', error.message, [
      { field: 'degree_max', message: error.message },
    ]);
  }
  return error.originalName === 'RangeError' ? new TaskError('processing_failed', error.message) : error;
}
