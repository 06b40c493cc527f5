/** Jobs that wait for others: what they may wait for, and what happens when those have ended. */
import { sql, type Transaction } from 'kysely';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { DatabaseSchema } from '../db/schema.js';
import type { JobBus } from './job-bus.js';
import type { JobOutbox } from './job-outbox.js';
import { DependencyError, type EndedAttempt, type JobEventRow, type JobRow } from './job-service.js';
import { storableJson } from './json-text.js';
import { releaseHeldJobs, runningLimitsOf } from './quotas.js';
import { isTerminal } from './transitions.js';

/**
 * Those of `ids` that are not yet completed. They are locked for the transaction: none ends unseen while the row of the
 * job that waits for them is not yet there. A job can wait only for jobs that were there before it, so that no circle
 * can come about.
 *
 * @throws DependencyError
 */
export async function openDependencies(
  transaction: Transaction<DatabaseSchema>,
  userId: string,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Pick<JobRow, 'id' | 'type' | 'status'>>`
    select id, type, status from processing_jobs
    where user_id = ${userId} and id in (select value::uuid from jsonb_array_elements_text(${storableJson(ids)}::jsonb))
    order by id for share`.execute(transaction);
  const found = new Map(rows.map((row) => [row.id, row]));
  for (const [index, id] of ids.entries()) {
    const job = found.get(id);
    if (job === undefined) throw new DependencyError(index, `no job ${id} of yours`);
    if (job.status === 'failed' || job.status === 'cancelled') {
      throw new DependencyError(index, `${job.type} ${id} is ${job.status} and will not complete`);
    }
  }
  return ids.filter((id) => found.get(id)?.status !== 'completed');
}

export function acceptance(waitingFor: readonly string[]): string {
  return waitingFor.length === 0 ? 'Accepted' : `Accepted; waits for ${waitingFor.join(', ')}`;
}

export interface Aftermath {
  ended(attempts: readonly EndedAttempt[]): void;
  onEnded(listener: () => void): () => void;
  messagesWaiting(): void;
}

/**
 * Sends what an ended job has set free on its way. The rows are right already (a trigger changes them in the
 * transaction that ends the job); this only saves waiting for the sweep.
 */
export function createAftermath({
  db,
  bus,
  outbox,
  quotas,
}: {
  readonly db: Database;
  readonly bus: JobBus;
  readonly outbox?: JobOutbox;
  readonly quotas?: ServerConfig['quotas'];
}): Aftermath {
  const { kysely } = db;
  const listeners = new Set<() => void>();

  /** All that waited for these jobs, also for those that ended because of them; with their latest events. */
  async function dependentsOf(jobIds: readonly string[]): Promise<readonly JobRow[]> {
    const { rows } = await sql<JobRow>`
      with recursive dependent as (
        select job.* from processing_jobs job
        where job.depends_on <> '{}' and job.depends_on && array(select jsonb_array_elements_text(${storableJson(jobIds)}::jsonb))
        union
        select job.* from processing_jobs job join dependent
          on job.depends_on <> '{}' and job.depends_on @> array[dependent.id::text] and dependent.status = 'cancelled')
      select * from dependent`.execute(kysely);
    return rows;
  }

  async function latestEvents(jobIds: readonly string[]): Promise<readonly JobEventRow[]> {
    const { rows } = await sql<JobEventRow>`
      select distinct on (job_id) * from job_events
      where job_id in (select value::uuid from jsonb_array_elements_text(${storableJson(jobIds)}::jsonb))
      order by job_id, id desc`.execute(kysely);
    return rows;
  }

  async function follow(attempts: readonly EndedAttempt[]): Promise<void> {
    const ids = attempts.flatMap(({ jobId, status }) =>
      status !== 'lost' && isTerminal(status) ? [jobId] : [],
    );
    if (ids.length > 0) {
      const dependents = await dependentsOf(ids);
      if (dependents.length > 0) {
        bus.publish(await latestEvents(dependents.map(({ id }) => id)));
        const free = dependents.filter((job) => job.status === 'pending' && job.waiting_for.length === 0);
        outbox?.announce(free.map(({ id }) => id));
        if (free.length > 0) bus.wake();
      }
      tellListeners();
    }
    const users = [...new Set(attempts.flatMap(({ userId }) => userId ?? []))];
    if (outbox === undefined || quotas === undefined || users.length === 0) return;
    const held = await releaseHeldJobs(kysely, runningLimitsOf(quotas), users);
    if (held.length > 0) outbox.announce(held);
  }

  function tellListeners(): void {
    for (const listener of [...listeners]) listener();
  }

  return {
    messagesWaiting: tellListeners,
    ended(attempts) {
      if (attempts.length > 0) follow(attempts).catch(() => {});
    },
    onEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
