import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { JobType } from '../db/schema.js';
import type { RunnerLogger } from './job-attempt.js';
import { MOST_WAIT_SECONDS } from './job-moves.js';
import type { JobRow } from './job-service.js';
import { storableJson } from './json-text.js';
import { singleFlight } from './repeating.js';
import type { OutgoingDelivery, QueueTransport } from './transport.js';

/**
 * Sends pending jobs to the queues and notes in the row that it did. A row is sent when its transaction is over; what
 * was not sent then, or got lost in the queue, is sent by the sweep.
 */
export interface JobOutbox {
  /** False while the queue does not take or answer anything: away, full or hanging. */
  readonly working: boolean;
  /** Sends these soon, together with others that come in the meantime. Returns at once, never throws. */
  announce(jobIds: readonly string[]): void;
  /** As `announce`, for pending jobs whose delivery ended without running them. */
  announceAgain(jobIds: readonly string[]): void;
  /** Takes a cancelled job out of the queue, if it is there. */
  withdraw(job: JobRow): void;
  /** Sends what was never sent, and what was sent a while ago and is not in the queue. Returns how many were sent. */
  sweep(): Promise<number>;
  /** Until what was announced is sent. */
  settled(): Promise<void>;
}

export interface JobOutboxOptions {
  readonly db: Database;
  readonly transport: QueueTransport;
  readonly logger: RunnerLogger;
  /** Jobs sent longer ago than this are looked for in the queue. */
  readonly resendSeconds?: number;
}

interface PendingJob {
  readonly id: string;
  readonly type: JobType;
  readonly attempt: number;
  readonly dispatches: number;
  readonly rank: number;
  /** s until it may run; 0 or less: now. */
  readonly wait: number;
  readonly sent: boolean;
}

const BATCH = 1_000;
const RESEND_SECONDS = 15;

const columns = sql`id, type, attempt, dispatches, rank, dispatched_at is not null as sent,
  case when run_after > now() + make_interval(secs => ${MOST_WAIT_SECONDS}) then 0
    else coalesce(extract(epoch from run_after - now()), 0) end::float8 as wait`;

/** Sending the same job twice in the same state gives the same id, and the queue takes it once. */
export function deliveryId(job: Pick<JobRow, 'id' | 'attempt' | 'dispatches'>): string {
  return `${job.id}-${job.attempt}-${job.dispatches}`;
}

function toDelivery(job: PendingJob): OutgoingDelivery {
  return {
    id: deliveryId(job),
    name: `${job.type} ${job.id.slice(0, 8)} attempt ${job.attempt + 1}`,
    data: { jobId: job.id, attempt: job.attempt + 1 },
    rank: job.rank,
    ...(job.wait > 0 && { delaySeconds: job.wait }),
  };
}

function byType(jobs: readonly PendingJob[]): ReadonlyMap<JobType, readonly PendingJob[]> {
  const groups = new Map<JobType, PendingJob[]>();
  for (const job of jobs) {
    const group = groups.get(job.type);
    if (group) group.push(job);
    else groups.set(job.type, [job]);
  }
  return groups;
}

export function createJobOutbox(options: JobOutboxOptions): JobOutbox {
  const { transport, logger } = options;
  const { kysely } = options.db;
  const resendSeconds = options.resendSeconds ?? RESEND_SECONDS;
  const announced = new Set<string>();
  const again = new Set<string>();
  let answering = true;

  async function ask<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      answering = true;
      return answer;
    } catch (error) {
      answering = false;
      throw error;
    }
  }

  async function send(jobs: readonly PendingJob[]): Promise<void> {
    for (const [type, group] of byType(jobs)) {
      await ask(transport.send(type, group.map(toDelivery)));
      await mark(group, 1);
    }
  }

  /** Compare-and-set on what was sent: of several senders one counts, and a job that moved on is left alone. */
  async function mark(jobs: readonly PendingJob[], dispatches: 0 | 1): Promise<void> {
    if (jobs.length === 0) return;
    const list = storableJson(jobs.map(({ id, attempt, dispatches }) => ({ id, attempt, dispatches })));
    await sql`
      update processing_jobs as job set dispatched_at = now(), dispatches = job.dispatches + ${dispatches}::integer
      from jsonb_to_recordset(${list}::jsonb) as sent (id uuid, attempt integer, dispatches integer)
      where job.id = sent.id and job.attempt = sent.attempt and job.dispatches = sent.dispatches
        and job.status = 'pending'`.execute(kysely);
  }

  function take(ids: Set<string>): string {
    const taken = [...ids].slice(0, BATCH);
    for (const id of taken) ids.delete(id);
    return storableJson(taken);
  }

  async function sendAnnounced(): Promise<void> {
    while (again.size > 0) {
      const list = take(again);
      const { rows } = await sql<{ id: string }>`
        update processing_jobs set dispatched_at = null
        where id in (select value::uuid from jsonb_array_elements_text(${list}::jsonb)) and status = 'pending'
        returning id`.execute(kysely);
      for (const { id } of rows) announced.add(id);
    }
    while (announced.size > 0) {
      const list = take(announced);
      // While the queue is away the rows wait for the sweep: nothing piles up here.
      if (!transport.available) continue;
      const { rows } = await sql<PendingJob>`
        select ${columns} from processing_jobs
        where id in (select value::uuid from jsonb_array_elements_text(${list}::jsonb))
          and status = 'pending' and waiting_for = '{}' and not held and dispatched_at is null`.execute(
        kysely,
      );
      await send(rows);
    }
  }

  async function absent(jobs: readonly PendingJob[]): Promise<readonly PendingJob[]> {
    const missing: PendingJob[] = [];
    const there: PendingJob[] = [];
    for (const [type, group] of byType(jobs)) {
      const lastId = (job: PendingJob): string => deliveryId({ ...job, dispatches: job.dispatches - 1 });
      const present = await ask(transport.present(type, group.map(lastId)));
      for (const job of group) (present.has(lastId(job)) ? there : missing).push(job);
    }
    await mark(there, 0);
    return missing;
  }

  const flush = singleFlight(sendAnnounced, (error) =>
    logger.warn({ err: error }, 'jobs were not sent to the queue; the sweep sends them'),
  );

  return {
    get working() {
      return transport.available && answering;
    },
    announce(jobIds) {
      for (const id of jobIds) announced.add(id);
      flush();
    },
    announceAgain(jobIds) {
      for (const id of jobIds) again.add(id);
      flush();
    },
    withdraw(job) {
      if (!transport.available) return;
      const ids = [deliveryId(job), deliveryId({ ...job, dispatches: job.dispatches - 1 })];
      // A delivery that stays is skipped by the worker that takes it.
      transport.remove(job.type, ids).catch(() => {});
    },

    async sweep() {
      let count = 0;
      // With nothing to send it has to be asked whether it answers again.
      if (transport.available && !answering) await ask(transport.ping());
      while (transport.available) {
        const { rows } = await sql<PendingJob>`
          select ${columns} from processing_jobs where status = 'pending' and waiting_for = '{}' and not held
            and (dispatched_at is null or dispatched_at < now() - make_interval(secs => ${resendSeconds}))
          order by rank, created_at limit ${BATCH}`.execute(kysely);
        const due = [...rows.filter((job) => !job.sent), ...(await absent(rows.filter((job) => job.sent)))];
        await send(due);
        count += due.length;
        if (rows.length < BATCH) break;
      }
      return count;
    },

    settled: () => flush.settled(),
  };
}
