import type { DynamicsKernels } from './kernel-memory.js';
import { loadPoint } from './load-point.js';

/** Where the kernels find what they need, in bytes; the same for all threads. */
export interface PartialsTables {
  readonly table: number;
  readonly factors: number;
  readonly degreeMin: number;
  readonly degreeMax: number;
  readonly radius: number;
}

/** Points and where their rows go. */
export interface PartialsTask {
  readonly tables: PartialsTables;
  readonly pairs: number;
  /** Address of 3 doubles per point (terrestrial, m), and of the address of its first row as one double. */
  readonly points: number;
  readonly targets: number;
  /** Scratch for each thread. */
  readonly work: number;
  readonly workBytes: number;
  /** Between rows x, y, z. */
  readonly stride: number;
}

/** Does one pair of points; the same whichever thread does it. */
export function partialsOfPair(
  kernels: DynamicsKernels,
  buffer: SharedArrayBuffer,
  task: PartialsTask,
  pair: number,
  thread: number,
): void {
  const { tables, stride } = task;
  const work = task.work + thread * task.workBytes;
  const point = new Float64Array(buffer, work, 12);
  const given = new Float64Array(buffer, task.points + 48 * pair, 6);
  loadPoint(point, 0, given[0], given[1], given[2], tables.radius);
  loadPoint(point, 1, given[3], given[4], given[5], tables.radius);
  const [a, b] = new Float64Array(buffer, task.targets + 16 * pair, 2);
  kernels.partials(
    tables.table,
    tables.factors,
    tables.degreeMin,
    tables.degreeMax,
    work,
    work + 128,
    a,
    b,
    stride,
  );
}
