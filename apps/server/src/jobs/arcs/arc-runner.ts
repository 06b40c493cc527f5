import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { ObjectStore } from '../../storage/object-store.js';
import type { RunnerLogger } from '../job-attempt.js';
import type { JobBus } from '../job-bus.js';
import type { Delivery, DeliveryResult, QueueConsumer, QueueTransport } from '../transport.js';
import { type ArcAbortReason, type ArcAttempt, startArcAttempt } from './arc-attempt.js';
import type { ArcComputer } from './arc-computer.js';
import { keyOf, STOP_CHANNEL } from './arc-messages.js';
import { claimArc, renewArcs } from './arc-moves.js';
import { type ArcKey, type ArcRow, ownerOf, sameArc } from './arc-row.js';
import { ArcSlots } from './arc-slots.js';
import { deleteCheckpoints, sweepArcs } from './arc-sweep.js';

export interface ArcRunnerOptions {
  readonly config: Pick<ServerConfig, 'leaseSeconds'>;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly transport: QueueTransport;
  readonly createComputer: () => ArcComputer;
  /** Hears at once of cancelled jobs; without, within a heartbeat. */
  readonly bus?: Pick<JobBus, 'onCancel'>;
  readonly logger?: RunnerLogger;
  /** Arcs computed at once; each has a thread and memory of its own. */
  readonly concurrency?: number;
  readonly heartbeatMs?: number;
  /** How often a free slot looks into the database for arcs that no delivery has told of. */
  readonly pollIntervalMs?: number;
  readonly sweepIntervalMs?: number;
  readonly resendSeconds?: number;
  readonly retryBaseSeconds?: number;
  readonly progressIntervalMs?: number;
}

export interface ArcRunner {
  readonly workerId: string;
  readonly running: readonly (ArcKey & { readonly attempt: number })[];
  start(): void;
  /** Takes no more arcs, ends the computations and hands back what they were at. */
  stop(graceMs?: number): Promise<void>;
}

const SILENT: RunnerLogger = { info: () => {}, warn: () => {}, error: () => {} };
/** A cancel must be heard within two seconds, even without messages. */
const HEARTBEAT_MS = 1_500;

/** Computes arcs of process jobs in this process, whichever machine the job is summed on. */
export function createArcRunner(options: ArcRunnerOptions): ArcRunner {
  const { config, db, objects, transport } = options;
  const logger = options.logger ?? SILENT;
  const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const heartbeatMs = options.heartbeatMs ?? Math.min((config.leaseSeconds * 1000) / 3, HEARTBEAT_MS);
  const concurrency = Math.max(1, options.concurrency ?? 1);
  const slots = new ArcSlots(concurrency, options.createComputer);
  const attempts = new Set<ArcAttempt>();
  const refused = new Set<string>();
  const cleanups: (() => void)[] = [];
  let consumer: QueueConsumer | undefined;
  let state: 'new' | 'started' | 'stopping' = 'new';

  const dependencies = {
    db,
    transport,
    workerId,
    logger,
    retryBaseSeconds: options.retryBaseSeconds ?? 2,
    progressIntervalMs: options.progressIntervalMs ?? 500,
    onRefused(requires: string, reason: string) {
      if (!refused.has(requires)) logger.warn({ requires, reason }, 'arcs of this kind are left to others');
      refused.add(requires);
    },
    async onLate(row: ArcRow) {
      const job = await db.kysely
        .selectFrom('processing_jobs')
        .select('status')
        .where('id', '=', row.job_id)
        .where((eb) => eb.or([eb('cancel_requested', '=', true), eb('status', '=', 'completed')]))
        .executeTakeFirst();
      if (job) await deleteCheckpoints(objects, [row]);
    },
  };
  const sweepDependencies = {
    db,
    objects,
    transport,
    logger,
    resendSeconds: options.resendSeconds ?? 10,
  };

  async function work(
    computer: ArcComputer,
    row: ArcRow,
    onProgress?: Delivery['progress'],
  ): Promise<DeliveryResult> {
    const attempt = startArcAttempt(dependencies, row, computer, onProgress);
    attempts.add(attempt);
    // Claimed while stop() was already at work: it has not seen this attempt.
    if (state !== 'started') attempt.abort('shutdown');
    try {
      return await attempt.done;
    } finally {
      attempts.delete(attempt);
    }
  }

  const claim = (key?: ArcKey) => claimArc(db.kysely, workerId, config.leaseSeconds, [...refused], key);

  async function handle(delivery: Delivery): Promise<DeliveryResult> {
    const key = keyOf(delivery.data);
    if (!key) return { outcome: 'names no arc' };
    const computer = await slots.take();
    if (!computer) return { outcome: 'the worker stops' };
    try {
      const row = await claim(key);
      if (!row) return { outcome: 'taken, done or removed already' };
      return await work(computer, row, delivery.progress);
    } finally {
      slots.release(computer);
    }
  }

  /** Arcs of which no delivery came: the queue is away or was emptied, or the worker it told was the wrong one. */
  async function poll(): Promise<void> {
    for (;;) {
      const computer = state === 'started' ? slots.tryTake() : undefined;
      if (!computer) return;
      const row = await claim().catch((error: unknown) => {
        slots.release(computer);
        throw error;
      });
      if (!row) {
        slots.release(computer);
        return;
      }
      void work(computer, row)
        .catch(() => undefined)
        .finally(() => {
          slots.release(computer);
          if (!transport.available) polling();
        });
    }
  }

  async function heartbeat(): Promise<void> {
    const owned = [...attempts];
    if (owned.length === 0) return;
    const renewed = await renewArcs(
      db.kysely,
      owned.map(({ owner }) => owner),
      config.leaseSeconds,
    );
    for (const attempt of owned) {
      const { owner } = attempt;
      const row = renewed.find(
        (other) =>
          sameArc({ jobId: other.job_id, pass: other.pass, arc: other.arc }, owner) &&
          other.attempt === owner.attempt,
      );
      if (!row) attempt.abort('lost');
      else if (row.ended) attempt.abort('ended');
    }
  }

  function abortJob(jobId: string, reason: ArcAbortReason): void {
    for (const attempt of attempts) if (attempt.owner.jobId === jobId) attempt.abort(reason);
  }

  const failed = (what: string) => (error: unknown) => logger.warn({ err: error }, what);
  const polling = oneAtATime(poll, failed('arcs could not be taken'));
  const beating = oneAtATime(heartbeat, failed('leases of arcs could not be renewed'));
  const sweeping = oneAtATime(
    () =>
      sweepArcs(
        sweepDependencies,
        [...attempts].map(({ owner }) => owner),
      ),
    failed('arcs could not be swept'),
  );

  return {
    workerId,
    get running() {
      return [...attempts].map(({ row }) => ownerOf(row));
    },

    start() {
      if (state !== 'new') throw new Error('The arc runner was already started');
      state = 'started';
      consumer = transport.consume('arcs', concurrency, handle);
      cleanups.push(
        transport.subscribe(STOP_CHANNEL, (message) => {
          const { jobId } = Object(message) as { jobId?: unknown };
          if (typeof jobId === 'string') abortJob(jobId, 'ended');
        }),
        options.bus?.onCancel((jobId) => abortJob(jobId, 'ended')) ?? (() => {}),
        every(heartbeatMs, beating),
        every(options.pollIntervalMs ?? 2_000, polling),
        every(options.sweepIntervalMs ?? 5_000, sweeping),
      );
      polling();
    },

    async stop(graceMs = 10_000) {
      if (state !== 'started') return;
      state = 'stopping';
      slots.close();
      const closed = consumer?.close();
      for (const attempt of attempts) attempt.abort('shutdown');
      const ended = Promise.all([closed, ...[...attempts].map(({ done }) => done.catch(() => undefined))]);
      await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
      for (const cleanup of cleanups.splice(0)) cleanup();
      await Promise.all([polling.settled(), beating.settled(), sweeping.settled()]);
      await slots.end();
    },
  };
}

function every(intervalMs: number, action: () => void): () => void {
  const timer = setInterval(action, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

interface OneAtATime {
  (): void;
  settled(): Promise<void>;
}

/** A call during a run is dropped: the next tick comes. */
function oneAtATime(work: () => Promise<void>, onError: (error: unknown) => void): OneAtATime {
  let current: Promise<void> | undefined;
  const call = (): void => {
    current ??= work()
      .catch(onError)
      .finally(() => {
        current = undefined;
      });
  };
  return Object.assign(call, {
    settled: async () => {
      await current;
    },
  });
}
