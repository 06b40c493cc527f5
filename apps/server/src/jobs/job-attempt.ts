import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { JobStatus } from '../db/schema.js';
import { retryTransient } from '../db/transient.js';
import { isDiskFull } from '../disk-full.js';
import type { ObjectStore } from '../storage/object-store.js';
import { boundObjectStore } from '../storage/open-object-store.js';
import { AttemptJournal } from './attempt-journal.js';
import type { JobBus } from './job-bus.js';
import {
  completeJob,
  type JobOwner,
  lockOwnedJob,
  type Settlement,
  settleJob,
  WRITE_TRIES,
} from './job-moves.js';
import type { JobEventRow, JobRow } from './job-service.js';
import { type ArcDispatcher, type Task, type TaskContext, TaskError } from './task.js';

export type AbortReason = 'cancelled' | 'shutdown' | 'lease_lost';

/** The reason of a task's signal, and what its calls throw once the attempt is over. */
export class JobAbortedError extends Error {
  override readonly name = 'JobAbortedError';
  constructor(readonly reason: AbortReason) {
    super(`The attempt was ended: ${reason.replace('_', ' ')}`);
  }
}

/** The part of a pino logger that is used. */
export interface RunnerLogger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface AttemptDependencies {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly bus: JobBus;
  readonly logger: RunnerLogger;
  readonly progressIntervalMs: number;
  readonly retryBaseSeconds: number;
  /** Hands the arcs of process jobs to workers; without it the task computes them itself. */
  readonly arcsOf?: (job: JobOwner & { readonly deliveryId?: string }, signal: AbortSignal) => ArcDispatcher;
}

/** The message through which a job came. */
export interface AttemptOrigin {
  readonly deliveryId: string;
  progress(fraction: number, message: string): void;
}

/** The state in which an attempt left the job; 'lost': another attempt or the reaper decides. */
export interface AttemptEnd {
  readonly status: JobStatus | 'lost';
  /** Of the error of a failed job. */
  readonly code?: string;
}

export interface JobAttempt {
  readonly owner: JobOwner;
  readonly job: JobRow;
  /** Settled when the row is; never rejects. */
  readonly done: Promise<AttemptEnd>;
  /** Aborts the signal; a task still running after `graceMs` is abandoned. The first reason stays. */
  abort(reason: AbortReason, graceMs: number): void;
}

type Outcome =
  | { readonly kind: 'returned' }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'abandoned' };

/** Runs one attempt of one claimed job to its end. */
export function startAttempt(
  dependencies: AttemptDependencies,
  job: JobRow,
  task: Task,
  origin?: AttemptOrigin,
): JobAttempt {
  const { db, bus, logger } = dependencies;
  const owner: JobOwner = { jobId: job.id, attempt: job.attempt };
  const controller = new AbortController();
  let reason: AbortReason | undefined;
  let finalizing = false;
  let finalized = false;
  let over = false;
  let abandonTimer: NodeJS.Timeout | undefined;
  let abandon: () => void = () => {};
  const abandoned = new Promise<Outcome>((resolve) => {
    abandon = () => resolve({ kind: 'abandoned' });
  });

  function abort(newReason: AbortReason, graceMs: number): void {
    // A row that is completed no longer runs: its lease is not lost, and the task may still tidy up.
    if (newReason === 'lease_lost' && (finalizing || finalized)) return;
    end(newReason, graceMs);
  }

  function end(newReason: AbortReason, graceMs: number): void {
    if (over || reason !== undefined) return;
    reason = newReason;
    controller.abort(new JobAbortedError(newReason));
    abandonTimer = setTimeout(abandon, graceMs);
  }

  const journal = new AttemptJournal(db, owner, {
    intervalMs: dependencies.progressIntervalMs,
    onEvents(events) {
      bus.publish(events);
      const last = events.findLast((event) => event.kind === 'progress');
      if (last) origin?.progress(Number(last.data?.progress ?? 0), last.message);
    },
    onLost: () => abort('lease_lost', 0),
    onError: (error) => logger.warn({ jobId: job.id, err: error }, 'progress of a job was not written'),
  });

  const finalize: TaskContext['finalize'] = async (write) => {
    if (over || reason !== undefined) throw new JobAbortedError(reason ?? 'lease_lost');
    if (finalized) throw new Error('finalize was called twice');
    await journal.flush();
    finalizing = true;
    const event = await retryTransient(
      (round) =>
        db.kysely.transaction().execute(async (transaction): Promise<JobEventRow | undefined> => {
          const state = await lockOwnedJob(transaction, owner);
          // Committed in the round before, whose answer was lost with the connection.
          if (state === 'completed' && round > 1) return undefined;
          if (state !== 'owned') {
            const why = state === 'cancel_requested' ? 'cancelled' : 'lease_lost';
            end(why, 0);
            throw new JobAbortedError(why);
          }
          const result = await write(transaction);
          const completed = await completeJob(transaction, owner, result);
          if (!completed) throw new JobAbortedError('lease_lost');
          return completed;
        }),
      { tries: WRITE_TRIES, signal: controller.signal },
    ).finally(() => {
      finalizing = false;
    });
    finalized = true;
    if (event) bus.publish([event]);
  };

  const context: TaskContext = {
    jobId: job.id,
    userId: job.user_id,
    attempt: job.attempt,
    parameters: job.parameters,
    signal: controller.signal,
    config: dependencies.config,
    db,
    // a cancel does not wait for a store that does not answer
    objects: boundObjectStore(dependencies.objects, { signal: controller.signal }),
    progress: (fraction, message) => journal.progress(fraction, message),
    log: (level, message, data) => journal.log(level, message, data),
    finalize,
    ...(job.type === 'process' &&
      dependencies.arcsOf && {
        arcs: dependencies.arcsOf({ ...owner, deliveryId: origin?.deliveryId }, controller.signal),
      }),
  };

  async function run(): Promise<AttemptEnd> {
    const work = Promise.resolve()
      .then(() => task(context))
      .then(
        (): Outcome => ({ kind: 'returned' }),
        (error: unknown): Outcome => ({ kind: 'threw', error }),
      );
    const outcome = await Promise.race([work, abandoned]);
    over = true;
    clearTimeout(abandonTimer);
    if (outcome.kind === 'abandoned') {
      logger.warn({ jobId: job.id, type: job.type, reason }, 'task did not stop in time and was abandoned');
    }
    if (reason === 'lease_lost') journal.discard();
    else await journal.close();
    if (finalized) {
      if (outcome.kind === 'threw')
        logger.warn({ jobId: job.id, err: outcome.error }, 'task threw after finalize');
      return { status: 'completed' };
    }
    const end = settlementOf(job, outcome, reason, dependencies);
    return end === undefined ? { status: 'lost' } : settle(end);
  }

  async function settle(end: Settlement): Promise<AttemptEnd> {
    const event = await retryTransient(() => settleJob(db.kysely, owner, end), {
      tries: WRITE_TRIES,
      also: isDiskFull,
    });
    if (!event) return { status: 'lost' };
    bus.publish([event]);
    const code = end.error?.code;
    return { status: end.status, ...(typeof code === 'string' && { code }) };
  }

  const done = run().catch((error: unknown): AttemptEnd => {
    // The lease runs out and the reaper takes the job.
    logger.error({ jobId: job.id, err: error }, 'the end of a job could not be written');
    return { status: 'lost' };
  });
  return { owner, job, done, abort };
}

function settlementOf(
  job: JobRow,
  outcome: Outcome,
  reason: AbortReason | undefined,
  { logger, retryBaseSeconds }: AttemptDependencies,
): Settlement | undefined {
  if (reason === 'lease_lost') {
    logger.warn({ jobId: job.id, attempt: job.attempt }, 'lease lost, attempt given up');
    return undefined;
  }
  if (reason === 'cancelled') return { status: 'cancelled', message: 'Cancelled', level: 'info' };
  if (outcome.kind === 'threw' && outcome.error instanceof TaskError) {
    const { code, message, errors } = outcome.error;
    return { status: 'failed', message, level: 'error', error: { code, message, errors } };
  }
  if (reason === 'shutdown') {
    return { status: 'pending', message: 'Handed back: the server stops', level: 'info', uncounted: true };
  }
  if (outcome.kind !== 'threw') {
    logger.error({ jobId: job.id, type: job.type }, 'task returned without finalize');
    const message = 'The task ended without a result';
    return { status: 'failed', message, level: 'error', error: { code: 'task_incomplete', message } };
  }
  logger.error({ jobId: job.id, type: job.type, attempt: job.attempt, err: outcome.error }, 'task failed');
  const full = isDiskFull(outcome.error);
  if (job.attempt < job.max_attempts) {
    const waitSeconds = retryBaseSeconds * 4 ** (job.attempt - 1);
    return {
      status: 'pending',
      message: `Attempt ${job.attempt} of ${job.max_attempts} ${full ? 'found no room on the disk' : 'failed unexpectedly'}; the next starts in ${waitSeconds} s`,
      level: 'warning',
      waitSeconds,
    };
  }
  if (full) {
    const message = `No room was left on the disk in attempt ${job.attempt} of ${job.max_attempts}; retry the job when there is`;
    return { status: 'failed', message, level: 'error', error: { code: 'insufficient_storage', message } };
  }
  const message = `The task failed unexpectedly in attempt ${job.attempt} of ${job.max_attempts}. The server's log has the details under this job's id.`;
  return { status: 'failed', message, level: 'error', error: { code: 'internal_error', message } };
}
