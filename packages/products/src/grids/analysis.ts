import { emptyGeopotential, type Geopotential, type TideSystem } from '@gravity/geodesy';
import { degreeFactors, type FunctionalName, type FunctionalOptions } from '../functionals/functional.js';
import { runHarmonicWork } from '../transforms/harmonic-pool.js';
import { type HarmonicWork, RING_NUMBERS, ringCount } from '../transforms/harmonic-work.js';
import { checkLegendreDegree } from '../transforms/legendre.js';
import { closesCircle, type Grid, type GridDefinition, mirrorsAtEquator } from './grid.js';
import { allocator, emptyRecords, setRing } from './harmonic-arrays.js';
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
 * Coefficients of a functional given on a global grid on the sphere r = radius; the inverse of `synthesizeGrid`;
 * on the calling thread, `createGridTransforms` does it on several.
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
  const { work, finish } = prepareAnalysis(grid, maxDegree, functional, options, false);
  runHarmonicWork(work);
  return finish();
}

/** The work of an analysis; `finish` once it is done. Throws what analyzeGrid throws. */
export function prepareAnalysis(
  grid: Grid,
  maxDegree: number,
  functional: FunctionalName,
  options: AnalysisOptions,
  shared: boolean,
): { readonly work: HarmonicWork; readonly finish: () => Geopotential } {
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
  checkLegendreDegree(maxDegree);
  const allocate = allocator(shared);
  const { factors } = degreeFactors(functional, options, maxDegree, options);
  const mirrored = mirrorsAtEquator(latitudeDegrees);
  const count = ringCount({ rows, mirrored });
  const rings = allocate(count * RING_NUMBERS);
  for (let i = 0; i < count; i++) {
    const latitude = (latitudeDegrees[i] * Math.PI) / 180;
    const [sin, cos] = [Math.sin(latitude), Math.max(0, Math.cos(latitude))];
    setRing(rings, i, maxDegree, { sin, cos, q: 1, factor: weights[i] / (2 * columns) });
  }
  const inverse = allocate(maxDegree + 1);
  inverse.set(factors.map((factor) => (factor === 0 ? 0 : 1 / factor)));
  const input = allocate(shared ? values.length : 0);
  input.set(shared ? values : []);
  const triangle = ((maxDegree + 1) * (maxDegree + 2)) / 2;
  const work: HarmonicWork = {
    kind: 'analysis',
    maxDegree,
    rows,
    columns,
    mirrored,
    startDegrees: longitudeDegrees[0],
    general: false,
    rings,
    c: allocate(triangle),
    s: allocate(triangle),
    factors: inverse,
    records: emptyRecords(maxDegree, count, allocate),
    values: shared ? input : values,
  };
  return {
    work,
    finish: () => {
      const { gm, radius, name = grid.quantity, tideSystem = 'unknown' } = options;
      const field = emptyGeopotential(maxDegree, gm, radius, name, tideSystem);
      field.c.set(work.c);
      field.s.set(work.s);
      return field;
    },
  };
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
