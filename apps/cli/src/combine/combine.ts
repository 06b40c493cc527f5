import { coefficientOrdering, type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { toCommon } from '@gravity/products';
import { emptyNormals, solveNormals, type TotalNormals } from '@gravity/recovery';
import { type Coefficient, coefficientIndex, type NormalsSystem } from './normals-system.js';

export interface CombinedNormals {
  readonly degreeMin: number;
  readonly degreeMax: number;
  readonly normals: TotalNormals;
  /** Whether every file told its lᵀPl. */
  readonly squareSumKnown: boolean;
}

/**
 * Σ wᵢ·Nᵢ and Σ wᵢ·bᵢ about one a-priori field, for all coefficients between the lowest and the highest degree of the
 * files. A system about another x₀ᵢ is brought to x₀ by b' = b + N·d and l'ᵀPl' = lᵀPl + 2dᵀb + dᵀNd with
 * d = x₀ᵢ − x₀; other GM and radius scale its rows and columns, another tide system its C̄20.
 *
 * @param weights 1/σ² of each system relative to what it states
 * @throws RangeError when a weight is not positive or a file holds no coefficients
 */
export async function combineSystems(
  systems: readonly NormalsSystem[],
  weights: readonly number[],
  reference: Geopotential,
  la: Pick<LinearAlgebra, 'allocate'>,
): Promise<CombinedNormals> {
  const degrees = systems.flatMap(({ coefficients }) => coefficients.map(({ degree }) => degree));
  const [degreeMin, degreeMax] = degrees.reduce(
    ([low, high], n) => [Math.min(low, n), Math.max(high, n)],
    [Number.POSITIVE_INFINITY, 0],
  );
  const normals = emptyNormals({ degreeMin, degreeMax }, la);
  let squareSumKnown = true;
  for (const [k, system] of systems.entries()) {
    const weight = weights[k];
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new RangeError(`${system.name}: weight ${weight} is not positive`);
    await addSystem(normals, degreeMin, system, weight, reference);
    squareSumKnown &&= system.weightedSquareSum !== undefined;
  }
  return { degreeMin, degreeMax, normals, squareSumKnown };
}

async function addSystem(
  total: TotalNormals,
  degreeMin: number,
  system: NormalsSystem,
  weight: number,
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
    total.matrix[Math.min(i, j) * n + Math.max(i, j)] += weight * scaled;
  });
  let squareSum = system.weightedSquareSum ?? 0;
  for (let i = 0; i < count; i++) {
    const b = rightHandSide[i] / factor[i];
    total.rightHandSide[place[i]] += weight * (b + product[i]);
    squareSum += shift[i] * (2 * b + product[i]);
  }
  total.weightedSquareSum += weight * squareSum;
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
  /**
   * A-posteriori standard deviation of unit weight; undefined where a file tells no lᵀPl or one that cannot be that of
   * x₀: some institutions give the square sum after the fit.
   */
  readonly sigma0?: number;
  readonly conditionEstimate: number;
  /** Share of the data (against Kaula) in each coefficient. */
  readonly dataContribution: Float64Array;
}

/** Solves combined normals about the field they refer to, towards which Kaula pulls. @throws SolutionError when singular */
export async function solveCombined(
  { degreeMin, degreeMax, normals, squareSumKnown }: CombinedNormals,
  reference: Geopotential,
  kaula: number,
  la: LinearAlgebra,
): Promise<CombinedSolution> {
  const { name, gm, radius, maxDegree, tideSystem, c, s } = reference;
  const referenceField = { name, gm, radius, maxDegree, tideSystem, c, s };
  const setup = { degreeMin, degreeMax, referenceField };
  // The square sum may be missing or wrong: any that is large enough gives covariances that differ by its factor only.
  const total = { ...normals, weightedSquareSum: LARGE };
  const solved = await solveNormals(setup, total, { kaula, tikhonov: 0 }, la, { name: 'combined' });
  const unscaled = (values: Float64Array | undefined) => values?.map((v) => v / solved.sigma0);
  const field = {
    ...solved.field,
    sigmaC: unscaled(solved.field.sigmaC),
    sigmaS: unscaled(solved.field.sigmaS),
  };
  const sigma0 = squareSumKnown ? posteriorSigma(normals, setup, solved, kaula) : undefined;
  const { conditionEstimate, dataContribution } = solved;
  return { field, conditionEstimate, dataContribution, ...(sigma0 !== undefined && { sigma0 }) };
}

const LARGE = 1e40;

/** √((lᵀPl − 2xᵀb + xᵀNx + xᵀKx) / redundancy): every term is what it says, so a wrong lᵀPl shows. */
function posteriorSigma(
  normals: TotalNormals,
  setup: { readonly degreeMin: number; readonly degreeMax: number; readonly referenceField: Geopotential },
  solved: { readonly field: Geopotential; readonly dataContribution: Float64Array },
  kaula: number,
): number | undefined {
  const { degree, order, kind, count } = coefficientOrdering(setup.degreeMin, setup.degreeMax);
  const x = Float64Array.from({ length: count }, (_, i) => {
    const coefficient = { kind: kind[i] === 0 ? 0 : 1, degree: degree[i], order: order[i] } as const;
    return coefficientOf(solved.field, coefficient) - coefficientOf(setup.referenceField, coefficient);
  });
  let form = 0;
  let linear = 0;
  for (let i = 0; i < count; i++) {
    let sum = 0.5 * normals.matrix[i * count + i] * x[i];
    for (let j = i + 1; j < count; j++) sum += normals.matrix[i * count + j] * x[j];
    form += 2 * x[i] * sum + (kaula > 0 ? (x[i] * degree[i] ** 2) ** 2 / kaula ** 2 : 0);
    linear += x[i] * normals.rightHandSide[i];
  }
  const estimated = solved.dataContribution.reduce((sum, share) => sum + share, 0);
  const redundancy = normals.observationCount - normals.arcParameterCount - estimated;
  const squareSum = normals.weightedSquareSum - 2 * linear + form;
  const believable = squareSum > 1e-9 * Math.max(form, normals.weightedSquareSum);
  return believable ? Math.sqrt(squareSum / redundancy) : undefined;
}
