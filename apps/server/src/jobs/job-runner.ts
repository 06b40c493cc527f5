import type { JobType } from '../db/schema.js';
import {
  createAttemptPool,
  DEFAULT_CANCEL_GRACE_MS,
  DEFAULT_SWEEP_INTERVAL_MS,
  type JobRunner,
  type JobRunnerOptions,
  SILENT,
} from './attempt-pool.js';
import { every, singleFlight } from './repeating.js';
import { isJobType } from './transitions.js';

export interface LocalRunnerOptions extends JobRunnerOptions {
  /**
   * No other process can own a job of this database (embedded mode, the default): at start every running job
   * is the leftover of a dead process.
   */
  readonly exclusive?: boolean;
}

/**
 * Runs jobs in this process, `config.jobConcurrency` at a time, taken from the database: woken by the bus of this
 * process, else with the next sweep.
 */
export function createJobRunner(options: LocalRunnerOptions): JobRunner {
  const { config, service } = options;
  const logger = options.logger ?? SILENT;
  const sweepIntervalMs = options.sweepIntervalMs ?? DEFAULT_SWEEP_INTERVAL_MS;
  const pool = createAttemptPool(options);
  const types: readonly JobType[] = config.queues.filter(isJobType);
  const cleanups: (() => void)[] = [];
  let state: 'new' | 'started' | 'stopping' = 'new';

  async function takeJobs(): Promise<void> {
    while (state === 'started' && types.length > 0 && pool.count() < config.jobConcurrency) {
      const attempt = await pool.claim({ types });
      if (!attempt) return;
      void attempt.done.then(() => fill());
      // Claimed while stop() was already at work: it has not seen this attempt.
      if (state !== 'started') attempt.abort('shutdown', options.cancelGraceMs ?? DEFAULT_CANCEL_GRACE_MS);
    }
  }

  const fill = singleFlight(takeJobs, (error) => logger.error({ err: error }, 'jobs could not be taken'));
  const beat = singleFlight(pool.heartbeat, (error) =>
    logger.error({ err: error }, 'leases could not be renewed'),
  );
  const sweep = singleFlight(
    async () => {
      await pool.reap(false);
      fill();
    },
    (error) => logger.error({ err: error }, 'dead jobs could not be looked for'),
  );

  return {
    workerId: pool.workerId,
    get running() {
      return pool.running;
    },

    async start() {
      if (state !== 'new') throw new Error('The runner was already started');
      await pool.reap(options.exclusive ?? config.databaseUrl === undefined);
      state = 'started';
      cleanups.push(
        service.bus.onWake(fill),
        service.bus.onCancel(pool.cancel),
        every(pool.heartbeatMs, beat),
        every(sweepIntervalMs, sweep),
      );
      fill();
    },

    async stop(graceMs = 10_000) {
      if (state === 'new') return;
      state = 'stopping';
      pool.abortAll('shutdown', graceMs);
      await fill.settled();
      await pool.settled();
      for (const cleanup of cleanups.splice(0)) cleanup();
      await Promise.all([beat.settled(), sweep.settled()]);
    },
  };
}
