import { coefficientOrdering, type Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import {
  estimateGroupVariances,
  type GroupVariances,
  lCurve,
  type Regularization,
  type TotalNormals,
} from '@gravity/recovery';
import { UsageError } from '../output.js';
import {
  type CommonSystems,
  differences,
  residualSquares,
  solveCombined,
  weightedSum,
  withoutErrors,
} from './combine.js';

export interface WeightChoice {
  /** `vce`: a variance of unit weight for every file, estimated; the given weights are where it starts. */
  readonly weights: 'given' | 'vce';
  readonly regularization: Regularization;
  readonly regularizationWeight: 'given' | 'vce' | 'l_curve';
}

export interface ChosenWeights {
  readonly weights: readonly number[];
  readonly regularization: Regularization;
  readonly variances?: GroupVariances;
}

const NONE: Regularization = { kaula: 0, tikhonov: 0 };

/**
 * The weights of files and regularization: as given, by variance components (all groups together), or, for the
 * regularization, at the corner of the L-curve.
 *
 * @throws UsageError naming files whose lᵀPl is missing or not that before the fit; SolutionError
 */
export async function chooseWeights(
  common: CommonSystems,
  names: readonly string[],
  given: readonly number[],
  reference: Geopotential,
  { weights: method, regularization, regularizationWeight }: WeightChoice,
  la: LinearAlgebra,
): Promise<ChosenWeights> {
  const { degreeMin, degreeMax } = common;
  const setup = { degreeMin, degreeMax, referenceField: withoutErrors(reference) };
  const jointly = regularizationWeight === 'vce';
  let chosen: ChosenWeights = { weights: given, regularization };
  if (method === 'vce' || jointly) {
    await checkSquareSums(common, names, given, reference, regularization, la);
    const scaled = common.groups.map((group, k) => scaledGroup(group, given[k], la));
    // With given weights of the files they are one group, whose common variance is found beside the regularization.
    const groups =
      method === 'vce'
        ? scaled
        : [
            weightedSum(
              { ...common, groups: scaled },
              given.map(() => 1),
              la,
            ).normals,
          ];
    const variances = await estimateGroupVariances(setup, groups, jointly ? regularization : NONE, la);
    const weights = given.map((w, k) => w / variances.groups[method === 'vce' ? k : 0].variance);
    chosen = { weights, regularization: variances.regularization?.estimated ?? regularization, variances };
  }
  if (regularizationWeight !== 'l_curve') return chosen;
  const { normals } = weightedSum(common, chosen.weights, la);
  return { ...chosen, regularization: (await lCurve(setup, normals, regularization, la)).regularization };
}

/** The group with its weights multiplied; itself where they stay. */
function scaledGroup(group: TotalNormals, weight: number, la: LinearAlgebra): TotalNormals {
  return weight === 1
    ? group
    : weightedSum({ degreeMin: 0, degreeMax: 0, squareSumKnown: true, groups: [group] }, [weight], la)
        .normals;
}

async function checkSquareSums(
  common: CommonSystems,
  names: readonly string[],
  given: readonly number[],
  reference: Geopotential,
  regularization: Regularization,
  la: LinearAlgebra,
): Promise<void> {
  const { field } = await solveCombined(weightedSum(common, given, la), reference, regularization, la);
  const x = differences(field, reference, common);
  const wrong = names.filter((_, k) => residualSquares(common.groups[k], x) === undefined);
  if (wrong.length === 0) return;
  throw new UsageError(
    `${wrong.join(', ')}: the weighted square sum is missing or not that of the a-priori values, so the variance cannot be estimated; ` +
      'give weights with --weight and leave --weights and --regularization-weight as given',
  );
}

/**
 * Mean share of every file in the coefficients of each degree, 0…1: the diagonal of M⁻¹·wᵢNᵢ. Together with the share
 * of the regularization they sum to 1. Index is the degree, NaN below degreeMin.
 *
 * @param covariance M⁻¹, full, for unit variance
 */
export function contributionsPerDegree(
  { degreeMin, degreeMax, groups }: CommonSystems,
  weights: readonly number[],
  covariance: Float64Array,
): Float64Array[] {
  const { degree, count: n } = coefficientOrdering(degreeMin, degreeMax);
  return groups.map(({ matrix }, g) => {
    const shares = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      shares[i] += covariance[i * n + i] * matrix[i * n + i];
      for (let j = i + 1; j < n; j++) {
        const product = covariance[i * n + j] * matrix[i * n + j];
        shares[i] += product;
        shares[j] += product;
      }
    }
    return Float64Array.from({ length: degreeMax + 1 }, (_, d) => {
      const own = shares.filter((_share, i) => degree[i] === d);
      return (weights[g] * own.reduce((sum, v) => sum + v, 0)) / own.length;
    });
  });
}
