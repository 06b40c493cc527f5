import { halfPhaseOfBand, nodesPerSegment } from '../dynamics/node-grid.js';

const SEGMENT_SECONDS = 300;
/** Rows that are left of a band of half phase φ: about this times φ, measured from degree 20 to 120 with arcs of a day. */
const ROWS_PER_HALF_PHASE = 0.7;
/** Beside range rates positions say nothing of what is finer than the band of about this degree. */
const POSITION_DEGREE = 10;
/** Compression that saves less is not done. */
const WORTHWHILE = 0.8;

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
  readonly rates: MachineRates;
}

/** GF/s of all threads together. */
export interface MachineRates {
  /** Rank updates and factorizations. */
  readonly dense: number;
  /** Partials at the nodes and what is made of them. */
  readonly partials: number;
}

export interface CostEstimate {
  readonly parameterCount: number;
  readonly arcParameterCount: number;
  readonly observationCount: number;
  /** Rows accumulated in each pass, after compression. */
  readonly rowCount: number;
  readonly flops: {
    readonly partials: number;
    readonly design: number;
    readonly rankUpdate: number;
    readonly solve: number;
    readonly total: number;
  };
  readonly seconds: number;
}

/** Rows of a series of the band of a degree that are left after compression, of `count` observations. */
export function compressedRows(count: number, degree: number, seconds: number): number {
  const rows = Math.ceil(ROWS_PER_HALF_PHASE * halfPhaseOfBand(degree, seconds));
  return rows < WORTHWHILE * count ? rows : count;
}

/** Floating-point operations and time of a recovery by the variational algorithm, from the loops that it runs. */
export function estimateCost(input: CostInput): CostEstimate {
  const { satelliteCount, arcSeconds, degreeMax, referenceDegree } = input;
  const n = (degreeMax + 1) ** 2 - input.degreeMin ** 2;
  const degree = Math.max(degreeMax, referenceDegree);
  const ranging = satelliteCount === 2 ? arcSeconds / input.rangeRateSamplingSeconds : 0;
  const positions = (3 * satelliteCount * arcSeconds) / input.positionSamplingSeconds;
  const rows =
    ranging > 0
      ? // Six coordinates, each with that band.
        compressedRows(positions, 6 * (POSITION_DEGREE + 3) - 3, arcSeconds) +
        compressedRows(ranging, degree, arcSeconds)
      : positions;
  const segments = arcSeconds / SEGMENT_SECONDS;
  const q = nodesPerSegment(degree, SEGMENT_SECONDS);
  const nodes = segments * q * satelliteCount;
  const arcs = input.arcCount * input.iterations;
  const partials = arcs * nodes * (n + referenceDegree ** 2 * 8) * 8;
  const design = arcs * 2 * (rows + 12 * segments) * (3 * q + 6) * satelliteCount * n;
  const rankUpdate = arcs * rows * n * n;
  const solve = input.iterations * (n ** 3 / 3 + (input.withCovariance ? (2 * n ** 3) / 3 : 0));
  const products = design + rankUpdate + solve;
  return {
    parameterCount: n,
    arcParameterCount: input.arcCount * 6 * satelliteCount,
    observationCount: Math.round((ranging + positions) * input.arcCount),
    rowCount: Math.round(rows * input.arcCount),
    flops: { partials, design, rankUpdate, solve, total: partials + products },
    seconds: partials / (input.rates.partials * 1e9) + products / (input.rates.dense * 1e9),
  };
}
