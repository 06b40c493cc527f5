import { type Task, type TaskContext, TaskError } from '../../jobs/task.js';
import type { ArcSource } from './arc-source.js';
import { ArcWorkerClient } from './arc-worker-client.js';
import { cancelRequested, readable, removeArcs, removeIntermediate } from './cleanup.js';
import { createDatabaseArcSource } from './database-arc-source.js';
import { runField } from './field-run.js';
import { runOrbits } from './orbits/orbit-run.js';
import { mostStages } from './passes.js';
import { prepareJob, recipeOf } from './prepare.js';
import { ProcessProgress } from './progress.js';
import { removeOrphans, type StoredProduct } from './publish.js';

export { type ArcComputerOptions, createArcComputer } from './arc-computer.js';
export { splitArcs } from './arcs.js';
export { CheckpointError, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
export { orbitSetup } from './orbits/orbit-setup.js';
export { parseProcessParameters } from './parameters.js';
export { decodePassDescription, encodePassDescription, type PassDescription } from './pass-description.js';
export { type ForceChoice, type ResolvedForces, resolveForces } from './resolve-forces.js';
export { REAL_STATIC_DEGREE } from './setup.js';

export interface ProcessDependencies {
  /** Module with the functions of the recovery package; another one in tests. */
  readonly engineModule?: string;
  readonly arcSource?: (context: Pick<TaskContext, 'db'>) => ArcSource;
}

/**
 * The process operation: observations of the database → normals per arc → field → published files, or → orbits. All
 * numbers are computed in a worker thread; this thread loads, stores and reports.
 */
export function createProcessTask(dependencies: ProcessDependencies = {}): Task {
  const createSource = dependencies.arcSource ?? createDatabaseArcSource;
  const engineModule = dependencies.engineModule ?? '@gravity/recovery';
  return async (context) => {
    const began = performance.now();
    const source = createSource(context);
    const worker = new ArcWorkerClient(
      {
        engineModule,
        backend: context.config.linearAlgebraBackend,
        threads: Math.max(1, context.config.threads),
      },
      context.signal,
    );
    // The thread loads its modules while the job is prepared here.
    const opening = worker.call('open', {});
    opening.catch(() => undefined);
    const job = await prepareJob(context, source).catch(async (error) => {
      await worker.stop();
      throw error;
    });
    const isOrbit = job.request.algorithm === 'orbit';
    const progress = new ProcessProgress(
      context.progress,
      isOrbit ? 1 : mostStages(job.request),
      job.arcs.length,
    );
    progress.step(0.01, `${job.inputs.length} files, ${job.arcs.length} arcs`);
    const stored: StoredProduct[] = [];
    let recipeHash: string | undefined;
    try {
      const backend = await opening;
      recipeHash = recipeOf(job, backend.description);
      const counts = { backend: backend.description, arcs: job.arcs.length, files: job.inputs.length };
      context.log('info', `recipe ${recipeHash}`, counts);
      const run = { context, source, job, worker, backend, recipeHash, progress, stored, began };
      await (isOrbit ? runOrbits(run) : runField(run));
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
