import type { LoadedArc } from './arc-source.js';
import type { ArcPart, ArcShare } from './arc-work.js';
import { ArcWorkerError } from './arc-worker-client.js';
import { type ArcIdentity, arcIdentities, type PassInputs, type Stage } from './pass-inputs.js';
import type { WorkerCalls } from './protocol.js';
import { readStored, writeStored } from './stored-bytes.js';
import { StoredSums } from './stored-sums.js';
import { missingData, usableObservations } from './usable-arc.js';

/** Takes the arcs of a stage in the order of time, all computed here. The next is loaded while the worker is at one. */
export async function* localShares(inputs: PassInputs, stage: Stage): AsyncGenerator<ArcShare> {
  const { context, arcs, progress } = inputs;
  const identities = arcIdentities(inputs, stage);
  const sums = stage.evaluation ? undefined : new StoredSums(inputs, stage, identities);
  const restored = (await sums?.restore()) ?? [];
  for (const [index, share] of restored.entries()) {
    progress.arcDone(index, 'taken from the checkpoint of a sum', false);
    yield share;
  }
  let upload: Promise<unknown> = Promise.resolve();
  let next = loadAhead(inputs, restored.length);
  for (let index = restored.length; index < arcs.length; index++) {
    context.signal.throwIfAborted();
    const loaded = await next;
    next = loadAhead(inputs, index + 1);
    const { share, checkpoint } = await localShare(inputs, stage, index, identities[index], loaded);
    if (checkpoint) {
      // One upload beside the computation of the next arc.
      await upload;
      upload = writeStored(context, identities[index].checkpointKey, checkpoint);
      upload.catch(() => undefined);
    }
    const { part } = share;
    if ('reason' in part) progress.arcDone(index, `left out, ${part.reason}`, false);
    else if (part.restored) progress.arcDone(index, 'taken from its checkpoint', false);
    else progress.arcDone(index, 'done', true);
    await sums?.add(share);
    yield share;
  }
  await upload;
  await sums?.settled();
}

/** Also arcs with a checkpoint of their own are loaded: what was excluded and which files were used belongs into the report. */
function loadAhead({ arcs, source, target, request }: PassInputs, index: number): Promise<LoadedArc> {
  const arc = arcs[index];
  const loading = arc
    ? source.load(arc, target, request)
    : Promise.reject(new Error('there is no further arc'));
  loading.catch(() => undefined);
  return loading;
}

/**
 * Takes one arc from its checkpoint, or computed here. Of an evaluation, which is small, with the checkpoint to be stored;
 * normals are stored as sums.
 */
export async function localShare(
  inputs: PassInputs,
  { models, evaluation }: Stage,
  index: number,
  identity: ArcIdentity,
  loaded: LoadedArc,
): Promise<{ readonly share: ArcShare; readonly checkpoint?: Uint8Array }> {
  const { excluded } = loaded;
  const reason = missingData(loaded, inputs.target.satellites, inputs.request.observations);
  if (reason !== undefined) return { share: { excluded, usedFiles: [], part: { reason } } };
  const { usedFiles } = loaded;
  const restored = evaluation && (await restoreStored(inputs, identity));
  if (restored) return { share: { excluded, usedFiles, part: { ...restored, restored: true } } };
  const arc = usableObservations(loaded, index === inputs.arcs.length - 1);
  const checkpointed = evaluation !== undefined;
  const task = { arc, inputs: identity.inputsHash, model: models[index], checkpoint: checkpointed };
  const computed = await computeArc(inputs, task, (done, what) =>
    inputs.progress.arc(index, Math.min(0.99, done), what),
  );
  if ('reason' in computed) {
    return { share: { excluded, usedFiles: [], part: { reason: computed.reason } } };
  }
  const { part, checkpoint } = computed;
  return {
    share: { excluded, usedFiles, part: { ...part, restored: false } },
    ...(checkpoint && { checkpoint }),
  };
}

/** Normals or evaluation of an arc in the worker, or why it cannot be used: one bad arc does not end the job. */
export async function computeArc(
  { worker }: Pick<PassInputs, 'worker'>,
  task: WorkerCalls['arc']['request'],
  onProgress: (fraction: number, message: string) => void,
): Promise<WorkerCalls['arc']['answer'] | { readonly reason: string }> {
  try {
    return await worker.call('arc', task, { onProgress });
  } catch (error) {
    const unusable = error instanceof ArcWorkerError && error.originalName === 'ArcError';
    if (!unusable || error.code === 'cancelled') throw error;
    return { reason: error.message };
  }
}

async function restoreStored(
  inputs: PassInputs,
  { checkpointKey, inputsHash }: ArcIdentity,
): Promise<ArcPart | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readStored(inputs.context, checkpointKey);
  } catch (error) {
    inputs.context.signal.throwIfAborted();
    inputs.context.log(
      'warning',
      `checkpoint ${checkpointKey} could not be read: ${(error as Error).message}`,
    );
  }
  return bytes && restore(inputs, bytes, { checkpointKey, inputsHash });
}

/** Adds a checkpoint to the sum, or reads an evaluation; undefined when it cannot be used. */
export async function restore(
  { worker, context }: PassInputs,
  bytes: Uint8Array,
  { checkpointKey, inputsHash }: ArcIdentity,
): Promise<ArcPart | undefined> {
  const answer = await worker.call(
    'restore',
    { bytes, inputs: inputsHash },
    { transfer: [bytes.buffer as ArrayBuffer] },
  );
  if (answer.rejected) context.log('warning', `checkpoint ${checkpointKey} is not used: ${answer.rejected}`);
  return answer.part;
}
