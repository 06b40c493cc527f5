import type { Database } from '../../db/database.js';
import type { RunnerLogger } from '../job-attempt.js';
import type { ArcDispatcher, ArcOutcome } from '../task.js';
import type { QueueTransport } from '../transport.js';
import { endedArcs, removeArcs, submitArcs } from './arc-batch.js';
import { type ArcMessage, arcChannel, deliveryOf, STOP_CHANNEL, tell } from './arc-messages.js';

export interface ArcDispatcherDependencies {
  readonly db: Database;
  readonly transport: QueueTransport;
  readonly logger?: RunnerLogger;
  /** How often the rows are looked at when no message comes. */
  readonly pollIntervalMs?: number;
}

export interface ArcDispatcherJob {
  readonly jobId: string;
  readonly attempt: number;
  /** Delivery of the process job, under which the task monitor shows the arcs. */
  readonly deliveryId?: string | undefined;
}

const POLL_INTERVAL_MS = 1_000;

/** The arcs of one attempt of a process job: rows in the database, deliveries over the transport. */
export function createArcDispatcher(
  { db, transport, logger, pollIntervalMs = POLL_INTERVAL_MS }: ArcDispatcherDependencies,
  { jobId, attempt, deliveryId }: ArcDispatcherJob,
  signal: AbortSignal,
): ArcDispatcher {
  const submitted = new Map<number, Set<number>>();
  let currentPass = 0;

  return {
    async submit(tickets) {
      signal.throwIfAborted();
      const pending = await submitArcs(db.kysely, { jobId, attempt }, tickets);
      for (const { pass, arc } of tickets) {
        currentPass = pass;
        submitted.set(pass, (submitted.get(pass) ?? new Set()).add(arc));
      }
      const parent =
        deliveryId === undefined ? {} : { parent: { queue: 'process' as const, id: deliveryId } };
      // Workers find rows that were not sent by themselves, a little later.
      transport
        .send(
          'arcs',
          pending.map((row) => ({ ...deliveryOf(row, secondsUntil(row.run_after)), ...parent })),
        )
        .catch((error: unknown) => logger?.warn({ jobId, err: error }, 'arcs were not sent to the workers'));
    },

    outcomes,

    onProgress(listener) {
      return transport.subscribe(arcChannel(jobId), (message) => {
        const news = message as ArcMessage;
        if (news.kind !== 'progress' || news.pass !== currentPass) return;
        listener(news.arc, news.fraction, news.message);
      });
    },

    async clear() {
      const removed = await removeArcs(db.kysely, { jobId, attempt });
      tell(transport, STOP_CHANNEL, { jobId });
      const waiting = removed.filter(({ status }) => status === 'pending');
      await transport
        .remove(
          'arcs',
          waiting.map((row) => deliveryOf(row).id),
        )
        .catch(() => undefined);
    },
  };

  /** A caller that wants no more of them is heard while the next is waited for. */
  function outcomes(pass: number): AsyncIterable<ArcOutcome> {
    const bell = new Bell();
    const state = { stopped: false };
    const found = find(pass, bell, state);
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => found.next(),
        return: () => {
          state.stopped = true;
          bell.ring();
          return found.return(undefined);
        },
      }),
    };
  }

  async function* find(
    pass: number,
    bell: Bell,
    state: { readonly stopped: boolean },
  ): AsyncGenerator<ArcOutcome, undefined> {
    const open = new Set(submitted.get(pass) ?? []);
    const known: number[] = [];
    const unsubscribe = transport.subscribe(arcChannel(jobId), (message) => {
      const news = message as ArcMessage;
      if (news.kind === 'ended' && news.pass === pass) bell.ring();
    });
    signal.addEventListener('abort', bell.ring, { once: true });
    try {
      while (open.size > 0 && !state.stopped) {
        signal.throwIfAborted();
        for (const row of await look(pass, known)) {
          if (!open.delete(row.arc)) continue;
          known.push(row.arc);
          yield {
            arc: row.arc,
            status: row.status === 'completed' ? 'completed' : 'failed',
            ...(row.result !== null && { result: row.result }),
            ...(row.error !== null && { error: row.error }),
          };
        }
        if (open.size > 0) await bell.wait(pollIntervalMs);
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', bell.ring);
    }
  }

  /** A database that is away is the affair of the lease: while this attempt owns the job it waits. */
  async function look(pass: number, known: readonly number[]) {
    try {
      return await endedArcs(db.kysely, jobId, pass, known);
    } catch (error) {
      logger?.warn({ jobId, err: error }, 'arcs could not be looked at');
      return [];
    }
  }
}

function secondsUntil(time: Date | null): number | undefined {
  return time === null ? undefined : Math.max(0, (time.getTime() - Date.now()) / 1000);
}

/** Waits for a ring or a time; a ring before the wait counts. */
class Bell {
  private rung = false;
  private wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.rung = true;
    this.wake?.();
  };

  async wait(milliseconds: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = undefined;
    this.rung = false;
  }
}
