import { LEGENDRE_SCALE } from './legendre.js';

/** Numbers per ring in `HarmonicWork.rings`. */
export const RING_NUMBERS = 5;
/** Orders and pairs of rings that one tile takes. */
export const TILE_ORDERS = 8;
export const TILE_PAIRS = 4;

/**
 * A synthesis or an analysis, as plain data that several threads may work on. Rows of a grid that mirrors at the equator
 * share their Legendre functions: its rings are the northern rows (and the equator), otherwise every row is a ring.
 */
export interface HarmonicWork {
  readonly kind: 'synthesis' | 'analysis';
  readonly maxDegree: number;
  readonly rows: number;
  readonly columns: number;
  readonly mirrored: boolean;
  /** First longitude, degrees. */
  readonly startDegrees: number;
  /** Whether q (below) differs from 1 anywhere. */
  readonly general: boolean;
  /** Per ring: sine of latitude, factor q per degree (R/r), cosine of latitude, factor of the ring, highest order. */
  readonly rings: Float64Array;
  /** Coefficients by degree (triangleIndex), input of the synthesis, output of the analysis. */
  readonly c: Float64Array;
  readonly s: Float64Array;
  /** Multiplies the coefficients on their way in (synthesis) or out (analysis). */
  readonly factors: Float64Array;
  /** Per order and pair of rings eight sums, see assembly/harmonics.asc.ts. */
  readonly records: Float64Array;
  /** Grid by rows; of no length when the rows are left to the caller. */
  readonly values: Float64Array;
}

export type Stage = 'orders' | 'rows';

/** Rings, padded to whole quads. */
export const quadsOf = (ringCount: number): number => Math.ceil(ringCount / 4);

export const ringCount = ({ rows, mirrored }: Pick<HarmonicWork, 'rows' | 'mirrored'>): number =>
  mirrored ? Math.ceil(rows / 2) : rows;

export function tileCount(work: HarmonicWork, stage: Stage): number {
  return stage === 'orders'
    ? Math.ceil((work.maxDegree + 1) / TILE_ORDERS)
    : Math.ceil(ringCount(work) / 2 / TILE_PAIRS);
}

/** The stages in their order; all tiles of one must be done before the next begins. */
export function stagesOf({ kind, values }: HarmonicWork): readonly Stage[] {
  if (kind === 'analysis') return ['rows', 'orders'];
  return values.length > 0 ? ['orders', 'rows'] : ['orders'];
}

/** P̄_mm / cosᵐ, scaled, for all orders. */
export function sectoralSeeds(maxDegree: number): Float64Array {
  const seeds = new Float64Array(maxDegree + 1);
  seeds[0] = LEGENDRE_SCALE;
  for (let m = 1; m <= maxDegree; m++) {
    seeds[m] = seeds[m - 1] * (m === 1 ? Math.sqrt(3) : Math.sqrt((2 * m + 1) / (2 * m)));
  }
  return seeds;
}

/** Highest order above which no function of a degree up to maxDegree exceeds 1e-25 at a latitude. */
export function significantOrder(maxDegree: number, cosLatitude: number): number {
  // The turning point of the functions is at m = L·cos φ; they fall below 1e-25 within 7 (L = 60) to 11·∛L beyond it.
  const beyond = maxDegree * cosLatitude + 12 * Math.cbrt(maxDegree) + 2;
  return Math.min(maxDegree, Math.ceil(beyond));
}
