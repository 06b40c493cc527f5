import type { Geopotential } from '@gravity/geodesy';
import {
  type ArcEvaluation,
  DEFAULT_NOISE_ORDER,
  iterateField,
  mostPasses,
  type PassSummary,
  type StochasticModel,
} from '@gravity/recovery';
import { TaskError } from '../../jobs/task.js';
import type { ExcludedData } from './arc-source.js';
import type { ArcShare } from './arc-work.js';
import { checkDetermined } from './determined.js';
import { distributedShares } from './distributed-arcs.js';
import { localShares } from './local-arcs.js';
import type { PassInputs, Stage } from './pass-inputs.js';
import type { SkippedArc } from './products/context.js';
import type { ProcessRequest } from './request.js';
import { describeInterval } from './resolve.js';
import type { ArcSummary, SolvedField } from './summary.js';

/** The normals of the last pass, without their numbers. */
interface SummedArcs {
  /** Used ones, with their number among all. */
  readonly arcs: readonly ArcSummary[];
  readonly indices: readonly number[];
  readonly skipped: readonly SkippedArc[];
  readonly excluded: readonly ExcludedData[];
  readonly usedFiles: ReadonlySet<string>;
}

export interface PassesResult extends SummedArcs {
  readonly solved: SolvedField;
  readonly passes: readonly PassSummary[];
  readonly model: StochasticModel;
  readonly stochasticIterations: number;
  readonly stochasticConverged: boolean;
  /** Arcs taken from checkpoints, over all passes. */
  readonly restoredArcs: number;
  readonly secondsPerPass: readonly {
    readonly residuals?: number;
    readonly arcs: number;
    readonly solve: number;
  }[];
}

/** Most times that all arcs are gone through: passes, and residuals between them. */
export function mostStages({ iterations, observations: { stochastic } }: ProcessRequest): number {
  return mostPasses({ iterations, ...(stochastic && { stochastic }) }) + (stochastic?.maxIterations ?? 0);
}

/**
 * The outer iteration, see `iterateField`: all arcs linearized about the field of the pass before, summed in the order
 * of time, solved; before that, where the noise is to be estimated, all arcs evaluated under that field. The
 * regularization pulls towards the a-priori field or its own reference in every pass.
 *
 * @throws TaskError `no_usable_arcs` when every arc lacks data, `degree_beyond_data` when there are too few of them
 */
export async function runPasses(inputs: PassInputs): Promise<PassesResult> {
  const { worker, request, setup, progress, arcs, context, priorField } = inputs;
  const { stochastic } = request.observations;
  const { kaula, tikhonov, weight } = request.regularization;
  const secondsPerPass: { residuals?: number; arcs: number; solve: number }[] = [];
  const passCount = `${stochastic ? 'at most ' : ''}${mostPasses({ iterations: request.iterations, ...(stochastic && { stochastic }) })}`;
  let stageCount = 0;
  let restoredArcs = 0;
  let sum: SummedArcs | undefined;
  let residualsSeconds: number | undefined;
  const begin = async (work: Omit<Stage, 'stage' | 'label'>, label: string): Promise<Stage> => {
    const stage = { ...work, stage: ++stageCount, label };
    const { field, evaluation } = work;
    progress.begin(stage.stage, label);
    await worker.call('beginStage', {
      setup: { ...setup, referenceField: field },
      sum: true,
      ...(evaluation && { evaluation }),
    });
    return stage;
  };
  interface Solved extends SolvedField {
    readonly field: Geopotential;
    readonly sigma0: number;
  }
  progress.startPasses();
  const iterated = await iterateField<Solved>(
    setup.referenceField,
    arcs.length,
    {
      async solve(pass, field, models) {
        const began = performance.now();
        const stage = await begin({ field, models }, `pass ${pass} of ${passCount}`);
        const { restored, ...summed } = await sumArcs(inputs, stage, pass === 1);
        restoredArcs += restored;
        sum = summed;
        checkDetermined(request, summed.arcs);
        const ready = performance.now();
        progress.solving();
        const solved = await worker.call('solve', {
          regularization: { kaula, tikhonov },
          weight,
          priorField,
        });
        const seconds = { arcs: (ready - began) / 1000, solve: (performance.now() - ready) / 1000 };
        secondsPerPass.push({
          ...(residualsSeconds !== undefined && { residuals: residualsSeconds }),
          ...seconds,
        });
        residualsSeconds = undefined;
        return { ...solved, field: solved.solution.field, sigma0: solved.solution.sigma0 };
      },
      async evaluate(pass, { field }, models) {
        const began = performance.now();
        const directions = await worker.call('directions', {});
        const noise = stochastic?.rangingNoise;
        const evaluation = { directions, ...(noise && { maxLag: noise.maxOrder ?? DEFAULT_NOISE_ORDER }) };
        const stage = await begin({ field, models, evaluation }, `residuals of pass ${pass} of ${passCount}`);
        const evaluated: (ArcEvaluation | undefined)[] = [];
        for await (const { part } of shares(inputs, stage)) {
          if ('kind' in part && part.restored) restoredArcs++;
          evaluated.push('kind' in part && part.kind === 'evaluation' ? part.evaluation : undefined);
        }
        residualsSeconds = (performance.now() - began) / 1000;
        return evaluated;
      },
    },
    {
      degreeMin: request.degreeMin,
      degreeMax: request.degreeMax,
      iterations: request.iterations,
      convergenceRatio: request.convergenceRatio,
      ...(stochastic && { stochastic }),
    },
    (summary) => {
      const { pass, updateGeoidMeters: update, stochasticChange: change } = summary;
      const noise = change === undefined ? '' : `, variances by ${percent(change)}`;
      context.log('info', `pass ${pass}: geoid changed by ${update.toExponential(2)} m${noise}`, {
        ...summary,
      });
    },
  );
  const { solved, passes, model, stochasticIterations, stochasticConverged } = iterated;
  if (!sum) throw new Error('no pass was made');
  if (!stochasticConverged) {
    context.log(
      'warning',
      `the stochastic model has not converged in ${stochasticIterations} updates (last change ${percent(model.change)}): raise observations.variance_components.max_iterations`,
    );
  }
  return {
    ...sum,
    solved,
    passes,
    model,
    stochasticIterations,
    stochasticConverged,
    restoredArcs,
    secondsPerPass,
  };
}

const percent = (logarithm: number): string =>
  Number.isFinite(logarithm) ? `${(100 * Math.expm1(logarithm)).toPrecision(2)} %` : 'a first estimate';

function shares(inputs: PassInputs, stage: Stage): AsyncIterable<ArcShare> {
  const { arcs: dispatcher } = inputs.context;
  return dispatcher ? distributedShares(inputs, stage, dispatcher) : localShares(inputs, stage);
}

/** Normals of all arcs, summed in the order of time. */
async function sumArcs(
  inputs: PassInputs,
  stage: Stage,
  first: boolean,
): Promise<SummedArcs & { readonly restored: number }> {
  const { context, arcs } = inputs;
  const used: ArcSummary[] = [];
  const indices: number[] = [];
  const skipped: SkippedArc[] = [];
  const excluded: ExcludedData[] = [];
  const usedFiles = new Set<string>();
  let restored = 0;
  let index = 0;
  for await (const share of shares(inputs, stage)) {
    const arc = arcs[index++];
    excluded.push(...share.excluded);
    if ('reason' in share.part) {
      const { reason } = share.part;
      skipped.push({ ...arc, reason });
      if (first) context.log('warning', `arc ${index} left out: ${reason}`, { ...arc });
      continue;
    }
    if (share.part.kind !== 'normals') throw new Error('an evaluation among normals');
    if (share.part.restored) restored++;
    used.push(share.part.summary);
    indices.push(index - 1);
    for (const id of share.usedFiles) usedFiles.add(id);
  }
  if (used.length === 0) throw noUsableArcs(inputs, skipped);
  return { arcs: used, indices, skipped, excluded: totals(excluded), usedFiles, restored };
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
