/** Runtime, libraries, background models, and the observations of an arc with their orbits. */
const BASE_BYTES = 220e6;
/** Rows as long as the normals are wide that an arc holds at once: its batches and the products they come from. */
const WORK_ROWS = 4000;
/** Shared memory nobody refers to any more that may be there before the collector is asked. */
const UNCOLLECTED_BYTES = 250e6;
const PAGE_BYTES = 4096;
/** Sides of panels worth their reads, and the step between them. */
const LEAST_PANEL_ROWS = 256;
const MOST_PANEL_ROWS = 4096;
const PANEL_STEP = 64;

export interface MemoryUse {
  readonly degreeMin: number;
  readonly degreeMax: number;
  /** The normals are needed beside the covariance: they are a product, or weights are estimated. */
  readonly keepNormals: boolean;
  /** Every arc is packed for storage while the next is computed. */
  readonly checkpoints: boolean;
  /** The covariance is written as a file, made in memory. */
  readonly covarianceFile: boolean;
}

/** Bytes of a process at the peak of each phase. */
export interface MemoryEstimate {
  readonly parameterCount: number;
  readonly accumulationBytes: number;
  readonly solutionBytes: number;
  readonly productsBytes: number;
  readonly peakBytes: number;
}

export type SolutionPlan =
  | { readonly storage: 'memory'; readonly memory: MemoryEstimate }
  | {
      readonly storage: 'panels';
      readonly memory: MemoryEstimate;
      readonly panelRows: number;
      readonly diskBytes: number;
      /** Read and written while the normals are solved. */
      readonly solveTrafficBytes: number;
      /** Read and written for every arc. */
      readonly arcTrafficBytes: number;
    };

/** A recovery does not fit into the memory it may use. */
export class MemoryLimitError extends Error {
  override readonly name = 'MemoryLimitError';
  constructor(
    readonly degree: number,
    readonly parameterCount: number,
    readonly neededBytes: number,
    readonly limitBytes: number,
    /** Largest degree that fits; below degreeMin when none does. */
    readonly highestDegree: number,
  ) {
    const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    super(
      `degree ${degree} (${parameterCount} parameters) needs about ${gigabytes(neededBytes)} of memory, allowed are ${gigabytes(limitBytes)}; ` +
        (highestDegree >= 2 ? `degree ${highestDegree} fits` : 'no degree fits'),
    );
  }
}

const parametersOf = ({ degreeMin, degreeMax }: MemoryUse): number => (degreeMax + 1) ** 2 - degreeMin ** 2;

/** Of a matrix whose lower triangle is never touched, the system gives no memory to most of it. */
const upperBytes = (n: number): number => 4 * n * n + Math.min(4 * n * n, (n * PAGE_BYTES) / 2);

const workBytes = (n: number): number => 8 * WORK_ROWS * n;

/** Memory of a recovery whose normals are in memory, from the arrays that it holds in each phase. */
export function estimateMemory(use: MemoryUse): MemoryEstimate {
  const n = parametersOf(use);
  const upper = upperBytes(n);
  const whole = 8 * n * n;
  const kept = use.keepNormals ? upper : 0;
  const base = BASE_BYTES + Math.min(UNCOLLECTED_BYTES, 4 * upper);
  // What an arc needed is given back bit by bit: about so much is still there when the solution needs its memory.
  const lingering = workBytes(n) + 0.5 * upper;
  const checkpoint = use.checkpoints ? 1.25 * 4 * n * n : 0;
  return withPeak(n, {
    accumulationBytes: base + 2 * upper + workBytes(n) + checkpoint,
    solutionBytes: base + whole + kept + lingering,
    productsBytes: base + whole + kept + (use.covarianceFile ? 2 * whole : 0),
  });
}

/** As `estimateMemory`, with the sum and the covariance in panels of a store outside of memory. */
export function estimatePanelMemory(use: MemoryUse, panelRows: number): MemoryEstimate {
  const n = parametersOf(use);
  const upper = upperBytes(n);
  const panel = 8 * n * panelRows;
  const base = BASE_BYTES + Math.min(UNCOLLECTED_BYTES, 4 * upper);
  return withPeak(n, {
    accumulationBytes: base + upper + Math.max(workBytes(n), 2 * panel),
    solutionBytes: base + 4 * panel + workBytes(n),
    productsBytes: base,
  });
}

function withPeak(
  parameterCount: number,
  phases: Omit<MemoryEstimate, 'parameterCount' | 'peakBytes'>,
): MemoryEstimate {
  return { parameterCount, ...phases, peakBytes: Math.max(...Object.values(phases)) };
}

/**
 * Whether the normals of a recovery can be in memory, or where `panels` allows it (nothing is asked for that needs them
 * or the covariance as a whole) in panels outside, and how large.
 *
 * @throws MemoryLimitError
 */
export function planSolution(use: MemoryUse, limitBytes: number, panels: boolean): SolutionPlan {
  const plan = tryPlan(use, limitBytes, panels);
  if (plan) return plan;
  const needed = panels ? estimatePanelMemory(use, LEAST_PANEL_ROWS) : estimateMemory(use);
  let highest = use.degreeMax - 1;
  while (highest >= use.degreeMin && !tryPlan({ ...use, degreeMax: highest }, limitBytes, panels)) highest--;
  throw new MemoryLimitError(
    use.degreeMax,
    needed.parameterCount,
    needed.peakBytes,
    limitBytes,
    highest >= use.degreeMin ? highest : 0,
  );
}

function tryPlan(use: MemoryUse, limitBytes: number, panels: boolean): SolutionPlan | undefined {
  const memory = estimateMemory(use);
  if (memory.peakBytes <= limitBytes) return { storage: 'memory', memory };
  if (!panels) return undefined;
  const n = memory.parameterCount;
  const most = Math.min(MOST_PANEL_ROWS, PANEL_STEP * Math.ceil(n / PANEL_STEP));
  for (let rows = most; rows >= Math.min(LEAST_PANEL_ROWS, most); rows -= PANEL_STEP) {
    const outside = estimatePanelMemory(use, rows);
    if (outside.peakBytes > limitBytes) continue;
    const count = Math.ceil(n / rows);
    const diskBytes = 4 * count * (count + 1) * rows * rows;
    return {
      storage: 'panels',
      memory: outside,
      panelRows: rows,
      diskBytes,
      // Each of three passes reads, for every panel, the part of all others that meets it: n³/6 over the rows of a panel.
      solveTrafficBytes: 3 * (8 * (n ** 3 / (6 * rows)) + 2 * diskBytes),
      arcTrafficBytes: 2 * diskBytes,
    };
  }
  return undefined;
}

/** The largest degree whose normals fit into memory; below degreeMin when none does. */
export function highestDegree(use: Omit<MemoryUse, 'degreeMax'>, limitBytes: number, most: number): number {
  for (let degreeMax = most; degreeMax >= use.degreeMin; degreeMax--) {
    if (estimateMemory({ ...use, degreeMax }).peakBytes <= limitBytes) return degreeMax;
  }
  return use.degreeMin - 1;
}
