import { emptyGeopotential, type Geopotential, type TideSystem, triangleIndex } from '@gravity/geodesy';
import { degreeFactors, type FunctionalName, type FunctionalOptions } from '../functionals/functional.js';
import { fft, fftPlan } from '../transforms/fft.js';
import { legendreFunctions, legendrePlan } from '../transforms/legendre.js';
import { closesCircle, type Grid, type GridDefinition } from './grid.js';
import { orderTable } from './longitude.js';
import { equiangularWeights, gaussLegendre } from './quadrature.js';

/** A grid whose rings are the Gauss–Legendre nodes of a degree: exact analysis with the fewest points. */
export function gaussLegendreGrid(maxDegree: number): GridDefinition {
  const { nodes } = gaussLegendre(maxDegree + 1);
  const columns = 2 * maxDegree + 2;
  return {
    latitudeDegrees: nodes.map((x) => (Math.asin(x) * 180) / Math.PI),
    longitudeDegrees: Float64Array.from({ length: columns }, (_, j) => (360 * j) / columns),
  };
}

export interface AnalysisOptions extends FunctionalOptions {
  readonly gm: number;
  readonly radius: number;
  readonly name?: string;
  readonly tideSystem?: TideSystem;
}

/**
 * Coefficients of a functional given on a global grid on the sphere r = radius; the inverse of `synthesizeGrid`.
 *
 * Exact for fields of at most that degree on: Gauss–Legendre grids with degree + 1 rings; equiangular grids with at
 * least 2·degree + 1 rings; always with more than 2·degree longitudes.
 * Degrees that the functional annihilates (degree 1 of the gravity anomaly) come back as zero.
 * @throws Error when the grid is not global, not one of these kinds, or too coarse for the degree
 */
export function analyzeGrid(
  grid: Grid,
  maxDegree: number,
  functional: FunctionalName,
  options: AnalysisOptions,
): Geopotential {
  const { longitudeDegrees, latitudeDegrees, values } = grid;
  const rows = latitudeDegrees.length;
  const columns = longitudeDegrees.length;
  if (!closesCircle(longitudeDegrees))
    throw new Error('grid: longitudes must run evenly around the whole circle');
  if (columns <= 2 * maxDegree) {
    throw new Error(
      `grid: degree ${maxDegree} needs more than ${2 * maxDegree} longitudes, found ${columns}`,
    );
  }
  const weights = ringWeights(latitudeDegrees, maxDegree);
  const factors = degreeFactors(functional, options, maxDegree, options).factors;
  const field = emptyGeopotential(
    maxDegree,
    options.gm,
    options.radius,
    options.name ?? grid.quantity,
    options.tideSystem ?? 'unknown',
  );
  const plan = legendrePlan(maxDegree);
  const legendre = new Float64Array(plan.a.length);
  const c = new Float64Array(plan.a.length);
  const s = new Float64Array(plan.a.length);
  const transform = fftPlan(columns);
  const start = orderTable(longitudeDegrees[0], maxDegree);
  const re = new Float64Array(columns);
  const im = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const latitude = (latitudeDegrees[i] * Math.PI) / 180;
    legendreFunctions(plan, Math.sin(latitude), Math.max(0, Math.cos(latitude)), legendre);
    re.set(values.subarray(i * columns, (i + 1) * columns));
    im.fill(0);
    fft(transform, re, im, -1);
    const scale = weights[i] / (2 * columns);
    for (let m = 0; m <= maxDegree; m++) {
      // Σ f cos mλ and Σ f sin mλ with λ = λ₀ + jΔ, from the transform that starts at j = 0.
      const cosine = scale * (re[m] * start.cos[m] + im[m] * start.sin[m]);
      const sine = scale * (re[m] * start.sin[m] - im[m] * start.cos[m]);
      const first = plan.offset[m];
      for (let i = first; i <= first + maxDegree - m; i++) {
        c[i] += cosine * legendre[i];
        s[i] += sine * legendre[i];
      }
    }
  }
  for (let n = 0; n <= maxDegree; n++) {
    const inverse = factors[n] === 0 ? 0 : 1 / factors[n];
    for (let m = 0; m <= n; m++) {
      field.c[triangleIndex(n, m)] = inverse * c[plan.offset[m] + n - m];
      if (m > 0) field.s[triangleIndex(n, m)] = inverse * s[plan.offset[m] + n - m];
    }
  }
  return field;
}

function ringWeights(latitudeDegrees: Float64Array, maxDegree: number): Float64Array {
  const rows = latitudeDegrees.length;
  const matches = (expected: (i: number) => number): boolean =>
    latitudeDegrees.every((latitude, i) => Math.abs(latitude - expected(i)) < 1e-9);
  const equiangular = (registration: 'centre' | 'corner'): Float64Array => {
    if (rows < 2 * maxDegree + 1) {
      throw new Error(
        `grid: degree ${maxDegree} needs at least ${2 * maxDegree + 1} equiangular rings, found ${rows}`,
      );
    }
    return equiangularWeights(rows, registration);
  };
  if (matches((i) => 90 - ((i + 0.5) * 180) / rows)) return equiangular('centre');
  if (rows > 1 && matches((i) => 90 - (i * 180) / (rows - 1))) return equiangular('corner');
  const { nodes, weights } = gaussLegendre(rows);
  if (!matches((i) => (Math.asin(nodes[i]) * 180) / Math.PI)) {
    throw new Error('grid: latitudes are neither equiangular from pole to pole nor Gauss–Legendre nodes');
  }
  if (rows < maxDegree + 1) {
    throw new Error(
      `grid: degree ${maxDegree} needs at least ${maxDegree + 1} Gauss–Legendre rings, found ${rows}`,
    );
  }
  return weights;
}
