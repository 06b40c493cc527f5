import { estimateMemory, MemoryLimitError, type MemoryUse, planSolution } from '@gravity/recovery';
import { TaskError } from '../../jobs/task.js';
import type { ProcessRequest } from './request.js';

const VARIABLE = 'GRAVITY_MEMORY_LIMIT_BYTES';

/** What a process job holds in memory. */
export function memoryUse(
  request: Pick<ProcessRequest, 'degreeMin' | 'degreeMax'> & {
    readonly outputProducts: readonly string[];
  },
): MemoryUse {
  const { degreeMin, degreeMax, outputProducts } = request;
  return {
    degreeMin,
    degreeMax,
    keepNormals: true,
    checkpoints: true,
    covarianceFile: outputProducts.some((product) => product === 'covariance' || product === 'normals'),
  };
}

/**
 * Refuses a request that would not fit, before anything is loaded.
 *
 * @throws TaskError `insufficient_memory` with the degree, the limit and the degree that fits
 */
export function checkMemory(request: ProcessRequest, limitBytes: number): void {
  if (request.algorithm === 'orbit') return;
  try {
    planSolution(memoryUse(request), limitBytes, false);
  } catch (error) {
    if (!(error instanceof MemoryLimitError)) throw error;
    const message = `${error.message} (limit of one job on this worker, ${VARIABLE})`;
    throw new TaskError('insufficient_memory', `degree_max: ${message}`, [{ field: 'degree_max', message }]);
  }
}

/** Largest degree of a process job with its usual products, and what some degrees take. */
export function memoryByDegree(degrees: readonly number[]): { degree: number; bytes: number }[] {
  return degrees.map((degreeMax) => ({
    degree: degreeMax,
    bytes: estimateMemory(memoryUse({ degreeMin: 2, degreeMax, outputProducts: [] })).peakBytes,
  }));
}
