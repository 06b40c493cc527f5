import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { JobType } from '../db/schema.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { LocalJobService } from './create-job-service.js';
import { type AttemptDependencies, type JobAttempt, type RunnerLogger, startAttempt } from './job-attempt.js';
import { claimJob, reapJobs, renewLeases } from './job-moves.js';
import type { TaskRegistry } from './task.js';

export interface JobRunnerOptions {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly registry: TaskRegistry;
  readonly service: LocalJobService;
  readonly logger?: RunnerLogger;
  /**
   * No other process can own a job of this database (embedded mode, the default): at start every running job
   * is the leftover of a dead process.
   */
  readonly exclusive?: boolean;
  /** How often jobs are looked for without being woken, dead leases reaped and leases renewed. */
  readonly sweepIntervalMs?: number;
  readonly cancelGraceMs?: number;
  readonly progressIntervalMs?: number;
  readonly retryBaseSeconds?: number;
}

export interface RunningJob {
  readonly jobId: string;
  readonly type: JobType;
  readonly attempt: number;
}

export interface JobRunner {
  readonly workerId: string;
  readonly running: readonly RunningJob[];
  start(): Promise<void>;
  /** Takes no more jobs, aborts the running tasks and hands back within `graceMs` what did not finish. */
  stop(graceMs?: number): Promise<void>;
}

const SILENT: RunnerLogger = { info: () => {}, warn: () => {}, error: () => {} };

/** Runs jobs in this process, `config.jobConcurrency` at a time. */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { config, db, registry, service } = options;
  const logger = options.logger ?? SILENT;
  const cancelGraceMs = options.cancelGraceMs ?? 5_000;
  const sweepIntervalMs = options.sweepIntervalMs ?? 5_000;
  const heartbeatMs = Math.min((config.leaseSeconds * 1000) / 3, sweepIntervalMs);
  const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const attempts = new Map<string, JobAttempt>();
  const cleanups: (() => void)[] = [];
  const dependencies: AttemptDependencies = {
    config,
    db,
    objects: options.objects,
    bus: service.bus,
    logger,
    progressIntervalMs: options.progressIntervalMs ?? 250,
    retryBaseSeconds: options.retryBaseSeconds ?? 2,
  };
  let state: 'new' | 'started' | 'stopping' = 'new';

  function launch(attempt: JobAttempt): void {
    attempts.set(attempt.job.id, attempt);
    void attempt.done.then(() => {
      if (attempts.get(attempt.job.id) === attempt) attempts.delete(attempt.job.id);
      fill();
    });
  }

  async function takeJobs(): Promise<void> {
    while (state === 'started' && attempts.size < config.jobConcurrency) {
      const claimed = await claimJob(db.kysely, workerId, config.leaseSeconds);
      if (!claimed) return;
      service.bus.publish([claimed.event]);
      const attempt = startAttempt(dependencies, claimed.job, registry[claimed.job.type]);
      launch(attempt);
      // Claimed while stop() was already at work: it has not seen this attempt.
      if (state !== 'started') attempt.abort('shutdown', cancelGraceMs);
    }
  }

  async function heartbeat(): Promise<void> {
    const owned = [...attempts.values()];
    if (owned.length === 0) return;
    const renewed = await renewLeases(
      db.kysely,
      owned.map((attempt) => attempt.owner),
      config.leaseSeconds,
    );
    for (const attempt of owned) {
      const row = renewed.find(
        (other) => other.id === attempt.owner.jobId && other.attempt === attempt.owner.attempt,
      );
      // Not there: ended in the meantime (then abort does nothing), or the job went to another attempt.
      if (!row) attempt.abort('lease_lost', 0);
      else if (row.cancel_requested) attempt.abort('cancelled', cancelGraceMs);
    }
  }

  async function reap(everything: boolean): Promise<void> {
    const owners = [...attempts.values()].map((attempt) => attempt.owner);
    const events = await reapJobs(db.kysely, owners, everything);
    for (const event of events) logger.warn({ jobId: event.job_id, ...event.data }, 'job of a dead worker');
    service.bus.publish(events);
  }

  const fill = singleFlight(takeJobs, (error) => logger.error({ err: error }, 'jobs could not be taken'));
  const beat = singleFlight(heartbeat, (error) =>
    logger.error({ err: error }, 'leases could not be renewed'),
  );
  const sweep = singleFlight(
    async () => {
      await reap(false);
      fill();
    },
    (error) => logger.error({ err: error }, 'dead jobs could not be looked for'),
  );

  return {
    workerId,
    get running() {
      return [...attempts.values()].map(({ job }) => ({
        jobId: job.id,
        type: job.type,
        attempt: job.attempt,
      }));
    },

    async start() {
      if (state !== 'new') throw new Error('The runner was already started');
      await reap(options.exclusive ?? config.databaseUrl === undefined);
      state = 'started';
      cleanups.push(
        service.bus.onWake(fill),
        service.bus.onCancel((jobId) => attempts.get(jobId)?.abort('cancelled', cancelGraceMs)),
        every(heartbeatMs, beat),
        every(sweepIntervalMs, sweep),
      );
      fill();
    },

    async stop(graceMs = 10_000) {
      if (state === 'new') return;
      state = 'stopping';
      for (const attempt of attempts.values()) attempt.abort('shutdown', graceMs);
      await fill.settled();
      await Promise.all([...attempts.values()].map((attempt) => attempt.done));
      for (const cleanup of cleanups.splice(0)) cleanup();
      await Promise.all([beat.settled(), sweep.settled()]);
    },
  };
}

function every(intervalMs: number, action: () => void): () => void {
  const timer = setInterval(action, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

interface SingleFlight {
  (): void;
  settled(): Promise<void>;
}

/** One run at a time; a call during a run causes one more run after it, so that no wake-up is lost. */
function singleFlight(work: () => Promise<void>, onError: (error: unknown) => void): SingleFlight {
  let current: Promise<void> | undefined;
  let again = false;
  const call = (): void => {
    if (current) {
      again = true;
      return;
    }
    again = false;
    current = work()
      .catch(onError)
      .finally(() => {
        current = undefined;
        if (again) call();
      });
  };
  return Object.assign(call, {
    settled: async () => {
      while (current) await current;
    },
  });
}
