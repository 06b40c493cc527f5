import { coefficientOrdering, type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { toCommon } from '@gravity/products';
import {
  combineGroups,
  emptyNormals,
  meanDiagonal,
  type Regularization,
  solveNormals,
  type TotalNormals,
} from '@gravity/recovery';
import { type Coefficient, coefficientIndex, type NormalsSystem } from './normals-system.js';

/** Every file about one a-priori field, for all coefficients between the lowest and the highest degree of the files. */
export interface CommonSystems {
  readonly degreeMin: number;
  readonly degreeMax: number;
  /** One for each file, as it states its weights. */
  readonly groups: readonly TotalNormals[];
  /** Whether every file told its lᵀPl. */
  readonly squareSumKnown: boolean;
}

export interface CombinedNormals extends Omit<CommonSystems, 'groups'> {
  readonly normals: TotalNormals;
}

/**
 * The systems brought to one a-priori field. One about another x₀ᵢ becomes b' = b + N·d and
 * l'ᵀPl' = lᵀPl + 2dᵀb + dᵀNd with d = x₀ᵢ − x₀; other GM and radius scale its rows and columns, another tide system
 * its C̄20. Memory: the square of the coefficients for each.
 *
 * @throws RangeError when a file holds no coefficients
 */
export async function openCommonSystems(
  systems: readonly NormalsSystem[],
  reference: Geopotential,
  la: Pick<LinearAlgebra, 'allocate'>,
): Promise<CommonSystems> {
  const degrees = systems.flatMap(({ coefficients }) => coefficients.map(({ degree }) => degree));
  const [degreeMin, degreeMax] = degrees.reduce(
    ([low, high], n) => [Math.min(low, n), Math.max(high, n)],
    [Number.POSITIVE_INFINITY, 0],
  );
  const groups: TotalNormals[] = [];
  for (const system of systems) {
    const group = emptyNormals({ degreeMin, degreeMax }, la);
    await addSystem(group, degreeMin, system, reference);
    groups.push(group);
  }
  const squareSumKnown = systems.every(({ weightedSquareSum }) => weightedSquareSum !== undefined);
  return { degreeMin, degreeMax, groups, squareSumKnown };
}

/** Σ wᵢ·Nᵢ and Σ wᵢ·bᵢ. @param weights 1/σ² of each system relative to what it states @throws RangeError */
export function weightedSum(
  { groups, ...common }: CommonSystems,
  weights: readonly number[],
  la: Pick<LinearAlgebra, 'allocate'>,
): CombinedNormals {
  return { ...common, normals: combineGroups(groups, weights, la) };
}

/** Both steps. @throws RangeError when a weight is not positive or a file holds no coefficients */
export async function combineSystems(
  systems: readonly NormalsSystem[],
  weights: readonly number[],
  reference: Geopotential,
  la: Pick<LinearAlgebra, 'allocate'>,
): Promise<CombinedNormals> {
  systems.forEach(({ name }, k) => {
    if (!(weights[k] > 0 && Number.isFinite(weights[k])))
      throw new RangeError(`${name}: weight ${weights[k]} is not positive`);
  });
  return weightedSum(await openCommonSystems(systems, reference, la), weights, la);
}

async function addSystem(
  total: TotalNormals,
  degreeMin: number,
  system: NormalsSystem,
  reference: Geopotential,
): Promise<void> {
  const { coefficients, rightHandSide } = system;
  const count = coefficients.length;
  const n = total.parameterCount;
  const place = Int32Array.from(coefficients, (c) => coefficientIndex(c) - degreeMin ** 2);
  const moved = toCommon(system.reference, reference, { assumeSameTideSystem: true });
  const { gm, radius } = system.reference;
  // x_common = factor · x_file
  const factor = Float64Array.from(
    coefficients,
    ({ degree }) => (gm / reference.gm) * (radius / reference.radius) ** degree,
  );
  const shift = Float64Array.from(coefficients, (c) => coefficientOf(moved, c) - coefficientOf(reference, c));
  const product = new Float64Array(count);
  await system.readElements((row, column, value) => {
    const scaled = value / (factor[row] * factor[column]);
    product[row] += scaled * shift[column];
    if (row !== column) product[column] += scaled * shift[row];
    const [i, j] = [place[row], place[column]];
    total.matrix[Math.min(i, j) * n + Math.max(i, j)] += scaled;
  });
  let squareSum = system.weightedSquareSum ?? 0;
  for (let i = 0; i < count; i++) {
    const b = rightHandSide[i] / factor[i];
    total.rightHandSide[place[i]] += b + product[i];
    squareSum += shift[i] * (2 * b + product[i]);
  }
  total.weightedSquareSum += squareSum;
  total.observationCount += system.observationCount;
  total.arcParameterCount += system.eliminatedParameterCount;
  total.arcCount++;
}

/** The coefficient of a field, zero beyond its degree. */
export function coefficientOf(field: Geopotential, { kind, degree, order }: Coefficient): number {
  if (degree > field.maxDegree) return 0;
  return (kind === 0 ? field.c : field.s)[triangleIndex(degree, order)];
}

export interface CombinedSolution {
  /** Total coefficients; standard deviations for unit variance, as the weights say. */
  readonly field: Geopotential;
  /** Covariance for unit variance, full, n×n row-major. */
  readonly covariance: Float64Array;
  /**
   * A-posteriori standard deviation of unit weight; undefined where a file tells no lᵀPl or one that cannot be that of
   * x₀: some institutions give the square sum after the fit.
   */
  readonly sigma0?: number;
  readonly conditionEstimate: number;
  /** Share of the data (against the regularization) in each coefficient. */
  readonly dataContribution: Float64Array;
}

/**
 * Solves combined normals about the field they refer to, towards which the regularization pulls.
 *
 * @throws SolutionError when singular
 */
export async function solveCombined(
  { degreeMin, degreeMax, normals, squareSumKnown }: CombinedNormals,
  reference: Geopotential,
  regularization: Regularization,
  la: LinearAlgebra,
): Promise<CombinedSolution> {
  const setup = { degreeMin, degreeMax, referenceField: withoutErrors(reference) };
  // The square sum may be missing or wrong: any that is large enough gives covariances that differ by its factor only.
  const total = { ...normals, weightedSquareSum: LARGE };
  const solved = await solveNormals(setup, total, regularization, la, { name: 'combined' });
  const unscaled = (values: Float64Array | undefined) => values?.map((v) => v / solved.sigma0);
  const field = {
    ...solved.field,
    sigmaC: unscaled(solved.field.sigmaC),
    sigmaS: unscaled(solved.field.sigmaS),
  };
  const { covariance, conditionEstimate, dataContribution } = solved;
  for (let k = 0; k < covariance.length; k++) covariance[k] /= solved.sigma0 ** 2;
  const sigma0 = squareSumKnown ? posteriorSigma(normals, setup, solved, regularization) : undefined;
  return {
    field,
    covariance,
    conditionEstimate,
    dataContribution,
    ...(sigma0 !== undefined && { sigma0 }),
  };
}

export function withoutErrors({ name, gm, radius, maxDegree, tideSystem, c, s }: Geopotential): Geopotential {
  return { name, gm, radius, maxDegree, tideSystem, c, s };
}

const LARGE = 1e40;
/** What is less of the largest term says that lᵀPl is not that of x₀. */
const BELIEVABLE = 1e-9;

type Degrees = Pick<CommonSystems, 'degreeMin' | 'degreeMax'>;

/** √((lᵀPl − 2xᵀb + xᵀNx + xᵀKx) / redundancy): every term is what it says, so a wrong lᵀPl shows. */
function posteriorSigma(
  normals: TotalNormals,
  setup: Degrees & { readonly referenceField: Geopotential },
  solved: { readonly field: Geopotential; readonly dataContribution: Float64Array },
  { kaula, tikhonov }: Regularization,
): number | undefined {
  const x = differences(solved.field, setup.referenceField, setup);
  const { degree } = coefficientOrdering(setup.degreeMin, setup.degreeMax);
  const squares = residualSquares(normals, x);
  if (squares === undefined) return undefined;
  const mean = tikhonov > 0 ? tikhonov * meanDiagonal(normals) : 0;
  const penalty = x.reduce(
    (sum, v, i) => sum + v * v * (mean + (kaula > 0 ? degree[i] ** 4 / kaula ** 2 : 0)),
    0,
  );
  const estimated = solved.dataContribution.reduce((sum, share) => sum + share, 0);
  const redundancy = normals.observationCount - normals.arcParameterCount - estimated;
  return Math.sqrt((squares + penalty) / redundancy);
}

/** Coefficients of a field minus those of another, in the order of the parameters. */
export function differences(field: Geopotential, reference: Geopotential, degrees: Degrees): Float64Array {
  const { degree, order, kind, count } = coefficientOrdering(degrees.degreeMin, degrees.degreeMax);
  return Float64Array.from({ length: count }, (_, i) => {
    const coefficient = { kind: kind[i] === 0 ? 0 : 1, degree: degree[i], order: order[i] } as const;
    return coefficientOf(field, coefficient) - coefficientOf(reference, coefficient);
  });
}

/** lᵀPl − 2xᵀb + xᵀNx; undefined where lᵀPl cannot be that of x₀. */
export function residualSquares(normals: TotalNormals, x: Float64Array): number | undefined {
  const n = x.length;
  let form = 0;
  let linear = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0.5 * normals.matrix[i * n + i] * x[i];
    for (let j = i + 1; j < n; j++) sum += normals.matrix[i * n + j] * x[j];
    form += 2 * x[i] * sum;
    linear += x[i] * normals.rightHandSide[i];
  }
  const squares = normals.weightedSquareSum - 2 * linear + form;
  return squares > BELIEVABLE * Math.max(form, normals.weightedSquareSum) ? squares : undefined;
}
