import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { computeArcNormals } from '../arc/arc-normals.js';
import { type ArcEvaluation, evaluateArc } from '../arc/evaluate-arc.js';
import { addArcNormals, emptyNormals, type TotalNormals } from '../solve/normals-sum.js';
import { type RegularizedSolution, solveRegularized } from '../solve/solve-regularized.js';
import type { ArcObservations, RecoverySetup, RecoverySolution, Regularization } from '../types.js';
import { varianceDirections } from './directions.js';
import { addLagSums, estimateNoise, type NoiseEstimate } from './lag-sums.js';
import type { VarianceFactors } from './types.js';
import { updateVarianceFactors } from './variance-components.js';

export interface FieldRecoveryOptions {
  readonly regularization: Regularization;
  /** Whether the regularization is taken as given (default), or its weight found anew with every solution. */
  readonly regularizationWeight?: 'given' | 'vce' | 'l_curve';
  /** Linearizations with the given stochastic model before it is estimated; default 1. */
  readonly linearizations?: number;
  /** Variance factors of position and ranging groups; default 'none'. */
  readonly varianceFactors?: 'none' | 'arc' | 'mission';
  /** An autoregressive model of the ranging noise of all arcs together; default none. */
  readonly rangingNoise?: { readonly maxLag: number; readonly maxOrder?: number };
  /** Passes of the stochastic model, each a linearization; default at most 5. */
  readonly maxPasses?: number;
  /** The stochastic model is settled when no factor and no innovation variance changes by more than this part; default 0.02. */
  readonly tolerance?: number;
}

export interface StochasticPass {
  readonly sigma0: number;
  /** Largest |ln| of a change of a variance: factors, and innovation and total variance of the ranging noise. */
  readonly change: number;
}

export interface FieldRecovery {
  readonly solution: RecoverySolution;
  /** The regularization it has, and how it was found. */
  readonly regularization: Omit<RegularizedSolution, 'solution'>;
  readonly normals: TotalNormals;
  /** The field about which the last normals were linearized. */
  readonly reference: Geopotential;
  /** In the order of the arcs. */
  readonly varianceFactors: readonly VarianceFactors[];
  readonly noise?: NoiseEstimate;
  readonly passes: readonly StochasticPass[];
  readonly converged: boolean;
  /** Of the arcs under the last solution but one, by which the stochastic model was found; empty without one. */
  readonly evaluations: readonly ArcEvaluation[];
}

/**
 * The whole way in one process: linearize, solve, and estimate the stochastic model from the residuals under the
 * solution, until it stays. Jobs that spread arcs over workers do the same with the functions used here, all of which
 * take and give plain data.
 */
export async function recoverField(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  la: LinearAlgebra,
  options: FieldRecoveryOptions,
): Promise<FieldRecovery> {
  const { regularization, linearizations = 1, maxPasses = 5, tolerance = 0.02 } = options;
  const scope = options.varianceFactors ?? 'none';
  const priorField = setup.referenceField;
  let factors: readonly VarianceFactors[] = arcs.map(() => ({}));
  let current = setup;
  let noise: NoiseEstimate | undefined;
  const solve = async () => {
    const normals = emptyNormals(current, la);
    for (const [i, arc] of arcs.entries()) {
      const part = await computeArcNormals(current, arc, la, { varianceFactors: factors[i] });
      addArcNormals(normals, part);
    }
    const reference = current.referenceField;
    const { solution, ...weighted } = await solveRegularized(current, normals, regularization, la, {
      priorField,
      weight: options.regularizationWeight ?? 'given',
    });
    current = { ...current, referenceField: solution.field };
    return { solution, regularization: weighted, normals, reference };
  };
  let solved = await solve();
  for (let i = 1; i < linearizations; i++) solved = await solve();
  const passes: StochasticPass[] = [];
  let evaluations: readonly ArcEvaluation[] = [];
  if (scope === 'none' && !options.rangingNoise) {
    return { ...solved, varianceFactors: factors, passes, converged: true, evaluations };
  }
  let converged = false;
  for (let pass = 0; pass < maxPasses && !converged; pass++) {
    const directions = await varianceDirections(solved.solution, la);
    const made: ArcEvaluation[] = [];
    for (const [i, arc] of arcs.entries()) {
      made.push(
        await evaluateArc(current, arc, la, {
          directions,
          variances: true,
          varianceFactors: factors[i],
          ...(options.rangingNoise ? { maxLag: options.rangingNoise.maxLag } : {}),
        }),
      );
    }
    evaluations = made;
    let change = 0;
    if (options.rangingNoise) {
      const lags = made.flatMap(({ lags }, i) => {
        return lags && lags.counts[0] > 0 ? [{ lags, factor: factors[i].ranging }] : [];
      });
      const { maxOrder } = options.rangingNoise;
      const next = estimateNoise(addLagSums(lags), maxOrder === undefined ? {} : { maxOrder });
      change = noise ? noiseChange(noise, next) : Number.POSITIVE_INFINITY;
      noise = next;
      current = { ...current, rangingNoise: next.model };
    }
    if (scope !== 'none') {
      // A model of the noise found in this pass takes the whole step of the ranging: factors follow from the next one.
      const contributions = made.map(({ variances = [] }) => {
        return variances.filter((v) => !(options.rangingNoise && pass === 0 && v.group === 'ranging'));
      });
      const update = updateVarianceFactors(contributions, scope);
      factors = update.factors.map((f, i) => ({ ...factors[i], ...f }));
      change = Math.max(change, update.change);
    }
    solved = await solve();
    passes.push({ sigma0: solved.solution.sigma0, change });
    converged = change < tolerance;
  }
  return {
    ...solved,
    varianceFactors: factors,
    ...(noise ? { noise } : {}),
    passes,
    converged,
    evaluations,
  };
}

function noiseChange(before: NoiseEstimate, after: NoiseEstimate): number {
  return Math.max(
    Math.abs(Math.log(after.innovationSigma / before.innovationSigma)) * 2,
    Math.abs(Math.log(after.model.autocovariance[0] / before.model.autocovariance[0])),
  );
}
