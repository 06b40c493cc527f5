import type { EarthRotation } from '@gravity/geodesy';
import { type CollocationRule, collocationRule } from '../integration/gauss-legendre.js';

/**
 * The epochs at which forces are evaluated: every arc is cut into equal segments, each with the Gauss–Legendre
 * nodes of one collocation rule. The Earth's rotation at the nodes is formed once and shared by all satellites
 * and all iterations.
 */
export interface NodeGrid {
  /** Whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly durationSeconds: number;
  readonly segmentCount: number;
  readonly segmentSeconds: number;
  readonly rule: CollocationRule;
  readonly nodeCount: number;
  /** Seconds since the start of the arc. */
  readonly nodeSeconds: Float64Array;
  /** Celestial to terrestrial, 9 per node. */
  readonly rotation: Float64Array;
}

const SEGMENT_SECONDS = 300;
/** Shortest orbital period of the missions here; sets the highest frequency a degree can make. */
const SHORTEST_PERIOD_SECONDS = 5300;

/** Half the phase (rad) that the highest frequency of a field of this degree passes through in a time. */
export function halfPhaseOfBand(degree: number, seconds: number): number {
  return (Math.PI * (degree + 3) * seconds) / SHORTEST_PERIOD_SECONDS;
}

/**
 * Nodes per segment so that the series of a field of this degree along the orbit is resolved to rounding:
 * half the phase advance over a segment, plus the tail of the Bessel functions behind it.
 */
export function nodesPerSegment(degree: number, segmentSeconds: number): number {
  const halfPhase = halfPhaseOfBand(degree, segmentSeconds);
  return Math.min(96, Math.ceil(halfPhase + 12 + 2 * Math.cbrt(halfPhase)));
}

export function createNodeGrid(
  startGpsSeconds: number,
  endGpsSeconds: number,
  degree: number,
  rotation: EarthRotation,
): NodeGrid {
  const durationSeconds = endGpsSeconds - startGpsSeconds;
  if (!(durationSeconds > 0)) throw new RangeError('the arc must end after it starts');
  const segmentCount = Math.max(1, Math.round(durationSeconds / SEGMENT_SECONDS));
  const segmentSeconds = durationSeconds / segmentCount;
  const rule = collocationRule(nodesPerSegment(degree, segmentSeconds));
  const nodeCount = segmentCount * rule.q;
  const nodeSeconds = new Float64Array(nodeCount);
  const matrices = new Float64Array(9 * nodeCount);
  for (let i = 0; i < nodeCount; i++) {
    const segment = Math.floor(i / rule.q);
    const t = (segment + rule.nodes[i % rule.q]) * segmentSeconds;
    nodeSeconds[i] = t;
    const whole = Math.floor(t);
    rotation.matrix(startGpsSeconds + whole, t - whole, matrices.subarray(9 * i, 9 * i + 9));
  }
  return {
    startGpsSeconds,
    durationSeconds,
    segmentCount,
    segmentSeconds,
    rule,
    nodeCount,
    nodeSeconds,
    rotation: matrices,
  };
}

/**
 * Fraction of a segment, from the seconds into it: t/h − s would lose 1e-14 of the arc, which is 0.1 µm of orbit.
 */
export function fractionIn(grid: NodeGrid, segment: number, secondsOfArc: number): number {
  return (secondsOfArc - segment * grid.segmentSeconds) / grid.segmentSeconds;
}

/** Segment and fraction of an epoch of the arc (the end belongs to the last segment). */
export function locate(grid: NodeGrid, secondsOfArc: number): { segment: number; fraction: number } {
  const position = secondsOfArc / grid.segmentSeconds;
  const segment = Math.min(grid.segmentCount - 1, Math.max(0, Math.floor(position)));
  return { segment, fraction: fractionIn(grid, segment, secondsOfArc) };
}
