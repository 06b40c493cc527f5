import { createHash } from 'node:crypto';
import {
  type ArcComputerOptions,
  type ArcRunner,
  type ArcRunnerOptions,
  createArcComputer,
  createArcDispatcher,
  createArcRunner,
  createProcessTask,
  type QueueTransport,
  type Task,
} from '@gravity/server';
import {
  contextOf,
  insertJob,
  type ProcessResult,
  type TestJob,
  type TestServer,
} from '../process/support.js';

export const ENGINE = new URL('../process/stub-engine.mjs', import.meta.url).href;
/** 2023-06-01T00:00:00 UTC. */
const START = 738_849_618;
const HOUR = 3600;

export const stubParameters = (arcs: number, changes: Record<string, unknown> = {}) => ({
  algorithm: 'variational',
  degree_max: 4,
  regularization: { kaula: 0, tikhonov: 0 },
  output_products: ['coefficients'],
  start_time: '2023-06-01T00:00:00Z',
  end_time: new Date(Date.UTC(2023, 5, 1, arcs)).toISOString(),
  satellites: ['SIM-A', 'SIM-B'],
  arc_length_hours: 1,
  iterations: 1,
  background_models: { earth_rotation: { model: 'constant' } },
  ...changes,
});

/** Observations that tell the stub engine what to do in each hour; undefined: no ranging. */
export function stubSource(
  marks: readonly (number | undefined)[],
): NonNullable<ArcComputerOptions['arcSource']> {
  // Other marks are other files: checkpoints of failed jobs must not fit.
  const sha256 = createHash('sha256').update(JSON.stringify(marks)).digest('hex');
  return () => ({
    inputs: async () => [
      {
        id: 'file',
        fileName: 'file.txt',
        product: 'table_orbit',
        satellite: 'SIM-A',
        sha256,
      },
    ],
    async load(arc) {
      const hour = Math.round((arc.startGpsSeconds - START) / HOUR);
      const mark = marks[hour];
      const gpsSeconds = Float64Array.from({ length: 120 }, (_, i) => arc.startGpsSeconds + 30 * i);
      const state = { position: new Float64Array(360), velocity: new Float64Array(360) };
      const orbit = { frame: 'celestial' as const, gpsSeconds, ...state };
      return {
        observations: {
          ...arc,
          satellites: ['SIM-A', 'SIM-B'].map((satellite) => ({ satellite, orbit })),
          ...(mark !== undefined && {
            ranging: { instrument: 'stub', gpsSeconds, rangeRate: new Float64Array(120).fill(mark) },
          }),
        },
        missing: mark === undefined ? ['no ranging of SIM-A/SIM-B'] : [],
        excluded: [{ satellite: 'SIM-A', product: 'table_orbit', reason: 'phase break', count: hour + 1 }],
        usedFiles: ['file'],
      };
    },
  });
}

export const stubTask = (marks: readonly (number | undefined)[]): Task =>
  createProcessTask({ engineModule: ENGINE, arcSource: stubSource(marks) });

export interface WorkerOptions extends Partial<ArcRunnerOptions> {
  readonly computer?: Partial<ArcComputerOptions>;
}

/** An arc runner with short intervals, started. */
export function startArcs(
  server: TestServer,
  transport: QueueTransport,
  options: WorkerOptions = {},
): ArcRunner {
  const { computer, ...rest } = options;
  const { config, db, objects } = server;
  const runner = createArcRunner({
    config,
    db,
    objects,
    transport,
    createComputer: () => createArcComputer({ config, db, objects, ...computer }),
    retryBaseSeconds: 0.02,
    pollIntervalMs: 200,
    sweepIntervalMs: 300,
    resendSeconds: 1,
    progressIntervalMs: 50,
    ...rest,
  });
  runner.start();
  return runner;
}

export interface DistributedJob extends TestJob {
  /** Rejects with the task's error. */
  readonly done: Promise<ProcessResult>;
}

/** Runs a task as an attempt of a job whose arcs go to the workers of the transport. */
export function runAttempt(
  server: TestServer,
  transport: QueueTransport,
  task: Task,
  parameters: Record<string, unknown>,
  id: string,
  attempt = 1,
): DistributedJob {
  const { context, job } = contextOf(server, id, parameters, { attempt });
  const { db } = server;
  const arcs = createArcDispatcher(
    { db, transport, pollIntervalMs: 300 },
    { jobId: id, attempt },
    context.signal,
  );
  const done = task({ ...context, arcs }).then(() => resultOf(server, id));
  done.catch(() => undefined);
  return { ...job, done };
}

export async function runDistributed(
  server: TestServer,
  transport: QueueTransport,
  task: Task,
  parameters: Record<string, unknown>,
): Promise<DistributedJob> {
  const id = await insertJob(server, 'process', parameters);
  return runAttempt(server, transport, task, parameters, id);
}

async function resultOf(server: TestServer, id: string): Promise<ProcessResult> {
  const row = await server.db.kysely
    .selectFrom('processing_jobs')
    .select('result')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return row.result as unknown as ProcessResult;
}

export const arcRows = (server: TestServer, jobId: string) =>
  server.db.kysely
    .selectFrom('process_arcs')
    .selectAll()
    .where('job_id', '=', jobId)
    .orderBy('pass')
    .orderBy('arc')
    .execute();

export const requestCancel = (server: TestServer, id: string) =>
  server.db.kysely
    .updateTable('processing_jobs')
    .set({ cancel_requested: true, updated_at: new Date() })
    .where('id', '=', id)
    .execute();
