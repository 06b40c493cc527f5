/** The arcs of a job as a whole: made, looked at, sent again, removed. */
import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema, JobStatus } from '../../db/schema.js';
import { storableJson } from '../json-text.js';
import type { ArcTicket } from '../task.js';
import type { ArcKey, ArcRow } from './arc-row.js';

type Executor = Kysely<DatabaseSchema>;

/** The worker that sums the arcs of a job: the fencing token is its attempt. */
export interface BatchOwner {
  readonly jobId: string;
  readonly attempt: number;
}

/** Another attempt owns the job, or it is to be cancelled. */
export class BatchLostError extends Error {
  override readonly name = 'BatchLostError';
}

/**
 * Makes the missing rows and returns those now pending. Rows of the same inputs that are pending, running or completed
 * stay; failed ones and those of other inputs are done again with fresh attempts (numbers go on, so that an old worker
 * is fenced out).
 *
 * Ranks share the workers between users by virtual time: a batch begins behind the user's own pending arcs, but not
 * before the arc that comes next, and counts up; so the arcs of two users alternate.
 *
 * @throws BatchLostError
 */
export async function submitArcs(
  db: Executor,
  { jobId, attempt }: BatchOwner,
  tickets: readonly ArcTicket[],
): Promise<readonly ArcRow[]> {
  return db.transaction().execute(async (transaction) => {
    const owned = await sql<{ user_id: string }>`
      select user_id from processing_jobs
      where id = ${jobId} and attempt = ${attempt} and status = 'running' and not cancel_requested
      for share`.execute(transaction);
    if (owned.rows.length === 0) throw new BatchLostError(`job ${jobId} is no longer of attempt ${attempt}`);
    const [{ user_id: userId }] = owned.rows;
    const list = tickets.map((ticket) => ({
      pass: ticket.pass,
      arc: ticket.arc,
      inputs_hash: ticket.inputsHash,
      checkpoint_key: ticket.checkpointKey,
      payload: ticket.payload,
    }));
    await sql`
      insert into process_arcs as old
        (job_id, pass, arc, status, inputs_hash, checkpoint_key, payload, rank, updated_at)
      select ${jobId}::uuid, ticket.pass, ticket.arc, 'pending', ticket.inputs_hash, ticket.checkpoint_key,
        ticket.payload, (base.rank + ticket.position - 1)::integer, now()
      from rows from (jsonb_to_recordset(${storableJson(list)}::jsonb)
          as (pass integer, arc integer, inputs_hash text, checkpoint_key text, payload jsonb)) with ordinality
          as ticket (pass, arc, inputs_hash, checkpoint_key, payload, position),
        (select greatest(coalesce(max(arc.rank) filter (where job.user_id = ${userId}::uuid) + 1, 0),
            coalesce(min(arc.rank), 0)) as rank
          from process_arcs as arc join processing_jobs as job on job.id = arc.job_id
          where arc.status = 'pending') as base
      on conflict (job_id, pass, arc) do update set status = 'pending', inputs_hash = excluded.inputs_hash,
        checkpoint_key = excluded.checkpoint_key, payload = excluded.payload, rank = excluded.rank, result = null,
        error = null, lease_until = null, run_after = null, dispatched_at = null, completed_at = null,
        created_at = now(), updated_at = now(), max_attempts = old.attempt + 3
      where old.inputs_hash <> excluded.inputs_hash or old.status in ('failed', 'cancelled')`.execute(
      transaction,
    );
    const pending = await sql<ArcRow>`
      select * from process_arcs where job_id = ${jobId} and status = 'pending' order by rank, arc`.execute(
      transaction,
    );
    return pending.rows;
  });
}

/** The ended arcs of a pass, without those already known. */
export async function endedArcs(
  db: Executor,
  jobId: string,
  pass: number,
  known: readonly number[],
): Promise<readonly ArcRow[]> {
  const { rows } = await sql<ArcRow>`
    select * from process_arcs where job_id = ${jobId} and pass = ${pass} and status in ('completed', 'failed')
      and arc not in (select value::integer from jsonb_array_elements_text(${storableJson(known)}::jsonb))
    order by arc`.execute(db);
  return rows;
}

/** Pending arcs that may run and were not looked after for a while; marks them as looked after. */
export async function takeUndelivered(
  db: Executor,
  olderThanSeconds: number,
  limit = 500,
): Promise<readonly ArcRow[]> {
  const { rows } = await sql<ArcRow>`
    update process_arcs as arc set dispatched_at = now()
    from (
      select job_id, pass, arc from process_arcs
      where status = 'pending' and (run_after is null or run_after <= now())
        and (dispatched_at is null or dispatched_at < now() - make_interval(secs => ${olderThanSeconds}))
      order by rank limit ${limit} for update skip locked) as late
    where arc.job_id = late.job_id and arc.pass = late.pass and arc.arc = late.arc
    returning arc.*`.execute(db);
  return rows;
}

/** Counts one more sending of these arcs; returns them as they are then. */
export async function countDispatch(db: Executor, arcs: readonly ArcKey[]): Promise<readonly ArcRow[]> {
  const list = arcs.map(({ jobId, pass, arc }) => ({ job_id: jobId, pass, arc }));
  const { rows } = await sql<ArcRow>`
    update process_arcs as arc set dispatched_at = now(), dispatches = arc.dispatches + 1
    from jsonb_to_recordset(${storableJson(list)}::jsonb) as sent (job_id uuid, pass integer, arc integer)
    where arc.job_id = sent.job_id and arc.pass = sent.pass and arc.arc = sent.arc and arc.status = 'pending'
    returning arc.*`.execute(db);
  return rows;
}

/** Removes all arcs of a job that is still of this attempt. */
export async function removeArcs(db: Executor, { jobId, attempt }: BatchOwner): Promise<readonly ArcRow[]> {
  const { rows } = await sql<ArcRow>`
    delete from process_arcs as arc using processing_jobs as job
    where job.id = arc.job_id and job.id = ${jobId} and job.attempt = ${attempt}
    returning arc.*`.execute(db);
  return rows;
}

/** Jobs that ended a while ago and still have arcs: their worker died before it could remove them. */
export async function endedJobsWithArcs(
  db: Executor,
  olderThanSeconds: number,
): Promise<readonly { readonly id: string; readonly attempt: number; readonly status: JobStatus }[]> {
  const { rows } = await sql<{ id: string; attempt: number; status: JobStatus }>`
    select id, attempt, status from processing_jobs as job
    where status in ('completed', 'failed', 'cancelled')
      and updated_at < now() - make_interval(secs => ${olderThanSeconds})
      and exists (select 1 from process_arcs where job_id = job.id)
    limit 20`.execute(db);
  return rows;
}
