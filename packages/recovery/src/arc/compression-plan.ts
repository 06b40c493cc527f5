import { halfPhaseOfBand, type NodeGrid } from '../dynamics/node-grid.js';
import { collocationRule, interpolationRow } from '../integration/gauss-legendre.js';
import type { RangingFilter } from './ranging-filter.js';

/**
 * Rows of one observation type over a block of segments, replaced by fewer.
 *
 * The columns of the design are band-limited, so that the m rows of a block are P·V with V the rows at q Gauss
 * epochs and P polynomial interpolation. With P = QR the least-squares problem in V is the same for R·V and Qᵀl:
 * (PV)ᵀ(PV) = (RV)ᵀ(RV) and (PV)ᵀl = (RV)ᵀ(Qᵀl).
 *
 * With a filter F (weights, whitening), FP takes the place of P and Fl that of l: nothing else is approximated. A
 * filtered row reaches back to rows before the block, so that the Gauss epochs then span these too.
 */
export interface CompressionBlock {
  readonly endSegment: number;
  /** Observations first … end − 1 of the series. */
  readonly first: number;
  readonly end: number;
  /** Seconds of the arc: q Gauss epochs and the probes, sorted. */
  readonly seconds: Float64Array;
  /** Position in `seconds` of the Gauss epochs, and of the probes. */
  readonly nodeRows: Int32Array;
  readonly probeRows: Int32Array;
  readonly q: number;
  readonly transform: InterpolationFactor;
  /** Interpolation to the probes, probes × q. */
  readonly probeWeights: Float64Array;
}

/** QR factorization of an interpolation matrix. */
export interface InterpolationFactor {
  readonly rows: number;
  readonly q: number;
  /** rows × q, without any filter. */
  readonly interpolation: Float64Array;
  /** Rows of R that are kept: min(rows, q). */
  readonly rank: number;
  /** rank × q, upper trapezoidal. */
  readonly factor: Float64Array;
  /** Qᵀl, of which the first `rank` values belong to the rows kept. */
  readonly reduce: (values: Float64Array) => Float64Array;
}

const SEGMENTS_PER_BLOCK = 5;
/** Fewer saved rows than this do not pay for the transform. */
const WORTHWHILE = 0.8;

/** Gauss epochs needed for a relative truncation of about 1e-10: half the phase, and the Bessel tail behind it. */
export function nodesForBand(degree: number, seconds: number): number {
  const halfPhase = halfPhaseOfBand(degree, seconds);
  return Math.ceil(halfPhase + 10 + 7 * Math.cbrt(halfPhase));
}

/** The blocks of an arc, or undefined where compression would not save rows. */
export function planCompression(
  grid: NodeGrid,
  seconds: Float64Array,
  degree: number,
  filter?: RangingFilter,
): readonly CompressionBlock[] | undefined {
  const blocks: CompressionBlock[] = [];
  const factors = new Map<string, InterpolationFactor>();
  let compressedRows = 0;
  let first = 0;
  for (let s = 0; s < grid.segmentCount; s += SEGMENTS_PER_BLOCK) {
    const endSegment = Math.min(grid.segmentCount, s + SEGMENTS_PER_BLOCK);
    const last = endSegment === grid.segmentCount;
    const from = s * grid.segmentSeconds;
    const until = (endSegment - s) * grid.segmentSeconds + from;
    let end = first;
    while (end < seconds.length && (last || seconds[end] < from + (endSegment - s) * grid.segmentSeconds))
      end++;
    const needed = firstNeeded(filter, first, end);
    const start = needed < first ? seconds[needed] : from;
    const length = needed < first ? until - start : (endSegment - s) * grid.segmentSeconds;
    const q = nodesForBand(degree, length);
    if (q > 128) return undefined;
    const fractions = Array.from({ length: end - first }, (_, i) => (seconds[first + i] - start) / length);
    const before = Array.from({ length: first - needed }, (_, i) => (seconds[needed + i] - start) / length);
    const reaches = filter ? fractions.map((_, i) => filter.reach(first + i)).join() : '';
    const key =
      filter?.stationary === false ? `block ${s}` : `${q}:${before.length}:${fractions.join()}:${reaches}`;
    let transform = factors.get(key);
    if (!transform) {
      transform = factorize(before, fractions, q, filter, first);
      factors.set(key, transform);
    }
    compressedRows += transform.rank;
    blocks.push({ endSegment, first, end, q, transform, ...epochs(q, start, length) });
    first = end;
  }
  return compressedRows < WORTHWHILE * seconds.length ? blocks : undefined;
}

/** First of the rows that the filtered rows first … end − 1 are made of. */
function firstNeeded(filter: RangingFilter | undefined, first: number, end: number): number {
  let needed = first;
  for (let i = first; filter && i < Math.min(end, first + filter.order); i++) {
    needed = Math.min(needed, i - filter.reach(i));
  }
  return needed;
}

/** Gauss epochs with probes between them, where a polynomial is worst: next to the ends and in the middle. */
function epochs(
  q: number,
  start: number,
  length: number,
): Pick<CompressionBlock, 'seconds' | 'nodeRows' | 'probeRows' | 'probeWeights'> {
  const rule = collocationRule(q);
  const { nodes } = rule;
  const probes = [0.5 * (nodes[1] + nodes[2]), 0.5 * (nodes[q >> 1] + nodes[(q >> 1) + 1])];
  const all = [
    ...Array.from(nodes, (c, i) => ({ c, node: i, probe: -1 })),
    ...probes.map((c, i) => ({ c, node: -1, probe: i })),
  ].sort((a, b) => a.c - b.c);
  const nodeRows = new Int32Array(q);
  const probeRows = new Int32Array(probes.length);
  all.forEach(({ node, probe }, row) => {
    if (node >= 0) nodeRows[node] = row;
    else probeRows[probe] = row;
  });
  const probeWeights = new Float64Array(probes.length * q);
  probes.forEach((c, i) => {
    interpolationRow(rule, c, probeWeights, i * q);
  });
  return {
    seconds: Float64Array.from(all, ({ c }) => start + c * length),
    nodeRows,
    probeRows,
    probeWeights,
  };
}

/**
 * Householder QR; gaps only take rows away, so a rank below q is no obstacle.
 *
 * @param before fractions of the rows ahead of the block that the filter needs
 * @param first row of the series with the first of `fractions`
 */
function factorize(
  before: readonly number[],
  fractions: readonly number[],
  q: number,
  filter: RangingFilter | undefined,
  first: number,
): InterpolationFactor {
  const rows = fractions.length;
  const rule = collocationRule(q);
  const lead = before.length;
  const whole = new Float64Array((lead + rows) * q);
  [...before, ...fractions].forEach((c, i) => {
    interpolationRow(rule, c, whole, i * q);
  });
  const interpolation = whole.subarray(lead * q);
  const a = interpolation.slice();
  if (filter) {
    a.fill(0);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j <= filter.reach(first + i); j++) {
        const weight = filter.weight(first + i, j);
        const row = (lead + i - j) * q;
        for (let c = 0; c < q; c++) a[i * q + c] += weight * whole[row + c];
      }
    }
  }
  const rank = Math.min(rows, q);
  const betas = new Float64Array(rank);
  const reflect = (k: number, target: Float64Array, stride: number, column: number) => {
    let sum = 0;
    for (let i = k; i < rows; i++) sum += (i === k ? 1 : a[i * q + k]) * target[i * stride + column];
    sum *= betas[k];
    for (let i = k; i < rows; i++) target[i * stride + column] -= sum * (i === k ? 1 : a[i * q + k]);
  };
  const diagonal = new Float64Array(rank);
  for (let k = 0; k < rank; k++) {
    let norm = 0;
    for (let i = k; i < rows; i++) norm += a[i * q + k] ** 2;
    norm = Math.sqrt(norm);
    const head = a[k * q + k];
    const alpha = head > 0 ? -norm : norm;
    const pivot = head - alpha;
    betas[k] = norm === 0 || pivot === 0 ? 0 : -pivot / alpha;
    if (betas[k] !== 0) for (let i = k + 1; i < rows; i++) a[i * q + k] /= pivot;
    diagonal[k] = norm === 0 ? 0 : alpha;
    for (let j = k + 1; j < q; j++) reflect(k, a, q, j);
  }
  const factor = new Float64Array(rank * q);
  for (let i = 0; i < rank; i++) {
    factor[i * q + i] = diagonal[i];
    for (let j = i + 1; j < q; j++) factor[i * q + j] = a[i * q + j];
  }
  return {
    rows,
    q,
    interpolation,
    rank,
    factor,
    reduce: (values) => {
      const work = values.slice();
      for (let k = 0; k < rank; k++) reflect(k, work, 1, 0);
      return work;
    },
  };
}
