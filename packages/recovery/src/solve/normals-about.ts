import { coefficientOrdering, type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { SolvedDegrees } from './constraint.js';
import type { TotalNormals } from './normals-sum.js';
import { SolutionError } from './solution-error.js';

/**
 * The same normal equations about another a-priori field: with d = x_reference − x_other, b' = b + N·d and
 * l'ᵀPl' = lᵀPl + 2dᵀb + dᵀNd. The matrix is shared, not copied.
 *
 * @param setup of the normals, `referenceField` being what they are about
 * @throws SolutionError 'incompatible_prior' for another GM or radius
 */
export function normalsAbout(setup: SolvedDegrees, normals: TotalNormals, other: Geopotential): TotalNormals {
  const { referenceField: own, degreeMin, degreeMax } = setup;
  if (own.gm !== other.gm || own.radius !== other.radius) {
    throw new SolutionError('incompatible_prior', 'both fields must share GM and radius');
  }
  const n = normals.parameterCount;
  const shift = coefficientVector(own, degreeMin, degreeMax);
  coefficientVector(other, degreeMin, degreeMax).forEach((value, i) => {
    shift[i] -= value;
  });
  const { matrix, rightHandSide: b } = normals;
  const product = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = matrix[i * n + i] * shift[i];
    for (let j = i + 1, k = i * n + i + 1; j < n; j++, k++) {
      sum += matrix[k] * shift[j];
      product[j] += matrix[k] * shift[i];
    }
    product[i] += sum;
  }
  let squares = normals.weightedSquareSum;
  for (let i = 0; i < n; i++) squares += shift[i] * (2 * b[i] + product[i]);
  return { ...normals, rightHandSide: b.map((v, i) => v + product[i]), weightedSquareSum: squares };
}

/** Coefficients in the order of `coefficientOrdering`; zero beyond the degree of the field. */
export function coefficientVector(field: Geopotential, degreeMin: number, degreeMax: number): Float64Array {
  const { degree, order, kind, count } = coefficientOrdering(degreeMin, degreeMax);
  return Float64Array.from({ length: count }, (_, i) => {
    if (degree[i] > field.maxDegree) return 0;
    return (kind[i] === 0 ? field.c : field.s)[triangleIndex(degree[i], order[i])];
  });
}
