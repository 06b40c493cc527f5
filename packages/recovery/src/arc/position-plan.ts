import type { NodeGrid } from '../dynamics/node-grid.js';
import { bandFunctions, bandRule } from '../integration/band-rule.js';
import type { PositionSet } from './observation-set.js';

/**
 * Positions of one satellite over a block of segments, each coordinate replaced by its products with orthonormal
 * functions of a band. Beside ranging, positions tell of low frequencies only: what they add above the cut is
 * measured, and has to be a stated part of the normals.
 */
export interface PositionBlock {
  /** Epochs first … end − 1 of the series. */
  readonly first: number;
  readonly end: number;
  /** Functions kept. */
  readonly rank: number;
  /** rank × (end − first), orthonormal rows; for rows scaled by the roots of their weights. */
  readonly basis: Float64Array;
}

/** About as long as two revolutions: the ends cost a dozen functions whatever the length. */
const BLOCK_SECONDS = 10_800;
/** Fewer saved rows than this do not pay for the transform. */
const WORTHWHILE = 0.75;

/** The blocks of a satellite, or undefined where projection would not save rows. */
export function planPositions(
  grid: NodeGrid,
  { seconds, weights }: PositionSet,
  cutHertz: number,
): readonly PositionBlock[] | undefined {
  const perBlock = Math.max(1, Math.round(BLOCK_SECONDS / grid.segmentSeconds));
  const blocks = Math.ceil(grid.segmentCount / perBlock);
  const length = grid.durationSeconds / blocks;
  const halfPhase = Math.PI * cutHertz * length;
  if (halfPhase > 400) return undefined;
  // A rule has at least as many functions as twice its band times its length, and takes long to make.
  const least = Math.floor((2 * halfPhase) / Math.PI);
  if (leastRows(blocks, length, seconds, least) >= WORTHWHILE * seconds.length) return undefined;
  // Functions are orthonormalized where there can be rows to save only.
  const most = bandRule(halfPhase).main;
  if (leastRows(blocks, length, seconds, most) >= WORTHWHILE * seconds.length) return undefined;
  const known = new Map<string, Float64Array>();
  const out: PositionBlock[] = [];
  let kept = 0;
  let first = 0;
  for (let b = 0; b < blocks; b++) {
    let end = first;
    while (end < seconds.length && (b + 1 === blocks || seconds[end] < (b + 1) * length)) end++;
    if (end === first) continue;
    const fractions = Array.from(seconds.subarray(first, end), (t) => (t - b * length) / length);
    const roots = weights?.subarray(first, end).map(Math.sqrt);
    const key = roots ? `block ${b}` : fractions.map((c) => c.toPrecision(12)).join();
    const basis = known.get(key) ?? orthonormalBasis(halfPhase, fractions, roots);
    known.set(key, basis);
    const rank = basis.length / (end - first);
    kept += rank;
    out.push({ first, end, rank, basis });
    first = end;
  }
  return kept < WORTHWHILE * seconds.length ? out : undefined;
}

/** Rows that are kept if every block keeps `most` of its rows at most, and no gap lessens that. */
function leastRows(blocks: number, length: number, seconds: Float64Array, most: number): number {
  const counts = new Int32Array(blocks);
  for (const t of seconds) counts[Math.min(blocks - 1, Math.floor(t / length))]++;
  return counts.reduce((sum, count) => sum + Math.min(count, most), 0);
}

/** Orthonormal rows that span the functions of the band at the epochs (Gram–Schmidt, twice). */
function orthonormalBasis(
  halfPhase: number,
  fractions: readonly number[],
  roots: Float64Array | undefined,
): Float64Array {
  const rule = bandRule(halfPhase);
  const m = fractions.length;
  const values = new Float64Array(rule.q);
  const functions = Array.from({ length: rule.main }, () => new Float64Array(m));
  fractions.forEach((c, i) => {
    bandFunctions(rule, Math.min(1, Math.max(0, c)), values, 0);
    for (let k = 0; k < rule.main; k++) functions[k][i] = values[k] * (roots?.[i] ?? 1);
  });
  const rows: Float64Array[] = [];
  for (const row of functions) {
    if (rows.length === m) break;
    const size = length(row);
    for (let round = 0; round < 2; round++) {
      for (const other of rows) {
        const product = dot(other, row);
        for (let i = 0; i < m; i++) row[i] -= product * other[i];
      }
    }
    const rest = length(row);
    // Gaps can leave functions that the others already span.
    if (!(rest > 1e-8 * size)) continue;
    for (let i = 0; i < m; i++) row[i] /= rest;
    rows.push(row);
  }
  const basis = new Float64Array(rows.length * m);
  rows.forEach((row, k) => {
    basis.set(row, k * m);
  });
  return basis;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function length(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
