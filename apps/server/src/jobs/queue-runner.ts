import { sql } from 'kysely';
import type { JobStatus, JobType } from '../db/schema.js';
import { retryTransient } from '../db/transient.js';
import {
  createAttemptPool,
  DEFAULT_CANCEL_GRACE_MS,
  DEFAULT_SWEEP_INTERVAL_MS,
  type JobRunner,
  type JobRunnerOptions,
  SILENT,
} from './attempt-pool.js';
import type { JobAttempt } from './job-attempt.js';
import type { JobOutbox } from './job-outbox.js';
import { releaseHeldJobs, runningLimitsOf } from './quotas.js';
import { every, singleFlight } from './repeating.js';
import { createSlots } from './slots.js';
import { isJobType } from './transitions.js';
import type { Delivery, DeliveryResult, QueueConsumer, QueueTransport } from './transport.js';

export interface QueueRunnerOptions extends JobRunnerOptions {
  readonly transport: QueueTransport;
  readonly outbox: JobOutbox;
}

/**
 * Runs the jobs of the queues in `config.queues`, `config.jobConcurrency` of each at a time, beside any number of such
 * runners on other machines. A delivery names a job; whether it is run says the database. While the queue is away,
 * jobs are taken from the database directly. Every runner, also one without queues, sends what was not sent and ends
 * the attempts of dead workers.
 */
export function createQueueRunner(options: QueueRunnerOptions): JobRunner {
  const { config, db, service, transport, outbox } = options;
  const logger = options.logger ?? SILENT;
  const sweepIntervalMs = options.sweepIntervalMs ?? DEFAULT_SWEEP_INTERVAL_MS;
  const pool = createAttemptPool(options);
  const types: readonly JobType[] = config.queues.filter(isJobType);
  const limits = runningLimitsOf(config.quotas);
  const slots = new Map(types.map((type) => [type, createSlots(config.jobConcurrency)]));
  const cleanups: (() => void)[] = [];
  const consumers: QueueConsumer[] = [];
  const unserved: string[] = [];
  const stopping = new AbortController();
  let state: 'new' | 'started' | 'stopping' = 'new';

  function watch(attempt: JobAttempt): void {
    // Claimed while stop() was already at work: it has not seen this attempt.
    if (state !== 'started') attempt.abort('shutdown', options.cancelGraceMs ?? DEFAULT_CANCEL_GRACE_MS);
  }

  async function finish(attempt: JobAttempt): Promise<DeliveryResult> {
    const end = await attempt.done;
    if (end.status === 'pending') outbox.announce([attempt.job.id]);
    return {
      status: end.status,
      attempt: attempt.job.attempt,
      ...(end.code !== undefined && { code: end.code }),
    };
  }

  async function handle(type: JobType, delivery: Delivery): Promise<DeliveryResult> {
    const jobId = String(delivery.data.jobId);
    const release = await slots.get(type)?.take();
    try {
      if (state !== 'started') {
        unserved.push(jobId);
        return { skipped: 'the worker stops' };
      }
      // Without the database the delivery waits here: given up, it would have to be sent again.
      const attempt = await retryTransient(
        () => pool.claim({ jobId }, { deliveryId: delivery.id, progress: delivery.progress }),
        { tries: Number.POSITIVE_INFINITY, signal: stopping.signal },
      ).catch((error: unknown) => {
        unserved.push(jobId);
        throw error;
      });
      if (!attempt) return { skipped: await whyNot(jobId) };
      watch(attempt);
      return await finish(attempt);
    } finally {
      release?.();
    }
  }

  /** A job that is not yet to run is sent again with the time left. */
  async function whyNot(jobId: string): Promise<string> {
    const { rows } = await sql<{ status: JobStatus }>`
      select status from processing_jobs where id = ${jobId}`.execute(db.kysely);
    const status = rows[0]?.status;
    if (status === 'pending') outbox.announceAgain([jobId]);
    return status === undefined ? 'no such job' : `the job is ${status}`;
  }

  /** Without the queue: jobs straight from the database. */
  async function takeJobs(): Promise<void> {
    for (const type of types) {
      while (state === 'started' && !outbox.working) {
        const release = slots.get(type)?.tryTake();
        if (!release) break;
        const attempt = await pool.claim({ types: [type] }).catch((error: unknown) => {
          release();
          throw error;
        });
        if (!attempt) {
          release();
          break;
        }
        watch(attempt);
        void finish(attempt).finally(() => {
          release();
          poll();
        });
      }
    }
  }

  const failed = (what: string) => (error: unknown) => logger.error({ err: error }, what);
  const poll = singleFlight(takeJobs, failed('jobs could not be taken'));
  const beat = singleFlight(pool.heartbeat, failed('leases could not be renewed'));
  const sweep = singleFlight(async () => {
    poll();
    const reaped = await pool.reap(false);
    outbox.announce(reaped.filter((event) => event.data?.status === 'pending').map((event) => event.job_id));
    await releaseHeldJobs(db.kysely, limits);
    await outbox.sweep().finally(poll);
  }, failed('jobs could not be swept'));

  return {
    workerId: pool.workerId,
    get running() {
      return pool.running;
    },

    async start() {
      if (state !== 'new') throw new Error('The runner was already started');
      await pool.reap(false);
      state = 'started';
      for (const type of types) {
        consumers.push(transport.consume(type, config.jobConcurrency, (delivery) => handle(type, delivery)));
      }
      cleanups.push(
        service.bus.onCancel(pool.cancel),
        service.bus.onWake(poll),
        transport.onAvailability((available) => (available ? sweep() : poll())),
        every(pool.heartbeatMs, beat),
        every(sweepIntervalMs, sweep),
      );
      sweep();
    },

    async stop(graceMs = 10_000) {
      if (state === 'new') return;
      state = 'stopping';
      stopping.abort(new Error('the worker stops'));
      const closed = Promise.all(consumers.map((consumer) => consumer.close()));
      pool.abortAll('shutdown', graceMs);
      for (const one of slots.values()) one.open();
      await poll.settled();
      await pool.settled();
      await closed;
      for (const cleanup of cleanups.splice(0)) cleanup();
      outbox.announceAgain(unserved.splice(0));
      await Promise.all([beat.settled(), sweep.settled(), outbox.settled()]);
    },
  };
}
