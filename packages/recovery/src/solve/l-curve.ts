import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { Regularization } from '../types.js';
import { type Constraint, constraintOf, type SolvedDegrees, scaledRegularization } from './constraint.js';
import { meanDiagonal, type TotalNormals } from './normals-sum.js';
import { RegularizedSystem } from './regularized-system.js';
import { SolutionError } from './solution-error.js';

/** Points over the range in which the regularization takes over, and steps that then narrow the corner down. */
const COARSE = 21;
const REFINEMENTS = 12;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface LCurvePoint {
  /** Factor on the weight of the regularization given. */
  readonly weight: number;
  /** vᵀPv of the observations. */
  readonly residualSquares: number;
  /** (x − x₀)ᵀK(x − x₀), K the regularization given. */
  readonly penalty: number;
  /** Of ln penalty over ln residualSquares. */
  readonly curvature: number;
}

export interface LCurve {
  /** By increasing weight. */
  readonly points: readonly LCurvePoint[];
  readonly corner: LCurvePoint;
  /** The regularization at the corner. */
  readonly regularization: Regularization;
}

/**
 * L-curve of the regularization (Hansen & O'Leary 1993): its corner, the point of largest curvature, balances misfit
 * against departure from the prior. Curvature is exact, from dx/dw = −M⁻¹K(x − x₀); one Cholesky factorization per
 * point. Where noise and signal are known to be random, `estimateGroupVariances` is the better founded choice.
 *
 * @throws SolutionError 'no_regularization' when there is nothing to scale or no corner; 'singular_normals'
 */
export async function lCurve(
  setup: SolvedDegrees,
  total: TotalNormals,
  regularization: Regularization,
  la: LinearAlgebra,
  options: { readonly priorField?: Geopotential } = {},
): Promise<LCurve> {
  const constraint = constraintOf(setup, meanDiagonal(total), regularization, options.priorField);
  const [low, high] = weightRange(total, constraint);
  const points = new Map<number, LCurvePoint>();
  const at = async (logarithm: number): Promise<LCurvePoint> => {
    const known = points.get(logarithm);
    if (known) return known;
    const made = await pointAt(total, constraint, Math.exp(logarithm), la);
    points.set(logarithm, made);
    return made;
  };
  const grid = Array.from({ length: COARSE }, (_, i) => low + ((high - low) * i) / (COARSE - 1));
  const coarse: LCurvePoint[] = [];
  for (const logarithm of grid) coarse.push(await at(logarithm));
  let best = 1;
  for (let i = 1; i + 1 < COARSE; i++) if (coarse[i].curvature > coarse[best].curvature) best = i;
  if (!(coarse[best].curvature > 0)) {
    throw new SolutionError(
      'no_regularization',
      'the L-curve has no corner: the data determine the field, or the prior field is the solution',
    );
  }
  let [a, b] = [grid[best - 1], grid[best + 1]];
  let [c, d] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)];
  for (let k = 0; k < REFINEMENTS; k++) {
    if ((await at(c)).curvature > (await at(d)).curvature) [b, d, c] = [d, c, d - GOLDEN * (d - a)];
    else [a, c, d] = [c, d, c + GOLDEN * (b - c)];
  }
  const all = [...points.values()].sort((p, q) => p.weight - q.weight);
  const corner = all.reduce((p, q) => (q.curvature > p.curvature ? q : p), coarse[best]);
  return { points: all, corner, regularization: scaledRegularization(regularization, corner.weight) };
}

/** ln of the weights between which the regularization goes from helping the weakest coefficient to ruling the strongest. */
function weightRange(total: TotalNormals, { diagonal, ordering }: Constraint): readonly [number, number] {
  const n = ordering.count;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = 0; i < n; i++) {
    const ratio = total.matrix[i * n + i] / diagonal[i];
    if (!(ratio > 0 && Number.isFinite(ratio))) continue;
    low = Math.min(low, ratio);
    high = Math.max(high, ratio);
  }
  if (high === 0) {
    throw new SolutionError(
      'no_regularization',
      'an L-curve needs a regularization to scale: set kaula or tikhonov',
    );
  }
  // Correlation makes combinations of coefficients weaker than the weakest of them.
  return [Math.log(low * 1e-6), Math.log(high)];
}

async function pointAt(
  total: TotalNormals,
  constraint: Constraint,
  weight: number,
  la: LinearAlgebra,
): Promise<LCurvePoint> {
  const { diagonal, offset, ordering } = constraint;
  const n = ordering.count;
  const system = await RegularizedSystem.factorize([total], [1], constraint, weight, la);
  const b = total.rightHandSide.map((v, i) => v + weight * diagonal[i] * offset[i]);
  const x = await system.solve(b);
  const pull = Float64Array.from({ length: n }, (_, i) => diagonal[i] * (x[i] - offset[i]));
  const answer = await system.solve(pull);
  let penalty = 0;
  let slope = 0;
  let residualSquares = total.weightedSquareSum;
  for (let i = 0; i < n; i++) {
    penalty += pull[i] * (x[i] - offset[i]);
    slope -= 2 * pull[i] * answer[i];
    // vᵀPv = lᵀPl − xᵀn − xᵀ(n − Nx), and n − Nx = w K (x − x₀).
    residualSquares -= x[i] * (total.rightHandSide[i] + weight * pull[i]);
  }
  // With g = w·η/ρ, dρ = −w dη: κ = g' / (|η'|/η · (1 + g²)^(3/2)), primes by the weight w.
  const g = (weight * penalty) / residualSquares;
  const change =
    penalty / residualSquares + (weight * slope) / residualSquares + (g * weight * slope) / residualSquares;
  const curvature = change / ((Math.abs(slope) / penalty) * (1 + g * g) ** 1.5);
  return { weight, residualSquares, penalty, curvature };
}
