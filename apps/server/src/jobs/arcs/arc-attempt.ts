import type { Database } from '../../db/database.js';
import { retryTransient } from '../../db/transient.js';
import type { RunnerLogger } from '../job-attempt.js';
import { TaskError } from '../task.js';
import type { DeliveryResult, QueueTransport } from '../transport.js';
import { type ArcComputer, ArcRefusedError } from './arc-computer.js';
import { arcChannel, deliveryOf, tell } from './arc-messages.js';
import { completeArc, failArc, handBackArc } from './arc-moves.js';
import { type ArcOwner, type ArcRow, describeArc, ownerOf } from './arc-row.js';

/** lost: another worker has the arc; ended: the job is over, cancelled or has no such arc any more. */
export type ArcAbortReason = 'lost' | 'ended' | 'shutdown';

export class ArcAbortedError extends Error {
  override readonly name = 'ArcAbortedError';
  constructor(readonly reason: ArcAbortReason) {
    super(`The arc was given up: ${reason}`);
  }
}

export interface ArcAttemptDependencies {
  readonly db: Database;
  readonly transport: QueueTransport;
  readonly workerId: string;
  readonly logger: RunnerLogger;
  readonly retryBaseSeconds: number;
  readonly progressIntervalMs: number;
  /** Arcs of these requirements are not taken again. */
  readonly onRefused: (requires: string, reason: string) => void;
  /** A result came too late: its job is over. */
  readonly onLate: (row: ArcRow) => Promise<void>;
}

export interface ArcAttempt {
  readonly row: ArcRow;
  readonly owner: ArcOwner;
  /** The first reason stays. */
  abort(reason: ArcAbortReason): void;
  /** For the task monitor; rejects when the arc failed. */
  readonly done: Promise<DeliveryResult>;
}

/** A database that is started again is away for seconds; after half a minute the lease runs out. */
const WRITE_TRIES = 12;

/** Computes one claimed arc to its end. */
export function startArcAttempt(
  dependencies: ArcAttemptDependencies,
  row: ArcRow,
  computer: ArcComputer,
  onProgress: (fraction: number, message: string) => void = () => {},
): ArcAttempt {
  const { db, transport, workerId, logger } = dependencies;
  const owner = ownerOf(row);
  const controller = new AbortController();
  let reason: ArcAbortReason | undefined;

  function abort(why: ArcAbortReason): void {
    if (reason !== undefined) return;
    reason = why;
    controller.abort(new ArcAbortedError(why));
  }

  const report = throttled(dependencies.progressIntervalMs, (fraction, message) => {
    const { pass, arc } = owner;
    tell(transport, arcChannel(owner.jobId), { kind: 'progress', pass, arc, fraction, message });
    onProgress(fraction, message);
  });

  async function run(): Promise<DeliveryResult> {
    const began = performance.now();
    try {
      const work = { inputsHash: row.inputs_hash, checkpointKey: row.checkpoint_key, payload: row.payload };
      const result = await computer.compute(work, controller.signal, report);
      const seconds = (performance.now() - began) / 1000;
      const written = await write(() =>
        completeArc(db.kysely, owner, { ...result, worker: workerId, attempt: row.attempt, seconds }),
      );
      if (!written) {
        await dependencies.onLate(row);
        return { outcome: 'not needed any more', seconds };
      }
      tellEnded();
      return { outcome: 'completed', worker: workerId, seconds };
    } catch (error) {
      return settle(error);
    }
  }

  async function settle(error: unknown): Promise<DeliveryResult> {
    if (reason === 'lost' || reason === 'ended') return { outcome: reason };
    if (reason === 'shutdown' || error instanceof ArcRefusedError) {
      if (error instanceof ArcRefusedError) dependencies.onRefused(error.requires, error.message);
      const back = await write(() => handBackArc(db.kysely, owner));
      if (back) resend(back);
      return { outcome: 'handed back', why: (error as Error).message };
    }
    logger.error({ ...owner, err: error }, 'an arc failed');
    const { code, message } =
      error instanceof TaskError ? error : { code: 'arc_failed', message: (error as Error).message };
    const failed = await write(() =>
      failArc(db.kysely, owner, {
        code,
        message,
        final: error instanceof TaskError,
        waitSeconds: dependencies.retryBaseSeconds * 4 ** (row.attempt - 1),
      }),
    );
    if (failed?.status === 'failed') tellEnded();
    else if (failed) resend(failed);
    throw error;
  }

  function tellEnded(): void {
    const { jobId, pass, arc } = owner;
    tell(transport, arcChannel(jobId), { kind: 'ended', pass, arc });
  }

  /** Its number of attempt is another one, and so is the id of its delivery. */
  function resend(back: ArcRow): void {
    const wait = back.run_after === null ? 0 : (back.run_after.getTime() - Date.now()) / 1000;
    transport.send('arcs', [deliveryOf(back, Math.max(0, wait))]).catch(() => undefined);
  }

  const write = <T>(work: () => Promise<T>): Promise<T> => retryTransient(work, { tries: WRITE_TRIES });

  const done = run();
  done.catch((error: unknown) => {
    if (!controller.signal.aborted) logger.warn({ arc: describeArc(owner), err: error }, 'end of an arc');
  });
  return { row, owner, abort, done };
}

/** At most one call in the interval; the first comes at once. */
function throttled(
  intervalMs: number,
  call: (fraction: number, message: string) => void,
): (fraction: number, message: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (fraction, message) => {
    const now = performance.now();
    if (now - last < intervalMs) return;
    last = now;
    call(fraction, message);
  };
}
