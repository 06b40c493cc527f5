import { nodesPerSegment } from '../dynamics/node-grid.js';

export interface CostInput {
  readonly degreeMin: number;
  readonly degreeMax: number;
  readonly referenceDegree: number;
  readonly satelliteCount: number;
  readonly arcCount: number;
  readonly arcSeconds: number;
  readonly rangeRateSamplingSeconds: number;
  readonly positionSamplingSeconds: number;
  readonly iterations: number;
  readonly withCovariance: boolean;
  /** Rate of matrix products, GF/s. */
  readonly gigaflopsPerSecond: number;
}

export interface CostEstimate {
  readonly parameterCount: number;
  readonly arcParameterCount: number;
  readonly observationCount: number;
  readonly flops: {
    readonly partials: number;
    readonly design: number;
    readonly rankUpdate: number;
    readonly solve: number;
    readonly total: number;
  };
  readonly memoryBytes: number;
  readonly seconds: number;
}

/** Floating-point operations, memory and time of a recovery, from the loops that it runs. */
export function estimateCost(input: CostInput): CostEstimate {
  const n = (input.degreeMax + 1) ** 2 - input.degreeMin ** 2;
  const perArc =
    (input.satelliteCount === 2 ? input.arcSeconds / input.rangeRateSamplingSeconds : 0) +
    (3 * input.satelliteCount * input.arcSeconds) / input.positionSamplingSeconds;
  const segments = input.arcSeconds / 300;
  const q = nodesPerSegment(Math.max(input.degreeMax, input.referenceDegree), 300);
  const nodes = segments * q * input.satelliteCount;
  const arcs = input.arcCount * input.iterations;
  const partials = arcs * nodes * (n + input.referenceDegree ** 2 * 8) * 8;
  const design = arcs * 2 * (perArc + 12 * segments) * (3 * q + 6) * input.satelliteCount * n;
  const rankUpdate = arcs * perArc * n * n;
  const solve = input.iterations * (n ** 3 / 3 + (input.withCovariance ? (2 * n ** 3) / 3 : 0));
  const products = design + rankUpdate + solve;
  return {
    parameterCount: n,
    arcParameterCount: input.arcCount * 6 * input.satelliteCount,
    observationCount: Math.round(perArc * input.arcCount),
    flops: { partials, design, rankUpdate, solve, total: partials + products },
    // Normals of the arc with its borders, the copy handed on, the sum, and one batch of rows.
    memoryBytes: Math.round(8 * (3 * n * n + 1100 * n + 3 * q * input.satelliteCount * n)),
    // Partials run in scalar code at about 0.5 GF/s.
    seconds: partials / 0.5e9 + products / (input.gigaflopsPerSecond * 1e9),
  };
}
