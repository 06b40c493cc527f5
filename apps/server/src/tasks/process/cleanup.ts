import { type TaskContext, TaskError } from '../../jobs/task.js';
import { ArcWorkerError } from './arc-worker-client.js';
import { checkpointPrefix, passPrefix } from './pass-inputs.js';

export async function cancelRequested({ db, jobId }: TaskContext): Promise<boolean> {
  const job = await db.kysely
    .selectFrom('processing_jobs')
    .select('cancel_requested')
    .where('id', '=', jobId)
    .executeTakeFirst()
    .catch(() => undefined);
  return job?.cancel_requested === true;
}

/** Arcs still at work elsewhere, and the checkpoints. */
export async function removeIntermediate(
  context: TaskContext,
  recipeHash: string | undefined,
): Promise<void> {
  await removeArcs(context);
  if (recipeHash !== undefined) await deleteObjects(context, checkpointPrefix(recipeHash));
}

/** Of a job that failed the checkpoints stay: the next job of the same recipe takes them. */
export async function removeArcs(context: TaskContext): Promise<void> {
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
export function readable(error: unknown, { signal, log }: TaskContext): unknown {
  if (signal.aborted || !(error instanceof ArcWorkerError)) return error;
  log('error', error.message, { name: error.originalName, stack: error.workerStack });
  if (error.originalName === 'SolutionError') {
    return new TaskError(error.code ?? 'not_solvable', error.message, [
      { field: 'degree_max', message: error.message },
    ]);
  }
  return error.originalName === 'RangeError' ? new TaskError('processing_failed', error.message) : error;
}
