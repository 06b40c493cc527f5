import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { computeNormals } from '../algorithms/compute-normals.js';
import { type ArcEvaluation, evaluateArc } from '../arc/evaluate-arc.js';
import { ArcError } from '../errors.js';
import { addArcNormals, emptyNormals, type TotalNormals } from '../solve/normals-sum.js';
import { type RegularizedSolution, solveRegularized } from '../solve/solve-regularized.js';
import type {
  ArcObservations,
  RecoverySetup,
  RecoverySolution,
  Regularization,
  ResidualStatistics,
} from '../types.js';
import { varianceDirections } from './directions.js';
import { type FieldSolver, iterateField, mostPasses, type PassSummary } from './iterate-field.js';
import { DEFAULT_NOISE_ORDER, type StochasticModel, type StochasticOptions } from './stochastic-model.js';

export interface FieldRecoveryOptions extends Partial<StochasticOptions> {
  readonly regularization: Regularization;
  /** Whether the regularization is taken as given (default), or its weight found anew with every solution. */
  readonly regularizationWeight?: 'given' | 'vce' | 'l_curve';
  /** Field the regularization pulls towards; default the reference field of the setup. Same GM and radius. */
  readonly priorField?: Geopotential;
  /** Linearizations at least; default 1. Updates of the stochastic model come with further ones. */
  readonly iterations?: number;
  /** Updates of the stochastic model; default at most 5. */
  readonly maxStochasticIterations?: number;
  /** The stochastic model has converged when no variance changes by more than this part; default 0.02. */
  readonly tolerance?: number;
  /** fraction 0…1 of the most that it may take. */
  readonly onProgress?: (fraction: number, message: string) => void;
}

export interface FieldRecovery {
  readonly solution: RecoverySolution;
  /** The regularization it has, and how it was found. */
  readonly regularization: Omit<RegularizedSolution, 'solution'>;
  /** About `reference`, as weighted in the last pass. */
  readonly normals: TotalNormals;
  /** The field about which the last normals were linearized. */
  readonly reference: Geopotential;
  readonly model: StochasticModel;
  readonly passes: readonly PassSummary[];
  readonly stochasticIterations: number;
  /** Of the stochastic model; true where none is estimated. */
  readonly converged: boolean;
  /** Of the arcs about the a-priori field, after the fit of their orbits. */
  readonly residualsBefore: readonly ResidualStatistics[];
}

/**
 * The whole way in one process: linearize, solve, and estimate the stochastic model from the residuals under the
 * solution, until it stays. Jobs that spread arcs over workers do the same with the functions used here, all of which
 * take and give plain data.
 *
 * @throws ArcError when an arc cannot be used; SolutionError; RangeError for settings that make no sense
 */
export async function recoverField(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  la: LinearAlgebra,
  options: FieldRecoveryOptions,
): Promise<FieldRecovery> {
  const {
    regularization,
    regularizationWeight: weight = 'given',
    rangingNoise,
    varianceFactors = 'none',
  } = options;
  const priorField = options.priorField ?? setup.referenceField;
  const estimated = varianceFactors !== 'none' || rangingNoise !== undefined;
  const iterations = options.iterations ?? 1;
  const { maxStochasticIterations: maxIterations = 5, tolerance = 0.02 } = options;
  const stochastic = estimated
    ? { varianceFactors, maxIterations, tolerance, ...(rangingNoise && { rangingNoise }) }
    : undefined;
  const all = mostPasses({ iterations, ...(stochastic && { stochastic }) });
  /** A pass with an update of the stochastic model has two halves. */
  const progress = (pass: number, half: 'whole' | 'residuals' | 'normals') => (i: number) => {
    const [from, share] = { whole: [0, 1], residuals: [0, 0.5], normals: [0.5, 0.5] }[half];
    return (fraction: number, message: string) => {
      const done = (pass - 1 + from + (share * (i + fraction)) / arcs.length) / all;
      const what = half === 'residuals' ? 'residuals of arc' : 'arc';
      options.onProgress?.(done, `pass ${pass}, ${what} ${i + 1}: ${message}`);
    };
  };
  let residualsBefore: readonly ResidualStatistics[] | undefined;
  interface Solved extends RegularizedSolution {
    readonly field: Geopotential;
    readonly sigma0: number;
    readonly normals: TotalNormals;
  }
  const solver: FieldSolver<Solved> = {
    async solve(pass, field, models) {
      const current = { ...setup, referenceField: field };
      const normals = emptyNormals(current, la);
      const residuals: ResidualStatistics[] = [];
      const report = progress(pass, pass > 1 && stochastic ? 'normals' : 'whole');
      // A function of its own: a variable of the loop would hold an arc's matrix while the next one is computed.
      const add = async (arc: ArcObservations, i: number) => {
        const part = await computeNormals(current, arc, la, { ...models[i], onProgress: report(i) });
        addArcNormals(normals, part);
        residuals.push(...part.residuals);
      };
      for (const [i, arc] of arcs.entries()) await add(arc, i);
      residualsBefore ??= residuals;
      const solved = await solveRegularized(current, normals, regularization, la, { priorField, weight });
      return { ...solved, field: solved.solution.field, sigma0: solved.solution.sigma0, normals };
    },
    async evaluate(pass, { solution, dataVariance }, models) {
      const directions = await varianceDirections(solution, la, { dataVariance });
      const current = { ...setup, referenceField: solution.field };
      const report = progress(pass + 1, 'residuals');
      const evaluations: (ArcEvaluation | undefined)[] = [];
      for (const [i, arc] of arcs.entries()) {
        evaluations.push(
          await evaluateArc(current, arc, la, {
            directions,
            variances: true,
            ...models[i],
            ...(rangingNoise && { maxLag: rangingNoise.maxOrder ?? DEFAULT_NOISE_ORDER }),
            onProgress: report(i),
          }).catch(unusable),
        );
      }
      return evaluations;
    },
  };
  const { solved, reference, passes, model, stochasticIterations, stochasticConverged } = await iterateField(
    setup.referenceField,
    arcs.length,
    solver,
    {
      degreeMin: setup.degreeMin,
      degreeMax: setup.degreeMax,
      iterations,
      convergenceRatio: 0,
      ...(stochastic && { stochastic }),
    },
  );
  const { solution, normals, regularization: used, dataVariance, variances, lCurve } = solved;
  return {
    solution,
    regularization: {
      regularization: used,
      dataVariance,
      ...(variances && { variances }),
      ...(lCurve && { lCurve }),
    },
    normals,
    reference,
    model,
    passes,
    stochasticIterations,
    converged: stochasticConverged,
    residualsBefore: residualsBefore ?? [],
  };
}

/** An arc whose normals can be formed but whose residuals cannot keeps its noise. */
function unusable(error: unknown): undefined {
  if (error instanceof ArcError && error.code !== 'cancelled') return undefined;
  throw error;
}
