import { type TideEpoch, triangleSize } from '@gravity/geodesy';
import type { NodeGrid } from '../dynamics/node-grid.js';
import { collocationRule, interpolationRow } from '../integration/gauss-legendre.js';
import type { StokesSources } from './stokes-sources.js';

/**
 * Semidiurnal tides pass through 0.52 rad in half a block: 10 Gauss points leave 1e-12 of them, 5 points over half a
 * segment (0.02 rad) 2e-12. Tides of eight and six hours are weaker by more than what the shorter period costs.
 */
const BLOCK_SECONDS = 7200;
const BLOCK_POINTS = 10;
const SEGMENT_POINTS = 5;

/**
 * Coefficients of the varying field at the nodes of an arc.
 *
 * The models are evaluated at a few Gauss epochs of blocks of two hours (120 times a day instead of some 9000), from
 * there polynomials lead to a few epochs of each segment, and from these to its nodes. Parts with
 * kinks come in at the epochs of the segment; they are exact when the kinks lie on segment borders.
 */
export class StokesTimeline {
  readonly maxDegree: number;
  /** Coefficients of the node asked for last. */
  readonly c: Float64Array;
  readonly s: Float64Array;
  private readonly size: number;
  private readonly nodeWeights: Float64Array;
  private readonly blocks: { readonly first: number; readonly count: number; values?: Float64Array }[] = [];
  private readonly blockWeights = new Map<number, Float64Array>();
  /** c then s; per coefficient the values at the epochs of the segment. */
  private readonly segmentValues: Float64Array;
  private segment = -1;
  private block = 0;

  constructor(
    private readonly grid: NodeGrid,
    private readonly sources: StokesSources,
    private readonly epoch: (gpsSeconds: number, offsetSeconds: number) => TideEpoch,
  ) {
    this.maxDegree = sources.maxDegree;
    this.size = triangleSize(this.maxDegree);
    this.c = new Float64Array(this.size);
    this.s = new Float64Array(this.size);
    this.segmentValues = new Float64Array(2 * this.size * SEGMENT_POINTS);
    const { rule, segmentCount, segmentSeconds } = grid;
    this.nodeWeights = new Float64Array(rule.q * SEGMENT_POINTS);
    const inner = collocationRule(SEGMENT_POINTS);
    for (let j = 0; j < rule.q; j++)
      interpolationRow(inner, rule.nodes[j], this.nodeWeights, j * SEGMENT_POINTS);
    const longest = Math.max(1, Math.floor(BLOCK_SECONDS / segmentSeconds + 1e-9));
    const count = Math.ceil(segmentCount / longest);
    for (let b = 0; b < count; b++) {
      const first = Math.floor((b * segmentCount) / count);
      this.blocks.push({ first, count: Math.floor(((b + 1) * segmentCount) / count) - first });
    }
  }

  /** Fills c and s for node j of a segment, up to a degree. */
  at(segment: number, j: number, degree = this.maxDegree): void {
    if (segment !== this.segment) this.load(segment);
    const { c, s, segmentValues: values, nodeWeights } = this;
    const k = SEGMENT_POINTS * j;
    const w0 = nodeWeights[k];
    const w1 = nodeWeights[k + 1];
    const w2 = nodeWeights[k + 2];
    const w3 = nodeWeights[k + 3];
    const w4 = nodeWeights[k + 4];
    const size = triangleSize(Math.min(degree, this.maxDegree));
    let p = 0;
    for (let i = 0; i < size; i++, p += SEGMENT_POINTS) {
      c[i] =
        w0 * values[p] + w1 * values[p + 1] + w2 * values[p + 2] + w3 * values[p + 3] + w4 * values[p + 4];
    }
    p = SEGMENT_POINTS * this.size;
    for (let i = 0; i < size; i++, p += SEGMENT_POINTS) {
      s[i] =
        w0 * values[p] + w1 * values[p + 1] + w2 * values[p + 2] + w3 * values[p + 3] + w4 * values[p + 4];
    }
  }

  private load(segment: number): void {
    const { blocks, segmentValues: out, size, sources } = this;
    let b = this.block;
    if (segment < blocks[b].first) b = 0;
    while (segment >= blocks[b].first + blocks[b].count) b++;
    this.block = b;
    const { first, count } = blocks[b];
    out.fill(0);
    if (sources.smooth.length > 0) {
      const values = this.blockValues(b);
      const weights = this.weightsOf(count);
      const from = (segment - first) * SEGMENT_POINTS * BLOCK_POINTS;
      const w = weights.subarray(from, from + SEGMENT_POINTS * BLOCK_POINTS);
      for (let i = 0, p = 0; i < 2 * size; i++, p += BLOCK_POINTS) {
        const v0 = values[p];
        const v1 = values[p + 1];
        const v2 = values[p + 2];
        const v3 = values[p + 3];
        const v4 = values[p + 4];
        const v5 = values[p + 5];
        const v6 = values[p + 6];
        const v7 = values[p + 7];
        const v8 = values[p + 8];
        const v9 = values[p + 9];
        for (let k = 0, j = 0; k < SEGMENT_POINTS; k++, j += BLOCK_POINTS) {
          const first = w[j] * v0 + w[j + 1] * v1 + w[j + 2] * v2 + w[j + 3] * v3 + w[j + 4] * v4;
          const second = w[j + 5] * v5 + w[j + 6] * v6 + w[j + 7] * v7 + w[j + 8] * v8 + w[j + 9] * v9;
          out[SEGMENT_POINTS * i + k] = first + second;
        }
      }
    }
    if (sources.piecewise.length > 0) {
      const { nodes } = collocationRule(SEGMENT_POINTS);
      for (let k = 0; k < SEGMENT_POINTS; k++) {
        this.collect(sources.piecewise, (segment + nodes[k]) * this.grid.segmentSeconds);
        for (let i = 0; i < size; i++) {
          out[SEGMENT_POINTS * i + k] += this.c[i];
          out[SEGMENT_POINTS * (size + i) + k] += this.s[i];
        }
      }
    }
    this.segment = segment;
  }

  /** Values at the Gauss epochs of a block, formed when first needed. */
  private blockValues(b: number): Float64Array {
    const block = this.blocks[b];
    if (block.values) return block.values;
    const { size, grid } = this;
    const values = new Float64Array(2 * size * BLOCK_POINTS);
    const { nodes } = collocationRule(BLOCK_POINTS);
    for (let q = 0; q < BLOCK_POINTS; q++) {
      this.collect(this.sources.smooth, (block.first + nodes[q] * block.count) * grid.segmentSeconds);
      for (let i = 0; i < size; i++) {
        values[BLOCK_POINTS * i + q] = this.c[i];
        values[BLOCK_POINTS * (size + i) + q] = this.s[i];
      }
    }
    block.values = values;
    return values;
  }

  /** Sum of contributions at seconds of the arc, in c and s. */
  private collect(sources: StokesSources['smooth'], secondsOfArc: number): void {
    const whole = Math.floor(secondsOfArc);
    const epoch = this.epoch(this.grid.startGpsSeconds + whole, secondsOfArc - whole);
    this.c.fill(0);
    this.s.fill(0);
    for (const source of sources) source.add(epoch, this.c, this.s);
  }

  /** Interpolation from the epochs of a block of `count` segments to those of its segments. */
  private weightsOf(count: number): Float64Array {
    const known = this.blockWeights.get(count);
    if (known) return known;
    const weights = new Float64Array(count * SEGMENT_POINTS * BLOCK_POINTS);
    const outer = collocationRule(BLOCK_POINTS);
    const { nodes } = collocationRule(SEGMENT_POINTS);
    for (let s = 0; s < count; s++) {
      for (let k = 0; k < SEGMENT_POINTS; k++) {
        interpolationRow(outer, (s + nodes[k]) / count, weights, (s * SEGMENT_POINTS + k) * BLOCK_POINTS);
      }
    }
    this.blockWeights.set(count, weights);
    return weights;
  }
}
