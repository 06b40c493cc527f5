import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import {
  degreeFactors,
  type FunctionalName,
  type FunctionalOptions,
  functionalInfo,
} from '../functionals/functional.js';
import { highestOrder, type LegendrePlan, legendrePlan, unscale } from '../transforms/legendre.js';
import { type Grid, type GridDefinition, mirrorsAtEquator } from './grid.js';
import { longitudeSynthesis, type OrderSums } from './longitude.js';
import { ringFactors } from './ring-factors.js';
import { type LatitudeRing, latitudeRing, type Surface } from './surface.js';

export interface SynthesisOptions extends FunctionalOptions {
  /** Default: the sphere of the field's reference radius, grid latitudes taken as geocentric. */
  readonly surface?: Surface;
  /** Default: the field's. */
  readonly maxDegree?: number;
}

/**
 * Values of a functional on a regular grid.
 *
 * The field is taken as it is: subtract the normal field (`subtractNormalField`) or a reference field
 * (`subtractFields`) first, as the functional requires.
 * @param field fully normalized coefficients
 * @returns values in the unit of the functional
 * Source: Heiskanen & Moritz (1967), 2-14; Legendre functions after Holmes & Featherstone (2002).
 */
export function synthesizeGrid(
  field: Geopotential,
  definition: GridDefinition,
  functional: FunctionalName,
  options: SynthesisOptions = {},
): Grid {
  const maxDegree = Math.min(options.maxDegree ?? field.maxDegree, field.maxDegree);
  const plan = legendrePlan(maxDegree);
  const { c, s } = byOrder(field, plan);
  const factors = degreeFactors(functional, field, maxDegree, options);
  const surface = options.surface ?? { kind: 'sphere' };
  const { latitudeDegrees, longitudeDegrees } = definition;
  const rows = latitudeDegrees.length;
  const columns = longitudeDegrees.length;
  const values = new Float64Array(rows * columns);
  const longitudes = longitudeSynthesis(longitudeDegrees, maxDegree);
  const perDegree = new Float64Array(maxDegree + 1);
  const sums = [orderSums(maxDegree), orderSums(maxDegree), orderSums(maxDegree)] as const;
  const spare = new Float64Array(columns);
  const ringAt = (i: number): LatitudeRing => {
    const ring = latitudeRing(surface, (latitudeDegrees[i] * Math.PI) / 180, field);
    ringFactors(factors, field.radius, ring, perDegree);
    return ring;
  };
  const row = (i: number): Float64Array => values.subarray(i * columns, (i + 1) * columns);

  if (mirrorsAtEquator(latitudeDegrees)) {
    for (let i = 0; 2 * i < rows; i++) {
      accumulate(plan, ringAt(i), perDegree, c, s, sums[0], sums[1]);
      const mirror = rows - 1 - i;
      longitudes.pair(sums[0], sums[1], row(i), mirror === i ? spare : row(mirror));
    }
  } else {
    for (let i = 0; i < rows; i += 2) {
      accumulate(plan, ringAt(i), perDegree, c, s, sums[0], sums[2]);
      const second = i + 1 < rows;
      if (second) accumulate(plan, ringAt(i + 1), perDegree, c, s, sums[1], sums[2]);
      longitudes.pair(sums[0], sums[1], row(i), second ? row(i + 1) : spare);
    }
  }
  return { ...definition, values, quantity: functional, unit: functionalInfo(functional).unit };
}

/** Coefficients reordered order by order, as the plan runs. */
function byOrder(field: Geopotential, plan: LegendrePlan): { c: Float64Array; s: Float64Array } {
  const c = new Float64Array(plan.a.length);
  const s = new Float64Array(plan.a.length);
  for (let n = 0; n <= plan.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      c[plan.offset[m] + n - m] = field.c[triangleIndex(n, m)];
      s[plan.offset[m] + n - m] = field.s[triangleIndex(n, m)];
    }
  }
  return { c, s };
}

function orderSums(maxDegree: number): OrderSums {
  return { a: new Float64Array(maxDegree + 1), b: new Float64Array(maxDegree + 1) };
}

/**
 * Sums over degree of one ring, by order, and those of the ring mirrored at the equator:
 * P̄_nm(−x) = (−1)^(n+m) P̄_nm(x), so even and odd n + m are kept apart until the end.
 */
function accumulate(
  plan: LegendrePlan,
  ring: LatitudeRing,
  perDegree: Float64Array,
  c: Float64Array,
  s: Float64Array,
  out: OrderSums,
  mirrored: OrderSums,
): void {
  const { maxDegree, offset, a, b, sectoral } = plan;
  const top = highestOrder(plan, ring.cos);
  const x = ring.sin;
  for (const sums of [out.a, out.b, mirrored.a, mirrored.b]) sums.fill(0, top + 1);
  for (let m = 0; m <= top; m++) {
    const at = offset[m] - m;
    let before = 0;
    let current = sectoral[m];
    let weighted = perDegree[m] * current;
    let evenC = weighted * c[at + m];
    let evenS = weighted * s[at + m];
    let oddC = 0;
    let oddS = 0;
    let n = m + 1;
    for (; n < maxDegree; n += 2) {
      before = a[at + n] * x * current - b[at + n] * before;
      weighted = perDegree[n] * before;
      oddC += weighted * c[at + n];
      oddS += weighted * s[at + n];
      current = a[at + n + 1] * x * before - b[at + n + 1] * current;
      weighted = perDegree[n + 1] * current;
      evenC += weighted * c[at + n + 1];
      evenS += weighted * s[at + n + 1];
    }
    if (n === maxDegree) {
      weighted = perDegree[n] * (a[at + n] * x * current - b[at + n] * before);
      oddC += weighted * c[at + n];
      oddS += weighted * s[at + n];
    }
    out.a[m] = unscale(evenC + oddC, ring.cos, m);
    out.b[m] = unscale(evenS + oddS, ring.cos, m);
    mirrored.a[m] = unscale(evenC - oddC, ring.cos, m);
    mirrored.b[m] = unscale(evenS - oddS, ring.cos, m);
  }
}
