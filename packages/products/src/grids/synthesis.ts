import type { Geopotential } from '@gravity/geodesy';
import {
  degreeFactors,
  type FunctionalName,
  type FunctionalOptions,
  functionalInfo,
} from '../functionals/functional.js';
import { runHarmonicWork } from '../transforms/harmonic-pool.js';
import { type HarmonicWork, RING_NUMBERS, ringCount } from '../transforms/harmonic-work.js';
import { checkLegendreDegree } from '../transforms/legendre.js';
import { closesCircle, type Grid, type GridDefinition, mirrorsAtEquator } from './grid.js';
import { allocator, emptyRecords, setRing } from './harmonic-arrays.js';
import { sumOrders } from './longitude.js';
import { latitudeRing, type Surface } from './surface.js';

export interface SynthesisOptions extends FunctionalOptions {
  /** Default: the sphere of the field's reference radius, grid latitudes taken as geocentric. */
  readonly surface?: Surface;
  /** Default: the field's. */
  readonly maxDegree?: number;
}

/**
 * Values of a functional on a regular grid, on the calling thread; `createGridTransforms` does it on several.
 *
 * The field is taken as it is: subtract the normal field (`subtractNormalField`) or a reference field
 * (`subtractFields`) first, as the functional requires.
 * @param field fully normalized coefficients
 * @returns values in the unit of the functional
 * @throws RangeError above degree 2700
 * Source: Heiskanen & Moritz (1967), 2-14; Legendre functions after Holmes & Featherstone (2002).
 */
export function synthesizeGrid(
  field: Geopotential,
  definition: GridDefinition,
  functional: FunctionalName,
  options: SynthesisOptions = {},
): Grid {
  const { work, finish } = prepareSynthesis(field, definition, functional, options, false);
  runHarmonicWork(work);
  return finish();
}

/** The work of a synthesis; `finish` once it is done. */
export function prepareSynthesis(
  field: Geopotential,
  definition: GridDefinition,
  functional: FunctionalName,
  options: SynthesisOptions,
  shared: boolean,
): { readonly work: HarmonicWork; readonly finish: () => Grid } {
  const maxDegree = Math.min(options.maxDegree ?? field.maxDegree, field.maxDegree);
  checkLegendreDegree(maxDegree);
  const allocate = allocator(shared);
  const surface = options.surface ?? { kind: 'sphere' };
  const onSphere = surface.kind === 'sphere';
  const { factors, radialPower, perNormalGravity, gammaReference } = degreeFactors(
    functional,
    field,
    maxDegree,
    options,
  );
  const { latitudeDegrees, longitudeDegrees } = definition;
  const rows = latitudeDegrees.length;
  const columns = longitudeDegrees.length;
  const mirrored = mirrorsAtEquator(latitudeDegrees);
  const count = ringCount({ rows, mirrored });
  const rings = allocate(count * RING_NUMBERS);
  for (let i = 0; i < count; i++) {
    const ring = latitudeRing(surface, (latitudeDegrees[i] * Math.PI) / 180, field);
    const ratio = field.radius / ring.radius;
    const factor = ratio ** radialPower * (perNormalGravity ? gammaReference / ring.gamma : 1);
    // on a sphere (R/r)^n is the same everywhere and goes into the coefficients
    setRing(rings, i, maxDegree, { sin: ring.sin, cos: ring.cos, q: onSphere ? 1 : ratio, factor });
  }
  const ratio = onSphere ? field.radius / (surface.radius ?? field.radius) : 1;
  const perDegree = allocate(maxDegree + 1);
  for (let n = 0; n <= maxDegree; n++) perDegree[n] = factors[n] * ratio ** n;
  const inCircle = closesCircle(longitudeDegrees);
  const triangle = ((maxDegree + 1) * (maxDegree + 2)) / 2;
  const copy = (values: Float64Array): Float64Array => {
    const part = values.subarray(0, triangle);
    if (!shared) return part;
    const target = allocate(triangle);
    target.set(part);
    return target;
  };
  const work: HarmonicWork = {
    kind: 'synthesis',
    maxDegree,
    rows,
    columns,
    mirrored,
    startDegrees: longitudeDegrees[0],
    general: !onSphere,
    rings,
    c: copy(field.c),
    s: copy(field.s),
    factors: perDegree,
    records: emptyRecords(maxDegree, count, allocate),
    values: allocate(inCircle ? rows * columns : 0),
  };
  return {
    work,
    finish: () => ({
      ...definition,
      values: inCircle ? work.values : sumOrders(work, longitudeDegrees),
      quantity: functional,
      unit: functionalInfo(functional).unit,
    }),
  };
}
