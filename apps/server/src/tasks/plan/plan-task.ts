import type { ServerConfig } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { Task } from '../../jobs/task.js';
import { listObservationFiles, loadArc, type ObservationFile, pairName } from '../../observations/index.js';
import { buildPlan } from './build-plan.js';
import { summarizeOrbit } from './orbit-summary.js';
import { parsePlanParameters } from './parameters.js';
import type { EopSpan, OrbitSummary, PlanMachine } from './types.js';

export interface PlanDependencies {
  /** Spans of the Earth orientation table in use, for the warning. */
  readonly eopSpans?: () => Promise<readonly EopSpan[]>;
}

/** One revolution and a bit, at a state a minute. */
const ORBIT_SAMPLE_SECONDS = 6000;

/** Plans a computation and keeps the plan as the job's result. */
export function createPlanTask(dependencies: PlanDependencies = {}): Task {
  return async (context) => {
    const parameters = parsePlanParameters(context.parameters);
    const { satellites, startGpsSeconds, endGpsSeconds } = parameters;
    context.progress(0.1, 'looking for observations');
    const pair = satellites.length === 2 ? [pairName([satellites[0], satellites[1]])] : [];
    const files = await listObservationFiles(context.db, {
      satellites: [...satellites, ...pair],
      startGpsSeconds,
      endGpsSeconds,
    });
    context.signal.throwIfAborted();
    context.progress(0.5, `${files.length} files found`);
    const orbit = await orbitOfData(context.db, satellites, files, startGpsSeconds, endGpsSeconds);
    const eopSpans = await dependencies.eopSpans?.();
    const machine = machineOf(context.config);
    const plan = buildPlan({ parameters, files, machine, orbit, eopSpans });
    context.signal.throwIfAborted();
    await context.finalize(async () => plan);
  };
}

async function orbitOfData(
  db: Database,
  satellites: readonly string[],
  files: readonly ObservationFile[],
  start: number,
  end: number,
): Promise<OrbitSummary | undefined> {
  for (const satellite of satellites) {
    const file = files.find((f) => f.satellite === satellite && /^(GN[VI]1B|table_orbit)$/.test(f.product));
    if (!file) continue;
    const from = Math.max(start, Math.ceil(file.gpsStart));
    const to = Math.min(end, file.gpsEnd, from + ORBIT_SAMPLE_SECONDS);
    const { observations } = await loadArc(db, {
      satellites: [satellite],
      startGpsSeconds: from,
      endGpsSeconds: to,
      ranging: 'none',
      // excerpts of some minutes still give ten states
      positionSamplingSeconds: to - from > 1200 ? 60 : 5,
      useAccelerometer: false,
    });
    const state = observations.satellites[0]?.orbit;
    const summary = state && summarizeOrbit(state, `${file.fileName} (${satellite})`);
    if (summary) return summary;
  }
  return undefined;
}

/** Rates measured on a 2 GHz server core: OpenBLAS 41 GF/s, WebAssembly 13 GF/s for symmetric rank-k updates. */
function machineOf(config: ServerConfig): PlanMachine {
  const threads = Math.max(1, config.threads);
  // 'auto' may find OpenBLAS; the estimate stays on the safe side
  const openblas = config.linearAlgebraBackend === 'openblas';
  const perThread = openblas ? 35 : 13;
  return {
    threads,
    gigaflopsPerSecond: perThread * threads,
    memoryLimitBytes: config.memoryLimitBytes,
    source: `${perThread} GF/s a thread, measured for rank-k updates with ${openblas ? 'OpenBLAS' : 'WebAssembly SIMD'}`,
  };
}
