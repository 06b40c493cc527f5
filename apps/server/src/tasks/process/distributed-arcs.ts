import { createHash } from 'node:crypto';
import { retryTransient } from '../../db/transient.js';
import { type ArcDispatcher, type ArcOutcome, type ArcTicket, TaskError } from '../../jobs/task.js';
import { type ArcPayload, type ArcResult, parseArcResult, requirementsOf } from './arc-ticket.js';
import type { ArcShare } from './arc-work.js';
import { localShare, restore } from './local-arcs.js';
import { OutcomeBoard } from './outcome-board.js';
import { encodePassDescription } from './pass-description.js';
import { type ArcIdentity, arcIdentities, type PassInputs, passPrefix, type Stage } from './pass-inputs.js';
import { describeInterval } from './resolve.js';
import { readStored, writeStored } from './stored-bytes.js';

/** A database that is started again is away for seconds: half a minute of tries. */
const DATABASE_TRIES = 12;

interface Fetched {
  readonly result: ArcResult;
  readonly bytes?: Uint8Array;
}

/**
 * Takes the arcs of a stage in the order of time, computed by whichever workers there are. While one is added the
 * checkpoint of the next is fetched; no more are held.
 */
export async function* distributedShares(
  inputs: PassInputs,
  stage: Stage,
  dispatcher: ArcDispatcher,
): AsyncGenerator<ArcShare> {
  const { context, arcs } = inputs;
  const identities = arcIdentities(inputs, stage);
  const tickets = await ticketsOf(inputs, stage, identities);
  await retryTransient(() => dispatcher.submit(tickets), { tries: DATABASE_TRIES, signal: context.signal });
  const board = new OutcomeBoard(dispatcher, stage.stage, arcs.length, {
    onChange: (done, computed, what) => inputs.progress.distributed(done, computed, what),
    onEnded: (outcome) => logEnd(inputs, stage, outcome),
  });
  try {
    let next = fetchAhead(inputs, board, identities[0], 0);
    for (const [index, identity] of identities.entries()) {
      const fetched = await next;
      context.signal.throwIfAborted();
      if (index + 1 < arcs.length) next = fetchAhead(inputs, board, identities[index + 1], index + 1);
      yield await add(inputs, stage, index, identity, fetched);
    }
  } finally {
    board.close();
  }
}

async function ticketsOf(
  inputs: PassInputs,
  { stage, field, models, evaluation }: Stage,
  identities: readonly ArcIdentity[],
): Promise<readonly ArcTicket[]> {
  const { context, backend, setup, target, request, arcs } = inputs;
  const bytes = encodePassDescription({
    setup: { ...setup, referenceField: field },
    target,
    request,
    work: { models, ...(evaluation && { evaluation }) },
  });
  const passSha256 = createHash('sha256').update(bytes).digest('hex');
  const passKey = `${passPrefix(context.jobId)}${stage}-${passSha256}`;
  await writeStored(context, passKey, bytes);
  const common = {
    requires: requirementsOf(backend),
    backend: backend.backend,
    threads: backend.threads,
    passKey,
    passSha256,
  };
  return arcs.map((interval, arc) => ({
    pass: stage,
    arc,
    ...identities[arc],
    payload: { ...common, ...interval, index: arc, last: arc === arcs.length - 1 } satisfies ArcPayload,
  }));
}

function fetchAhead(
  inputs: PassInputs,
  board: OutcomeBoard,
  { checkpointKey }: ArcIdentity,
  index: number,
): Promise<Fetched> {
  const fetched = (async (): Promise<Fetched> => {
    const result = resultOf(inputs, await board.ended(index));
    if (result.kind === 'skipped') return { result };
    const bytes = await readStored(inputs.context, checkpointKey);
    return { result, ...(bytes && { bytes }) };
  })();
  fetched.catch(() => undefined);
  return fetched;
}

function resultOf({ arcs }: PassInputs, { arc, status, result, error }: ArcOutcome): ArcResult {
  if (status === 'completed' && result) return parseArcResult(result);
  const { startGpsSeconds, endGpsSeconds } = arcs[arc];
  throw new TaskError(
    error?.code ?? 'arc_failed',
    `arc ${arc + 1} of ${arcs.length} (${describeInterval(startGpsSeconds, endGpsSeconds)}) could not be computed: ${error?.message ?? 'no reason is known'}`,
  );
}

async function add(
  inputs: PassInputs,
  stage: Stage,
  index: number,
  identity: ArcIdentity,
  { result, bytes }: Fetched,
): Promise<ArcShare> {
  const { excluded, usedFiles } = result;
  if (result.kind === 'skipped') {
    return { excluded, usedFiles, part: { reason: result.reason ?? 'no reason is known' } };
  }
  const part = bytes && (await restore(inputs, bytes, identity));
  if (part) return { excluded, usedFiles, part: { ...part, restored: result.kind === 'restored' } };
  // The object is damaged, or was removed with another job of the same recipe.
  const { context, source, arcs, target, request } = inputs;
  context.log('warning', `arc ${index + 1} is computed again: its checkpoint is not there`, { arc: index });
  const loaded = await retryTransient(() => source.load(arcs[index], target, request), {
    tries: DATABASE_TRIES,
    signal: context.signal,
  });
  return (await localShare(inputs, stage, index, identity, loaded)).share;
}

function logEnd(
  { context, arcs }: PassInputs,
  { stage, label }: Stage,
  { arc, status, result }: ArcOutcome,
): void {
  if (status !== 'completed' || !result) return;
  const { kind, worker, seconds = 0 } = parseArcResult(result);
  context.log('info', `${label}, arc ${arc + 1} of ${arcs.length}: ${kind} in ${seconds.toFixed(1)} s`, {
    stage,
    arc,
    kind,
    worker,
    seconds,
  });
}
