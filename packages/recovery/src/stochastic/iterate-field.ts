import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import {
  type ArcModel,
  type EvaluatedArc,
  type StochasticModel,
  type StochasticOptions,
  statedModel,
  updateStochasticModel,
} from './stochastic-model.js';

export interface IterationOptions {
  readonly degreeMin: number;
  readonly degreeMax: number;
  /** Linearizations, when none is left out because the field has converged. */
  readonly iterations: number;
  /** The field has converged when a pass changes the geoid by less than this part of its formal error; 0: never. */
  readonly convergenceRatio: number;
  readonly stochastic?: StochasticIteration;
}

export interface StochasticIteration extends StochasticOptions {
  /** Updates of the stochastic model. */
  readonly maxIterations: number;
  /** It has converged when no variance changes by more than this part. */
  readonly tolerance: number;
}

/** One pass of the outer iteration. */
export interface PassSummary {
  /** From 1. */
  readonly pass: number;
  readonly sigma0: number;
  /** Geoid height of the change against the field of linearization, m (root of the sum over degrees). */
  readonly updateGeoidMeters: number;
  /** Formal error of the same, m. */
  readonly formalGeoidMeters: number;
  /** Of the stochastic model before this pass, see `StochasticModel`; absent where it was not updated. */
  readonly stochasticChange?: number;
}

/** Does the work of the passes, in one process or spread over many. */
export interface FieldSolver<Solved> {
  /** Normals of all arcs about a field, summed and solved. */
  solve(pass: number, field: Geopotential, arcs: readonly ArcModel[]): Promise<Solved>;
  /** Residuals of all arcs under a solution, with variances and lagged products; the noise as it was solved with. */
  evaluate(pass: number, solved: Solved, arcs: readonly ArcModel[]): Promise<readonly EvaluatedArc[]>;
}

export interface IteratedField<Solved> {
  readonly solved: Solved;
  /** The field about which the last normals were linearized. */
  readonly reference: Geopotential;
  readonly passes: readonly PassSummary[];
  readonly model: StochasticModel;
  readonly stochasticIterations: number;
  /** True without a stochastic model to be estimated. */
  readonly stochasticConverged: boolean;
}

/** Most passes an iteration takes: the first has the stated noise, every further one may update it. */
export function mostPasses({
  iterations,
  stochastic,
}: Pick<IterationOptions, 'iterations' | 'stochastic'>): number {
  return Math.max(iterations, 1 + (stochastic?.maxIterations ?? 0));
}

/**
 * The outer iteration. Every pass linearizes about the field of the pass before. From the second on it begins with
 * an update of the stochastic model from the residuals under that field, until the model has converged or the maximum
 * of updates is reached: a pass is a linearization and a step of the stochastic model at once. It ends when both the
 * field (or its number of linearizations) and the stochastic model are done.
 */
export async function iterateField<Solved extends { readonly field: Geopotential; readonly sigma0: number }>(
  field: Geopotential,
  arcCount: number,
  solver: FieldSolver<Solved>,
  options: IterationOptions,
  onPass: (summary: PassSummary) => void = () => undefined,
): Promise<IteratedField<Solved>> {
  const { iterations, convergenceRatio, stochastic } = options;
  const passes: PassSummary[] = [];
  let model = statedModel(arcCount);
  let updates = 0;
  let settled = stochastic === undefined;
  let reference = field;
  for (let pass = 1; ; pass++) {
    const solved = await solver.solve(pass, reference, model.arcs);
    const { updateGeoidMeters, formalGeoidMeters } = geoidChange(reference, solved.field, options);
    const { sigma0 } = solved;
    const updated = pass > 1 && updates === pass - 1;
    const summary: PassSummary = {
      pass,
      sigma0,
      updateGeoidMeters,
      formalGeoidMeters,
      ...(updated && { stochasticChange: model.change }),
    };
    passes.push(summary);
    onPass(summary);
    const linearized = pass >= iterations || updateGeoidMeters <= convergenceRatio * formalGeoidMeters;
    const exhausted = updates >= (stochastic?.maxIterations ?? 0);
    if (linearized && (settled || exhausted)) {
      return {
        solved,
        reference,
        passes,
        model,
        stochasticIterations: updates,
        stochasticConverged: settled,
      };
    }
    if (stochastic && !settled && !exhausted) {
      const evaluated = await solver.evaluate(pass, solved, model.arcs);
      model = updateStochasticModel(model, evaluated, stochastic);
      updates++;
      settled = model.change < stochastic.tolerance;
    }
    reference = solved.field;
  }
}

/** Size of the change of a field and of its formal errors, both as geoid height over all estimated degrees, m. */
function geoidChange(
  before: Geopotential,
  field: Geopotential,
  { degreeMin, degreeMax }: Pick<IterationOptions, 'degreeMin' | 'degreeMax'>,
): Pick<PassSummary, 'updateGeoidMeters' | 'formalGeoidMeters'> {
  let update = 0;
  let formal = 0;
  for (let i = triangleIndex(degreeMin, 0); i <= triangleIndex(degreeMax, degreeMax); i++) {
    update += (field.c[i] - before.c[i]) ** 2 + (field.s[i] - before.s[i]) ** 2;
    formal += (field.sigmaC?.[i] ?? 0) ** 2 + (field.sigmaS?.[i] ?? 0) ** 2;
  }
  return {
    updateGeoidMeters: field.radius * Math.sqrt(update),
    formalGeoidMeters: field.radius * Math.sqrt(formal),
  };
}
