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

/** See stub-source.mjs, which processes of their own load too. */
export const { stubSource } = (await import(new URL('./stub-source.mjs', import.meta.url).href)) as {
  readonly stubSource: (
    marks: readonly (number | undefined)[],
  ) => NonNullable<ArcComputerOptions['arcSource']>;
};

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
