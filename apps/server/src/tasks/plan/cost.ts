import {
  compressedRows,
  DEFAULT_SHORT_ARC_SECONDS,
  estimateMemory,
  nodesPerSegment,
} from '@gravity/recovery';
import { memoryUse } from '../process/check-memory.js';
import type { PlanMachine, PlannedArc, PlanParameters } from './types.js';

/** As in the process task, where the request says nothing else. */
export const POSITION_SAMPLING_SECONDS = 30;
const RANGING_STEP_SECONDS: Readonly<Record<string, number>> = { KBR1B: 5, LRI1B: 2 };
/** Initial position and velocity, three accelerometer biases. */
const STATE_PARAMETERS = 6;
const BIAS_PARAMETERS = 3;
/** Passes over the data (linearization is repeated). */
const ITERATIONS = 2;
const SEGMENT_SECONDS = 300;
/** Random directions that stand for the coefficients where residuals are evaluated. */
const DIRECTIONS = 10;
/** Integrations of an orbit until it fits. */
const ORBIT_ITERATIONS = 3;

export interface PlanCost {
  readonly parameters: {
    readonly coefficients: number;
    readonly arc: number;
    readonly total: number;
  };
  readonly observations: {
    readonly range_rate: number;
    readonly position: number;
    readonly total: number;
    /** Rows of the normal equations after compression. */
    readonly rows: number;
    readonly position_sampling_seconds: number;
    readonly ranging_sampling_seconds: number | null;
  };
  readonly flops: {
    readonly partials: number;
    readonly normals: number;
    readonly elimination: number;
    readonly solution: number;
    readonly total: number;
  };
  readonly memory_bytes: number;
  /** Of one process job; one that needs more is refused. */
  readonly memory_limit_bytes: number;
  /** By the variational algorithm with white noise and two passes. */
  readonly seconds: number;
  readonly seconds_per_pass: number;
  /** What an update of noise model and variance components adds: residuals of all arcs, and a pass. */
  readonly seconds_per_stochastic_iteration: number;
  readonly seconds_by_algorithm: Readonly<
    Record<'variational' | 'short_arc' | 'acceleration' | 'orbit', number>
  >;
  readonly rate: {
    readonly gigaflops_per_second: number;
    readonly partials_gigaflops_per_second: number;
    readonly threads: number;
    readonly source: string;
  };
}

/**
 * What the computation will cost: multiplications and additions counted as in the textbook (normals: rows left by the
 * compression times unknowns squared; Cholesky: n³/3; inverse: 2n³/3), time from a stated rate.
 */
export function estimateCost(
  parameters: PlanParameters,
  arcs: readonly PlannedArc[],
  machine: PlanMachine,
): PlanCost {
  const n = (parameters.degreeMax + 1) ** 2 - 4;
  const usable = arcs.filter((arc) => arc.usable);
  const satellites = parameters.satellites.length;
  let rangeRate = 0;
  let position = 0;
  let rows = 0;
  let arcParameters = 0;
  let steps = 0;
  let rangingStep: number | null = null;
  for (const arc of usable) {
    const seconds = arc.endGpsSeconds - arc.startGpsSeconds;
    steps += (seconds / parameters.timeStep) * satellites;
    for (const item of arc.data) {
      if (item.role === 'orbit') {
        const count = 3 * Math.floor((item.coverage * seconds) / POSITION_SAMPLING_SECONDS + 1);
        position += count;
        rows += count;
        arcParameters += STATE_PARAMETERS;
      }
      if (item.role === 'accelerometer' && item.product !== null) arcParameters += BIAS_PARAMETERS;
      if (item.role === 'ranging' && item.product !== null) {
        const step = RANGING_STEP_SECONDS[item.product] ?? parameters.timeStep;
        rangingStep = step;
        const count = Math.floor((item.coverage * seconds) / step);
        rangeRate += count;
        rows += compressedRows(count, parameters.degreeMax, seconds);
      }
    }
  }
  const total = rangeRate + position;
  const perArc = usable.length > 0 ? arcParameters / usable.length : 0;
  const flops = {
    // per step: harmonics and their gradients, force partials, three rows of the state transition applied to them
    partials: ITERATIONS * steps * n * 40,
    normals: ITERATIONS * rows * (n + perArc) ** 2,
    elimination: ITERATIONS * usable.length * perArc * n * n,
    solution: ITERATIONS * n ** 3,
  };
  const dense = flops.normals + flops.elimination + flops.solution;
  const { gigaflopsPerSecond, threads, source, memoryLimitBytes } = machine;
  const memory = estimateMemory(
    memoryUse({ degreeMin: 2, degreeMax: parameters.degreeMax, outputProducts: [] }),
  );
  // partials stream through memory: measured kernels reach about a tenth of the dense rate, at most 1 GF/s a thread
  const partialsRate = Math.min(threads, gigaflopsPerSecond / 10);
  const denseRate = gigaflopsPerSecond * 1e9;
  const smooth = partialsRate * 1e9;
  const seconds = dense / denseRate + flops.partials / smooth;
  // Static field at every step of every iteration, no partial derivatives.
  const orbits = (ORBIT_ITERATIONS * steps * n * 8) / smooth;
  const residuals = orbits + (steps * n * (40 + 6 * DIRECTIONS)) / smooth;
  // Rows are not compressed; the gradient of the forces is carried through every piece by a dense matrix.
  const pieces = (steps * parameters.timeStep) / DEFAULT_SHORT_ARC_SECONDS;
  const pieceSize =
    3 *
    (DEFAULT_SHORT_ARC_SECONDS / SEGMENT_SECONDS) *
    nodesPerSegment(parameters.degreeMax, SEGMENT_SECONDS);
  const rowsOf = (count: number) => ITERATIONS * count * (n + perArc) ** 2 + flops.solution;
  const shortArc = rowsOf(total) + ITERATIONS * pieces * 2 * pieceSize ** 2 * n;
  return {
    parameters: { coefficients: n, arc: arcParameters, total: n + arcParameters },
    observations: {
      range_rate: rangeRate,
      position,
      total,
      rows,
      position_sampling_seconds: POSITION_SAMPLING_SECONDS,
      ranging_sampling_seconds: rangingStep,
    },
    flops: { ...flops, total: dense + flops.partials },
    memory_bytes: Math.round(memory.peakBytes),
    memory_limit_bytes: memoryLimitBytes,
    seconds,
    seconds_per_pass: seconds / ITERATIONS,
    seconds_per_stochastic_iteration: residuals + seconds / ITERATIONS,
    seconds_by_algorithm: {
      variational: seconds,
      short_arc: shortArc / denseRate + flops.partials / smooth,
      acceleration: rowsOf(rangeRate) / denseRate + flops.partials / smooth,
      orbit: orbits,
    },
    rate: {
      gigaflops_per_second: gigaflopsPerSecond,
      partials_gigaflops_per_second: partialsRate,
      threads,
      source,
    },
  };
}
