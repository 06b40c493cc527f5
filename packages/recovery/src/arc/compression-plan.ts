import type { LinearAlgebra } from '@gravity/linalg';
import type { NodeGrid } from '../dynamics/node-grid.js';
import { type BandRule, bandInterpolationRow, bandRule } from '../integration/band-rule.js';
import type { ArcBand } from './arc-band.js';
import { type InterpolationFactor, interpolationFactor } from './interpolation-factor.js';
import type { RangingFilter } from './ranging-filter.js';

/**
 * Rows of one observation type over a block of segments, replaced by fewer.
 *
 * The columns of the design are band-limited, so that the m rows of a block are P·V with V the rows at the q nodes of
 * a band rule and P = Ψ·B its interpolation through prolate functions Ψ. With Ψ = QR the least-squares problem in V is
 * the same for RB·V and Qᵀl: (PV)ᵀ(PV) = (RBV)ᵀ(RBV) and (PV)ᵀl = (RBV)ᵀ(Qᵀl). Nodes reach beyond the band, so that
 * nothing folds back into it; Q is turned so that the first rows hold what the band has. The others are measured, and
 * left out.
 *
 * With a filter F (weights, whitening), FΨ takes the place of Ψ and Fl that of l: nothing else is approximated. A
 * filtered row reaches back to rows before the block, so that the nodes then span these too.
 */
export interface CompressionBlock {
  readonly endSegment: number;
  /** Observations first … end − 1 of the series. */
  readonly first: number;
  readonly end: number;
  /** Seconds of the arc: q nodes and the probes, sorted. */
  readonly seconds: Float64Array;
  /** Position in `seconds` of the nodes, and of the probes. */
  readonly nodeRows: Int32Array;
  readonly probeRows: Int32Array;
  readonly q: number;
  readonly transform: InterpolationFactor;
  /** Interpolation to the probes, probes × q. */
  readonly probeWeights: Float64Array;
}

/**
 * Half phase (rad) of a block. Longer blocks waste less at their ends, but cost more in the transform of their rows:
 * at 200 rows are 1.15 times the independent values.
 */
const BLOCK_HALF_PHASE = 200;
/** Blocks of this many segments at most: rows of all of them are held at once. */
const MAX_SEGMENTS_PER_BLOCK = 36;
/**
 * Cycles per revolution by which the nodes go beyond the band: products of the state's partials with those of the
 * field reach there with 1e-8 of their size.
 */
const MARGIN_CYCLES = 50;
/** Blocks are made no longer, margin included: the nodes of longer ones take long to find. */
const LONGEST_HALF_PHASE = 380;
/** A block whose filter reaches back so far that it passes this is not worth compressing. */
const MAX_HALF_PHASE = 440;
/** Without a filter the factors are those of the sampling alone: the arcs of a recovery share them. */
const unfiltered = new Map<string, InterpolationFactor>();
const KEPT_FACTORS = 24;
/** Fewer saved rows than this do not pay for the transform. */
const WORTHWHILE = 0.8;

/** The blocks of an arc, or undefined where compression would not save rows. */
export async function planCompression(
  grid: NodeGrid,
  seconds: Float64Array,
  band: Pick<ArcBand, 'hertz' | 'revolutionHertz'>,
  la: LinearAlgebra,
  filter?: RangingFilter,
): Promise<readonly CompressionBlock[] | undefined> {
  if (seconds.length === 0) return undefined;
  const blocks: CompressionBlock[] = [];
  const factors = filter ? new Map<string, InterpolationFactor>() : unfiltered;
  if (unfiltered.size > KEPT_FACTORS) unfiltered.clear();
  let compressedRows = 0;
  let first = 0;
  const perBlock = segmentsPerBlock(grid, band);
  for (let s = 0; s < grid.segmentCount; s += perBlock) {
    const endSegment = Math.min(grid.segmentCount, s + perBlock);
    const last = endSegment === grid.segmentCount;
    const from = s * grid.segmentSeconds;
    const until = (endSegment - s) * grid.segmentSeconds + from;
    let end = first;
    while (end < seconds.length && (last || seconds[end] < from + (endSegment - s) * grid.segmentSeconds))
      end++;
    const needed = firstNeeded(filter, first, end);
    const start = needed < first ? seconds[needed] : from;
    const length = needed < first ? until - start : (endSegment - s) * grid.segmentSeconds;
    const halfPhase = Math.PI * (band.hertz + MARGIN_CYCLES * band.revolutionHertz) * length;
    if (halfPhase > MAX_HALF_PHASE) return undefined;
    const rule = bandRule(halfPhase);
    const inner = bandRule(Math.PI * band.hertz * length);
    const { q } = rule;
    const fractions = Array.from({ length: end - first }, (_, i) => (seconds[first + i] - start) / length);
    const before = Array.from({ length: first - needed }, (_, i) => (seconds[needed + i] - start) / length);
    const reaches = filter ? fractions.map((_, i) => filter.reach(first + i)).join() : '';
    const key =
      filter?.stationary === false
        ? `block ${s}`
        : `${la.description}:${rule.halfPhase}:${inner.halfPhase}:${before.length}:${fractions.join()}:${reaches}`;
    let transform = factors.get(key);
    if (!transform) {
      transform = await interpolationFactor({ before, own: fractions, first }, rule, inner, filter, la);
      factors.set(key, transform);
    }
    compressedRows += transform.main;
    blocks.push({ endSegment, first, end, q, transform, ...epochs(rule, start, length) });
    first = end;
  }
  return compressedRows < WORTHWHILE * seconds.length ? blocks : undefined;
}

/** Equal blocks, as long as pays and their nodes can be had. */
function segmentsPerBlock(
  { segmentCount, segmentSeconds }: NodeGrid,
  { hertz, revolutionHertz }: Pick<ArcBand, 'hertz' | 'revolutionHertz'>,
): number {
  const segmentPhase = Math.PI * segmentSeconds;
  const longest = Math.min(
    BLOCK_HALF_PHASE / (segmentPhase * hertz),
    LONGEST_HALF_PHASE / (segmentPhase * (hertz + MARGIN_CYCLES * revolutionHertz)),
  );
  const blocks = Math.ceil(segmentCount / Math.min(MAX_SEGMENTS_PER_BLOCK, Math.max(1, Math.floor(longest))));
  return Math.ceil(segmentCount / blocks);
}

/** First of the rows that the filtered rows first … end − 1 are made of. */
function firstNeeded(filter: RangingFilter | undefined, first: number, end: number): number {
  let needed = first;
  for (let i = first; filter && i < Math.min(end, first + filter.order); i++) {
    needed = Math.min(needed, i - filter.reach(i));
  }
  return needed;
}

/** Nodes with probes between them, where interpolation is worst: next to the ends and in the middle. */
function epochs(
  rule: BandRule,
  start: number,
  length: number,
): Pick<CompressionBlock, 'seconds' | 'nodeRows' | 'probeRows' | 'probeWeights'> {
  const { q, nodes } = rule;
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
    bandInterpolationRow(rule, c, probeWeights, i * q);
  });
  return {
    seconds: Float64Array.from(all, ({ c }) => start + c * length),
    nodeRows,
    probeRows,
    probeWeights,
  };
}
