import { type CoefficientOrdering, type Geopotential, triangleIndex } from '@gravity/geodesy';
import {
  degreeFactors,
  type FunctionalName,
  type FunctionalOptions,
  functionalInfo,
} from '../functionals/functional.js';
import { type LegendrePlan, legendreFunctions, legendrePlan } from '../transforms/legendre.js';
import type { Grid, GridDefinition } from './grid.js';
import { orderTable } from './longitude.js';
import { ringFactors } from './ring-factors.js';
import { latitudeRing, type Surface } from './surface.js';

export interface PropagationOptions extends FunctionalOptions {
  readonly surface?: Surface;
}

/** GM (m³/s²) and radius (m) to which the coefficients, and so their covariance, refer. */
export interface FieldConstants {
  readonly gm: number;
  readonly radius: number;
}

/**
 * Formal standard deviation of a functional at every grid point from the full covariance matrix of the coefficients.
 *
 * Ring by ring: on one latitude the point's row is p_k·t_k(λ), where t depends on order and kind only. Folding the
 * covariance over degrees, Q = Σ p_k Σ_kl p_l, leaves a matrix of (2L+1)² per ring, and σ²(λ) = tᵀQt. The matrix is
 * symmetric, so only its blocks of row degree ≥ column degree are read.
 * @param covariance count × count, row-major, in `ordering`
 * @returns standard deviations in the unit of the functional
 * @throws RangeError when the matrix does not fit the ordering
 */
export function propagateCovariance(
  covariance: Float64Array,
  ordering: CoefficientOrdering,
  constants: FieldConstants,
  definition: GridDefinition,
  functional: FunctionalName,
  options: PropagationOptions = {},
): Grid {
  const { count, degreeMax } = ordering;
  if (covariance.length !== count * count) {
    throw new RangeError(`covariance: ${covariance.length} values, expected ${count}² = ${count * count}`);
  }
  const groups = 2 * degreeMax + 1;
  const { latitudeDegrees, longitudeDegrees } = definition;
  const rows = latitudeDegrees.length;
  const columns = longitudeDegrees.length;
  const values = new Float64Array(rows * columns);
  const basis = trigonometricRows(longitudeDegrees, degreeMax);
  const designRing = ringDesign(ordering, constants, functional, options);
  // One pass over the matrix serves a batch of rings: the row stays in cache while the rings take their turn.
  const batchSize = 8;
  for (let first = 0; first < rows; first += batchSize) {
    const size = Math.min(batchSize, rows - first);
    const designs = Array.from({ length: size }, (_, b) => designRing(latitudeDegrees[first + b]));
    const folded = Array.from({ length: size }, () => new Float64Array(groups * groups));
    foldCovariance(covariance, ordering, designs, folded);
    for (let b = 0; b < size; b++) {
      for (let j = 0; j < columns; j++) {
        const variance = quadraticForm(folded[b], basis[j], groups);
        // Rounding may leave −1e-30 where the variance is zero.
        values[(first + b) * columns + j] = Math.sqrt(Math.max(0, variance));
      }
    }
  }
  return { ...definition, values, quantity: functional, unit: functionalInfo(functional).unit };
}

/** Q[g(k), g(l)] = Σ p_k·cov(k, l)·p_l per ring; blocks off the degree diagonal count twice. */
function foldCovariance(
  covariance: Float64Array,
  ordering: CoefficientOrdering,
  designs: readonly Float64Array[],
  folded: readonly Float64Array[],
): void {
  const { count, degreeMin, degreeMax, degree, order, kind } = ordering;
  const groups = 2 * degreeMax + 1;
  const partial = new Float64Array(groups);
  for (let k = 0; k < count; k++) {
    const n = degree[k];
    const group = order[k] === 0 ? 0 : 2 * order[k] - 1 + kind[k];
    const row = k * count;
    for (let b = 0; b < designs.length; b++) {
      const design = designs[b];
      if (design[k] === 0) continue;
      partial.fill(0);
      // Within a degree the parameters C0, C1, S1, … stand in the order of the groups.
      let l = 0;
      for (let below = degreeMin; below < n; below++) {
        const width = 2 * below + 1;
        for (let g = 0; g < width; g++) partial[g] += covariance[row + l + g] * design[l + g];
        l += width;
      }
      const width = 2 * n + 1;
      for (let g = 0; g < width; g++) {
        partial[g] = 2 * partial[g] + covariance[row + l + g] * design[l + g];
      }
      const target = folded[b];
      const scale = design[k];
      for (let g = 0; g < width; g++) target[group * groups + g] += scale * partial[g];
    }
  }
}

function quadraticForm(matrix: Float64Array, t: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    let inner = 0;
    const row = i * size;
    for (let j = 0; j < size; j++) inner += matrix[row + j] * t[j];
    sum += t[i] * inner;
  }
  return sum;
}

/** 1, cos λ, sin λ, cos 2λ, … per longitude. */
function trigonometricRows(longitudeDegrees: Float64Array, maxOrder: number): Float64Array[] {
  return Array.from(longitudeDegrees, (degrees) => {
    const { cos, sin } = orderTable(degrees, maxOrder);
    const row = new Float64Array(2 * maxOrder + 1);
    row[0] = 1;
    for (let m = 1; m <= maxOrder; m++) {
      row[2 * m - 1] = cos[m];
      row[2 * m] = sin[m];
    }
    return row;
  });
}

/** factor_n·P̄_nm of every parameter at a latitude (degrees). */
function ringDesign(
  ordering: CoefficientOrdering,
  constants: FieldConstants,
  functional: FunctionalName,
  options: PropagationOptions,
): (latitudeDegrees: number) => Float64Array {
  const { count, degreeMin, degreeMax, degree, order } = ordering;
  const plan: LegendrePlan = legendrePlan(degreeMax);
  const legendre = new Float64Array(plan.a.length);
  const minDegree = Math.max(options.minDegree ?? 0, degreeMin);
  const factors = degreeFactors(functional, constants, degreeMax, { ...options, minDegree });
  const perDegree = new Float64Array(degreeMax + 1);
  const surface = options.surface ?? { kind: 'sphere' };
  return (latitudeDegrees) => {
    const ring = latitudeRing(surface, (latitudeDegrees * Math.PI) / 180, constants);
    ringFactors(factors, constants.radius, ring, perDegree);
    legendreFunctions(plan, ring.sin, ring.cos, legendre);
    const design = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      design[k] = perDegree[degree[k]] * legendre[plan.offset[order[k]] + degree[k] - order[k]];
    }
    return design;
  };
}

/**
 * Formal standard deviation from the standard deviations alone, correlations ignored: the cheap companion of
 * `propagateCovariance`. σ²(λ) = Σ_m A_m cos² mλ + B_m sin² mλ.
 * @throws Error when the field has no sigmas
 */
export function propagateSigmas(
  field: Geopotential,
  definition: GridDefinition,
  functional: FunctionalName,
  options: PropagationOptions = {},
): Grid {
  const { sigmaC, sigmaS, maxDegree } = field;
  if (!sigmaC || !sigmaS)
    throw new Error(`sigmaC, sigmaS: field ${field.name} carries no standard deviations`);
  const { latitudeDegrees, longitudeDegrees } = definition;
  const columns = longitudeDegrees.length;
  const values = new Float64Array(latitudeDegrees.length * columns);
  const basis = trigonometricRows(longitudeDegrees, maxDegree).map((row) => row.map((t) => t * t));
  const plan = legendrePlan(maxDegree);
  const legendre = new Float64Array(plan.a.length);
  const factors = degreeFactors(functional, field, maxDegree, options);
  const perDegree = new Float64Array(maxDegree + 1);
  const surface = options.surface ?? { kind: 'sphere' };
  const variances = new Float64Array(2 * maxDegree + 1);
  latitudeDegrees.forEach((latitude, i) => {
    const ring = latitudeRing(surface, (latitude * Math.PI) / 180, field);
    ringFactors(factors, field.radius, ring, perDegree);
    legendreFunctions(plan, ring.sin, ring.cos, legendre);
    variances.fill(0);
    for (let m = 0; m <= maxDegree; m++) {
      for (let n = m; n <= maxDegree; n++) {
        const design = perDegree[n] * legendre[plan.offset[m] + n - m];
        const index = triangleIndex(n, m);
        variances[m === 0 ? 0 : 2 * m - 1] += (design * sigmaC[index]) ** 2;
        if (m > 0) variances[2 * m] += (design * sigmaS[index]) ** 2;
      }
    }
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let g = 0; g < variances.length; g++) sum += variances[g] * basis[j][g];
      values[i * columns + j] = Math.sqrt(sum);
    }
  });
  return { ...definition, values, quantity: functional, unit: functionalInfo(functional).unit };
}
