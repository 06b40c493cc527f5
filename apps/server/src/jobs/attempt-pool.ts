import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { JobStatus, JobType } from '../db/schema.js';
import { software } from '../software.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { LocalJobService } from './create-job-service.js';
import {
  type AbortReason,
  type AttemptDependencies,
  type AttemptOrigin,
  type JobAttempt,
  type RunnerLogger,
  startAttempt,
} from './job-attempt.js';
import { type ClaimFilter, type ClaimTerms, claimJob, reapJobs, renewLeases } from './job-moves.js';
import type { JobEventRow } from './job-service.js';
import { LeaseWatch } from './lease-watch.js';
import { runningLimitsOf } from './quotas.js';
import type { TaskRegistry } from './task.js';

export interface JobRunnerOptions {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly registry: TaskRegistry;
  readonly service: LocalJobService;
  readonly logger?: RunnerLogger;
  /** How often jobs are looked for without being woken, dead leases reaped and leases renewed. */
  readonly sweepIntervalMs?: number;
  readonly cancelGraceMs?: number;
  readonly progressIntervalMs?: number;
  readonly retryBaseSeconds?: number;
  readonly arcsOf?: AttemptDependencies['arcsOf'];
}

export interface RunningJob {
  readonly jobId: string;
  readonly type: JobType;
  readonly attempt: number;
}

/** Takes jobs and runs them in this process. */
export interface JobRunner {
  readonly workerId: string;
  readonly running: readonly RunningJob[];
  start(): Promise<void>;
  /** Takes no more jobs, aborts the running tasks and hands back within `graceMs` what did not finish. */
  stop(graceMs?: number): Promise<void>;
}

export const SILENT: RunnerLogger = { info: () => {}, warn: () => {}, error: () => {} };
export const DEFAULT_CANCEL_GRACE_MS = 5_000;
export const DEFAULT_SWEEP_INTERVAL_MS = 5_000;

/** The attempts that run in this process: what every runner does with them, however it comes by its jobs. */
export interface AttemptPool {
  readonly workerId: string;
  readonly heartbeatMs: number;
  readonly running: readonly RunningJob[];
  count(type?: JobType): number;
  /** Takes a job and starts it; undefined when there is none. */
  claim(filter: ClaimFilter, origin?: AttemptOrigin): Promise<JobAttempt | undefined>;
  /** Renews the leases; ends attempts that lost theirs or are to be cancelled. */
  heartbeat(): Promise<void>;
  reap(everything: boolean): Promise<readonly JobEventRow[]>;
  cancel(jobId: string): void;
  abortAll(reason: AbortReason, graceMs: number): void;
  /** When all that runs now has ended. */
  settled(): Promise<void>;
}

export function createAttemptPool(options: JobRunnerOptions): AttemptPool {
  const { config, db, registry, service } = options;
  const logger = options.logger ?? SILENT;
  const cancelGraceMs = options.cancelGraceMs ?? DEFAULT_CANCEL_GRACE_MS;
  const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const attempts = new Set<JobAttempt>();
  const terms: ClaimTerms = {
    workerId,
    leaseSeconds: config.leaseSeconds,
    runningLimits: runningLimitsOf(config.quotas),
    software: software(),
  };
  const dependencies: AttemptDependencies = {
    config,
    db,
    objects: options.objects,
    bus: service.bus,
    logger,
    progressIntervalMs: options.progressIntervalMs ?? 250,
    retryBaseSeconds: options.retryBaseSeconds ?? 2,
    ...(options.arcsOf !== undefined && { arcsOf: options.arcsOf }),
  };

  const leaseMs = config.leaseSeconds * 1000;
  const heartbeatMs = Math.min(leaseMs / 3, options.sweepIntervalMs ?? DEFAULT_SWEEP_INTERVAL_MS);
  const leases = new LeaseWatch(db.kysely, { confirmMs: 2 * heartbeatMs, longestMs: 2 * leaseMs });

  return {
    workerId,
    heartbeatMs,
    get running() {
      return [...attempts].map(({ job }) => ({
        jobId: job.id,
        type: job.type,
        attempt: job.attempt,
      }));
    },
    count(type) {
      if (type === undefined) return attempts.size;
      let count = 0;
      for (const { job } of attempts) if (job.type === type) count += 1;
      return count;
    },

    async claim(filter, origin) {
      const claimed = await claimJob(db.kysely, terms, filter);
      if (!claimed) return undefined;
      service.bus.publish([claimed.event]);
      const attempt = startAttempt(dependencies, claimed.job, registry[claimed.job.type], origin);
      // An earlier attempt of the same job that has not yet noticed that its lease ran out.
      for (const earlier of attempts) if (earlier.job.id === attempt.job.id) earlier.abort('lease_lost', 0);
      attempts.add(attempt);
      void attempt.done.then(({ status }) => {
        attempts.delete(attempt);
        // the place of this user is free, whoever has the job now
        service.ended([{ jobId: attempt.job.id, userId: attempt.job.user_id, status }]);
      });
      return attempt;
    },

    async heartbeat() {
      const owned = [...attempts];
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
    },

    async reap(everything) {
      const quiet = everything ? 'all' : await leases.quiet([...attempts].map(({ job }) => job.id));
      const owners = [...attempts].map((attempt) => attempt.owner);
      const events = await reapJobs(db.kysely, owners, quiet);
      for (const event of events) logger.warn({ jobId: event.job_id, ...event.data }, 'job of a dead worker');
      service.bus.publish(events);
      service.ended(
        events.map((event) => ({ jobId: event.job_id, status: String(event.data?.status) as JobStatus })),
      );
      return events;
    },

    cancel(jobId) {
      for (const attempt of attempts) if (attempt.job.id === jobId) attempt.abort('cancelled', cancelGraceMs);
    },
    abortAll(reason, graceMs) {
      for (const attempt of attempts) attempt.abort(reason, graceMs);
    },
    async settled() {
      await Promise.all([...attempts].map((attempt) => attempt.done));
    },
  };
}
