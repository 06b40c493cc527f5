import type { ArcObservations } from '@gravity/recovery';
import type { LoadedArc } from './arc-source.js';
import { ArcWorkerError } from './arc-worker-client.js';
import { type ArcIdentity, type ArcShare, arcIdentities, type Pass, type PassInputs } from './pass-inputs.js';
import type { WorkerCalls } from './protocol.js';
import { readStored, writeStored } from './stored-bytes.js';
import type { ArcSummary } from './summary.js';
import { missingData, usableObservations } from './usable-arc.js';

/** Adds the arcs of a pass in the order of time, all computed here. The next is loaded while the worker is at one. */
export async function* localShares(inputs: PassInputs, pass: Pass): AsyncGenerator<ArcShare> {
  const { context, arcs, progress } = inputs;
  const identities = arcIdentities(inputs, pass);
  let upload: Promise<unknown> = Promise.resolve();
  let next = loadAhead(inputs, 0);
  for (const index of arcs.keys()) {
    context.signal.throwIfAborted();
    const loaded = await next;
    next = loadAhead(inputs, index + 1);
    const { share, checkpoint } = await localShare(inputs, pass, index, identities[index], loaded);
    if (checkpoint) {
      // One upload beside the computation of the next arc.
      await upload;
      upload = writeStored(context, identities[index].checkpointKey, checkpoint);
      upload.catch(() => undefined);
    }
    const { part } = share;
    if ('reason' in part) progress.arcDone(pass.pass, index, `left out, ${part.reason}`, false);
    else if (part.restored) progress.arcDone(pass.pass, index, 'taken from its checkpoint', false);
    else progress.arcDone(pass.pass, index, 'done', true);
    yield share;
  }
  await upload;
}

/** Also arcs with a checkpoint are loaded: what was excluded and which files were used belongs into the report. */
function loadAhead({ arcs, source, target, request }: PassInputs, index: number): Promise<LoadedArc> {
  const arc = arcs[index];
  const loading = arc
    ? source.load(arc, target, request)
    : Promise.reject(new Error('there is no further arc'));
  loading.catch(() => undefined);
  return loading;
}

/** Adds one arc from its checkpoint, or computed here; then with the checkpoint to be stored. */
export async function localShare(
  inputs: PassInputs,
  { pass }: Pass,
  index: number,
  identity: ArcIdentity,
  loaded: LoadedArc,
): Promise<{ readonly share: ArcShare; readonly checkpoint?: Uint8Array }> {
  const { excluded } = loaded;
  const reason = missingData(loaded, inputs.target.satellites, inputs.request.observations);
  if (reason !== undefined) return { share: { excluded, usedFiles: [], part: { reason } } };
  const { usedFiles } = loaded;
  const restored = await restoreStored(inputs, identity);
  if (restored) return { share: { excluded, usedFiles, part: { summary: restored, restored: true } } };
  const observations = usableObservations(loaded, index === inputs.arcs.length - 1);
  const computed = await computeArc(inputs, observations, identity.inputsHash, (done, what) =>
    inputs.progress.arc(pass, index, Math.min(0.99, done), what),
  );
  if ('reason' in computed) {
    return { share: { excluded, usedFiles: [], part: { reason: computed.reason } } };
  }
  const { summary, checkpoint } = computed;
  return { share: { excluded, usedFiles, part: { summary, restored: false } }, checkpoint };
}

/** Normals of an arc in the worker, or why it cannot be used: one bad arc does not end the job. */
export async function computeArc(
  { worker }: Pick<PassInputs, 'worker'>,
  arc: ArcObservations,
  inputs: string,
  onProgress: (fraction: number, message: string) => void,
): Promise<WorkerCalls['arc']['answer'] | { readonly reason: string }> {
  try {
    return await worker.call('arc', { arc, inputs }, { onProgress });
  } catch (error) {
    const unusable = error instanceof ArcWorkerError && error.originalName === 'ArcError';
    if (!unusable || error.code === 'cancelled') throw error;
    return { reason: error.message };
  }
}

async function restoreStored(
  inputs: PassInputs,
  { checkpointKey, inputsHash }: ArcIdentity,
): Promise<ArcSummary | undefined> {
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

/** Adds a checkpoint to the sum; undefined when it cannot be used. */
export async function restore(
  { worker, context }: PassInputs,
  bytes: Uint8Array,
  { checkpointKey, inputsHash }: ArcIdentity,
): Promise<ArcSummary | undefined> {
  const answer = await worker.call(
    'restore',
    { bytes, inputs: inputsHash },
    { transfer: [bytes.buffer as ArrayBuffer] },
  );
  if (answer.rejected) context.log('warning', `checkpoint ${checkpointKey} is not used: ${answer.rejected}`);
  return answer.summary;
}
