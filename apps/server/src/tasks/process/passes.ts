import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { ArcObservations, RecoverySetup } from '@gravity/recovery';
import { type TaskContext, TaskError } from '../../jobs/task.js';
import type { ArcSource, ExcludedData, LoadedArc } from './arc-source.js';
import { type ArcWorkerClient, ArcWorkerError } from './arc-worker-client.js';
import type { ArcInterval } from './arcs.js';
import { streamOf } from './chunks.js';
import type { PassSummary, SkippedArc } from './products/context.js';
import type { ProcessProgress } from './progress.js';
import type { WorkerCalls } from './protocol.js';
import { hashOf, hashOfArrays } from './recipe.js';
import type { ProcessRequest } from './request.js';
import { describeInterval, type ProcessTarget } from './resolve.js';
import type { ArcSummary, SolutionSummary } from './summary.js';
import { missingData, withoutEndEpoch } from './usable-arc.js';

export interface PassInputs {
  readonly context: TaskContext;
  readonly worker: ArcWorkerClient;
  readonly source: ArcSource;
  readonly request: ProcessRequest;
  readonly target: ProcessTarget;
  readonly arcs: readonly ArcInterval[];
  readonly setup: RecoverySetup;
  readonly recipeHash: string;
  readonly progress: ProcessProgress;
}

export interface PassesResult {
  readonly solution: SolutionSummary;
  readonly arcs: readonly ArcSummary[];
  readonly skipped: readonly SkippedArc[];
  readonly excluded: readonly ExcludedData[];
  readonly usedFiles: ReadonlySet<string>;
  readonly passes: readonly PassSummary[];
  /** Arcs taken from checkpoints, over all passes. */
  readonly restoredArcs: number;
  readonly secondsPerPass: readonly { readonly arcs: number; readonly solve: number }[];
}

/** Folder of the checkpoints of a recipe in the bucket processed-data. */
export const checkpointPrefix = (recipeHash: string): string => `checkpoints/${recipeHash}/`;

/**
 * The outer iteration: all arcs linearized about the field of the pass before, summed in the order of time, solved.
 * The regularization pulls towards the a-priori field in every pass. It ends early when a pass has changed the geoid
 * by less than `convergenceRatio` of its formal error.
 *
 * @throws TaskError `no_usable_arcs` when every arc lacks data
 */
export async function runPasses(inputs: PassInputs): Promise<PassesResult> {
  const { worker, request, setup, progress } = inputs;
  const passes: PassSummary[] = [];
  const secondsPerPass: { arcs: number; solve: number }[] = [];
  let field = setup.referenceField;
  let restoredArcs = 0;
  progress.startPasses();
  for (let pass = 1; ; pass++) {
    const began = Date.now();
    await worker.call('beginPass', { setup: { ...setup, referenceField: field } });
    const sum = await sumArcs(inputs, pass, field);
    restoredArcs += sum.restored;
    const summed = Date.now();
    progress.solving(pass);
    const solution = await worker.call('solve', {
      regularization: request.regularization,
      priorField: setup.referenceField,
    });
    secondsPerPass.push({ arcs: (summed - began) / 1000, solve: (Date.now() - summed) / 1000 });
    const summary = summarize(pass, solution, field, request);
    passes.push(summary);
    inputs.context.log(
      'info',
      `pass ${pass}: geoid changed by ${summary.updateGeoidMeters.toExponential(2)} m`,
      {
        ...summary,
      },
    );
    field = solution.field;
    const converged = summary.updateGeoidMeters <= request.convergenceRatio * summary.formalGeoidMeters;
    if (pass === request.iterations || converged) {
      const { restored: _counted, ...rest } = sum;
      return { solution, ...rest, passes, restoredArcs, secondsPerPass };
    }
  }
}

/** Normals of all arcs, summed in the order of time. The next arc is loaded while the worker is at one. */
async function sumArcs(inputs: PassInputs, pass: number, field: Geopotential) {
  const { context, progress, arcs } = inputs;
  const used: ArcSummary[] = [];
  const skipped: SkippedArc[] = [];
  const excluded: ExcludedData[] = [];
  const usedFiles = new Set<string>();
  const fieldHash = hashOfArrays(field.c, field.s);
  let restored = 0;
  let upload: Promise<unknown> = Promise.resolve();
  let next = loadAhead(inputs, 0);
  for (const [index, arc] of arcs.entries()) {
    context.signal.throwIfAborted();
    const loaded = await next;
    next = loadAhead(inputs, index + 1);
    excluded.push(...loaded.excluded);
    const skip = (reason: string): void => {
      skipped.push({ ...arc, reason });
      if (pass === 1) context.log('warning', `arc ${index + 1} left out: ${reason}`, { ...arc });
      progress.arcDone(pass, index, `left out, ${reason}`, false);
    };
    const reason = missingData(loaded, inputs.target.satellites, inputs.request.observations);
    if (reason !== undefined) {
      skip(reason);
      continue;
    }
    const inputsHash = hashOf({ recipe: inputs.recipeHash, pass, arc, fieldHash });
    const key = `${checkpointPrefix(inputs.recipeHash)}${pass}/${String(index).padStart(5, '0')}`;
    let summary = await restoreArc(inputs, key, inputsHash);
    if (summary) {
      restored++;
      progress.arcDone(pass, index, 'taken from its checkpoint', false);
    } else {
      const last = index === arcs.length - 1;
      const observations = last ? loaded.observations : withoutEndEpoch(loaded.observations);
      const computed = await computeArc(inputs, observations, inputsHash, (done, what) =>
        progress.arc(pass, index, Math.min(0.99, done), what),
      );
      if ('reason' in computed) {
        skip(computed.reason);
        continue;
      }
      summary = computed.summary;
      // One upload beside the computation of the next arc.
      await upload;
      upload = storeCheckpoint(context, key, computed.checkpoint);
      upload.catch(() => undefined);
      progress.arcDone(pass, index, 'done', true);
    }
    used.push(summary);
    for (const id of loaded.usedFiles) usedFiles.add(id);
  }
  await upload;
  if (used.length === 0) throw noUsableArcs(inputs, skipped);
  return { arcs: used, skipped, excluded: totals(excluded), usedFiles, restored };
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

/** Counts over all arcs. */
function totals(excluded: readonly ExcludedData[]): ExcludedData[] {
  const sums = new Map<string, ExcludedData>();
  for (const entry of excluded) {
    const key = [entry.satellite, entry.product, entry.reason].join('\n');
    sums.set(key, { ...entry, count: entry.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()];
}

/** Normals of an arc in the worker, or why it cannot be used: one bad arc does not end the job. */
async function computeArc(
  { worker }: PassInputs,
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

async function restoreArc(
  inputs: PassInputs,
  key: string,
  inputsHash: string,
): Promise<ArcSummary | undefined> {
  const { objects, log } = inputs.context;
  if (!(await objects.head('processed-data', key))) return undefined;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await objects.get('processed-data', key)) chunks.push(chunk as Uint8Array);
  } catch (error) {
    log('warning', `checkpoint ${key} could not be read: ${(error as Error).message}`);
    return undefined;
  }
  const bytes = new Uint8Array(Buffer.concat(chunks));
  const answer = await inputs.worker.call(
    'restore',
    { bytes, inputs: inputsHash },
    { transfer: [bytes.buffer] },
  );
  if (answer.rejected) log('warning', `checkpoint ${key} is not used: ${answer.rejected}`);
  return answer.summary;
}

function storeCheckpoint({ objects }: TaskContext, key: string, bytes: Uint8Array): Promise<unknown> {
  return objects.put('processed-data', key, streamOf(bytes), { contentType: 'application/octet-stream' });
}

function noUsableArcs({ target, arcs }: PassInputs, skipped: readonly SkippedArc[]): TaskError {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
  return new TaskError(
    'no_usable_arcs',
    `none of the ${arcs.length} arcs of ${describeInterval(target.startGpsSeconds, target.endGpsSeconds)} can be used (${reasons}); ingest observations of ${target.satellites.join(', ')} for this interval first`,
    skipped.slice(0, 100).map(({ reason, startGpsSeconds, endGpsSeconds }) => ({
      field: 'satellites',
      message: `${describeInterval(startGpsSeconds, endGpsSeconds)}: ${reason}`,
    })),
  );
}

/** Size of the change of a pass and of the formal errors, both as geoid height over all estimated degrees. */
function summarize(
  pass: number,
  solution: SolutionSummary,
  before: Geopotential,
  { degreeMin, degreeMax }: ProcessRequest,
): PassSummary {
  const { field } = solution;
  let update = 0;
  let formal = 0;
  for (let i = triangleIndex(degreeMin, 0); i <= triangleIndex(degreeMax, degreeMax); i++) {
    update += (field.c[i] - before.c[i]) ** 2 + (field.s[i] - before.s[i]) ** 2;
    formal += (field.sigmaC?.[i] ?? 0) ** 2 + (field.sigmaS?.[i] ?? 0) ** 2;
  }
  return {
    pass,
    sigma0: solution.sigma0,
    updateGeoidMeters: field.radius * Math.sqrt(update),
    formalGeoidMeters: field.radius * Math.sqrt(formal),
  };
}
