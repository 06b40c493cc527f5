import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import { TaskError } from '../../jobs/task.js';
import type { ExcludedData } from './arc-source.js';
import { distributedShares } from './distributed-arcs.js';
import { localShares } from './local-arcs.js';
import type { Pass, PassInputs } from './pass-inputs.js';
import type { PassSummary, SkippedArc } from './products/context.js';
import type { ProcessRequest } from './request.js';
import { describeInterval } from './resolve.js';
import type { ArcSummary, SolutionSummary } from './summary.js';

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
    await worker.call('beginPass', { setup: { ...setup, referenceField: field }, sum: true });
    const sum = await sumArcs(inputs, { pass, field });
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

/** Normals of all arcs, summed in the order of time. */
async function sumArcs(inputs: PassInputs, pass: Pass) {
  const { context, arcs } = inputs;
  const used: ArcSummary[] = [];
  const skipped: SkippedArc[] = [];
  const excluded: ExcludedData[] = [];
  const usedFiles = new Set<string>();
  let restored = 0;
  const shares = context.arcs ? distributedShares(inputs, pass, context.arcs) : localShares(inputs, pass);
  let index = 0;
  for await (const share of shares) {
    const arc = arcs[index++];
    excluded.push(...share.excluded);
    if ('reason' in share.part) {
      const { reason } = share.part;
      skipped.push({ ...arc, reason });
      if (pass.pass === 1) context.log('warning', `arc ${index} left out: ${reason}`, { ...arc });
      continue;
    }
    if (share.part.restored) restored++;
    used.push(share.part.summary);
    for (const id of share.usedFiles) usedFiles.add(id);
  }
  if (used.length === 0) throw noUsableArcs(inputs, skipped);
  return { arcs: used, skipped, excluded: totals(excluded), usedFiles, restored };
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
