import { join } from 'node:path';
import type { LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  estimateCost,
  type FieldRecoveryOptions,
  MemoryLimitError,
  type MemoryUse,
  planSolution,
  type RecoverySetup,
  type SolutionPlan,
} from '@gravity/recovery';
import { openFilePanelStore } from '@gravity/server';
import { UsageError } from '../output.js';
import { formatDuration } from '../terminal/table.js';

/** Measured for the kernels of the partials, GF/s a thread. */
const PARTIALS_RATE = 1.2;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Where the normals of a recovery will be: in memory, or in panels on disk where nothing is asked for that needs them
 * as a whole.
 *
 * @throws UsageError when neither fits
 */
export function planStorage(
  { degreeMin, degreeMax }: Pick<RecoverySetup, 'degreeMin' | 'degreeMax'>,
  options: FieldRecoveryOptions,
  withNormals: boolean,
  limitBytes: number,
): SolutionPlan {
  const { regularizationWeight = 'given', varianceFactors = 'none', rangingNoise } = options;
  const given = regularizationWeight === 'given' && varianceFactors === 'none' && rangingNoise === undefined;
  const use: MemoryUse = {
    degreeMin,
    degreeMax,
    keepNormals: true,
    checkpoints: false,
    covarianceFile: false,
  };
  try {
    return planSolution(use, limitBytes, given && !withNormals);
  } catch (error) {
    if (!(error instanceof MemoryLimitError)) throw error;
    const hint =
      given && !withNormals
        ? ''
        : '. Without estimated weights and --normals it needs less: the normals may then lie on disk';
    throw new UsageError(`${error.message} (--memory-limit, in GB)${hint}`);
  }
}

/** What a recovery will take, in a line, from the rate of this machine. */
export async function describeCost(
  plan: SolutionPlan,
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  iterations: number,
  la: LinearAlgebra,
): Promise<string> {
  const [first] = arcs;
  const times = first.ranging?.gpsSeconds;
  const cost = estimateCost({
    degreeMin: setup.degreeMin,
    degreeMax: setup.degreeMax,
    referenceDegree: setup.referenceField.maxDegree,
    satelliteCount: first.satellites.length,
    arcCount: arcs.length,
    arcSeconds: first.endGpsSeconds - first.startGpsSeconds,
    rangeRateSamplingSeconds: times && times.length > 1 ? times[1] - times[0] : 5,
    positionSamplingSeconds: setup.positionSamplingSeconds,
    iterations,
    withCovariance: true,
    rates: { dense: await denseRate(la), partials: PARTIALS_RATE * la.threads },
  });
  const { memory } = plan;
  const where =
    plan.storage === 'memory'
      ? ''
      : `; its normals lie in panels of ${plan.panelRows} rows on disk, ${gigabytes(plan.diskBytes)}, of which ${gigabytes(plan.arcTrafficBytes)} are moved for every arc and ${gigabytes(plan.solveTrafficBytes)} for the solution`;
  return `degree ${setup.degreeMax}: ${memory.parameterCount} coefficients, about ${gigabytes(memory.peakBytes)} of memory and ${formatDuration(cost.seconds)}${where}`;
}

/** GF/s of a rank update of some milliseconds. */
async function denseRate(la: LinearAlgebra): Promise<number> {
  const n = 768;
  const a = la.allocate(n * n).fill(1);
  const c = la.allocate(n * n);
  const once = async () => {
    const began = performance.now();
    await la.syrk(n, n, 1, a, n, 0, c, n);
    return performance.now() - began;
  };
  await once();
  const milliseconds = Math.min(await once(), await once());
  return (n * n * n) / milliseconds / 1e6;
}

/** A store for panels in a folder. */
export const storeIn =
  (folder: string) =>
  (...[layout]: [Parameters<typeof openFilePanelStore>[1]]) =>
    openFilePanelStore(join(folder, `gravity-panels-${process.pid}-${Date.now()}`), layout);
