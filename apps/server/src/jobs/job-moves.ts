/** The statements that move a job from state to state. Each move writes its event in the same transaction. */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { DatabaseSchema, JobStatus, JobType } from '../db/schema.js';
import type { Software } from '../software.js';
import type { JobEventRow, JobRow } from './job-service.js';
import { storableJson, storableText } from './json-text.js';
import type { QuietJob } from './lease-watch.js';
import { type RunningLimits, runningLimit } from './quotas.js';

type Executor = Kysely<DatabaseSchema> | Transaction<DatabaseSchema>;
type Level = JobEventRow['level'];

/** A database that is started again is away for seconds: half a minute of tries of a write that must not be lost. */
export const WRITE_TRIES = 12;

/** The longest pause before a next attempt. */
export const MOST_WAIT_SECONDS = 900;

/** A pause that is longer than any comes of a clock that was put back: the job is not kept for that. */
const isDue = () => sql`(job.run_after is null or job.run_after <= now()
  or job.run_after > now() + make_interval(secs => ${MOST_WAIT_SECONDS}))`;

/** Who holds a job: the fencing token is `attempt`. */
export interface JobOwner {
  readonly jobId: string;
  readonly attempt: number;
}

export interface ClaimFilter {
  readonly types?: readonly JobType[];
  /** Only this job. */
  readonly jobId?: string;
}

export interface ClaimTerms {
  readonly workerId: string;
  readonly leaseSeconds: number;
  /** How many jobs a user may have running, by role; null: any number. */
  readonly runningLimits: RunningLimits;
  readonly software: Software;
}

/**
 * Takes the job of lowest rank, then the oldest, that may run; two workers never get the same one. Jobs that wait for
 * others, and those of users who have as many running as they may, are passed over; a job asked for by its id is then
 * marked as held, see `releaseHeldJobs`.
 */
export async function claimJob(
  db: Kysely<DatabaseSchema>,
  terms: ClaimTerms,
  filter: ClaimFilter = {},
): Promise<{ readonly job: JobRow; readonly event: JobEventRow } | undefined> {
  const { jobId, types } = filter;
  const limit = runningLimit(terms.runningLimits);
  const ofTypes =
    types === undefined
      ? sql``
      : sql`and job.type in (select value from jsonb_array_elements_text(${storableJson(types)}::jsonb))`;
  const full = sql`
    select running.user_id from processing_jobs running join users owner on owner.id = running.user_id
      left join user_quotas quota on quota.user_id = owner.id
    where running.status = 'running' group by running.user_id, ${limit} having count(*) >= ${limit}`;
  // A named job is waited for when another statement has it just now; of all others there are enough.
  const which =
    jobId === undefined
      ? sql`and job.user_id not in (${full}) order by job.rank, job.created_at, job.id limit 1
          for update of job skip locked`
      : sql`and job.id = ${jobId} for update of job`;
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string; user_id: string; running_limit: number | null }>`
      select job.id, job.user_id, ${limit} as running_limit
      from processing_jobs job join users owner on owner.id = job.user_id
        left join user_quotas quota on quota.user_id = owner.id
      where job.status = 'pending' and job.waiting_for = '{}'
        and ${isDue()} ${ofTypes} ${which}`.execute(transaction);
    const candidate = rows[0];
    if (!candidate) return undefined;
    if (candidate.running_limit !== null) {
      const running = await countRunning(transaction, candidate.user_id);
      if (running >= candidate.running_limit) {
        if (jobId !== undefined) {
          await sql`update processing_jobs set held = true where id = ${jobId}`.execute(transaction);
        }
        return undefined;
      }
    }
    const claimed = await sql<JobRow>`
      update processing_jobs set status = 'running', attempt = attempt + 1, worker_id = ${terms.workerId},
        lease_until = now() + make_interval(secs => ${terms.leaseSeconds}), run_after = null,
        started_at = coalesce(started_at, now()), updated_at = now(), progress = 0, progress_message = null,
        software = ${storableJson(terms.software)}::jsonb
      where id = ${candidate.id} and status = 'pending'
      returning *`.execute(transaction);
    const job = claimed.rows[0];
    if (!job) return undefined;
    const event = await insertStatusEvent(
      transaction,
      job.id,
      'running',
      `Attempt ${job.attempt} started`,
      'info',
      {
        attempt: job.attempt,
      },
    );
    return { job, event };
  });
}

/** Two claims for one user do not both see the last free place: the row of the user is theirs in turn. */
async function countRunning(transaction: Transaction<DatabaseSchema>, userId: string): Promise<number> {
  await sql`select 1 from users where id = ${userId} for no key update`.execute(transaction);
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from processing_jobs where user_id = ${userId} and status = 'running'`.execute(
    transaction,
  );
  return Number(rows[0]?.count ?? 0);
}

export async function insertStatusEvent(
  db: Executor,
  jobId: string,
  status: JobStatus,
  message: string,
  level: Level,
  data: Record<string, unknown> = {},
): Promise<JobEventRow> {
  const { rows } = await sql<JobEventRow>`
    insert into job_events (job_id, kind, level, message, data)
    values (${jobId}, 'status', ${level}, ${storableText(message)}, ${storableJson({ status, ...data })})
    returning *`.execute(db);
  return rows[0];
}

/** Extends the leases still owned; returns those, and whether someone asked to cancel. */
export async function renewLeases(
  db: Executor,
  owners: readonly JobOwner[],
  leaseSeconds: number,
): Promise<readonly { readonly id: string; readonly attempt: number; readonly cancel_requested: boolean }[]> {
  const list = storableJson(owners.map((owner) => ({ id: owner.jobId, attempt: owner.attempt })));
  const { rows } = await sql<{ id: string; attempt: number; cancel_requested: boolean }>`
    update processing_jobs as job set lease_until = now() + make_interval(secs => ${leaseSeconds})
    from jsonb_to_recordset(${list}::jsonb) as mine (id uuid, attempt integer)
    where job.id = mine.id and job.attempt = mine.attempt and job.status = 'running'
    returning job.id, job.attempt, job.cancel_requested`.execute(db);
  return rows;
}

export interface Settlement {
  readonly status: 'failed' | 'cancelled' | 'pending';
  readonly message: string;
  readonly level: Level;
  readonly error?: Record<string, unknown>;
  /** pending only: wait before the next attempt. */
  readonly waitSeconds?: number;
  /** pending only: this attempt is not counted (handed back, not failed). */
  readonly uncounted?: boolean;
}

/** Ends an attempt, if it still owns the job. Returns the event, or undefined when another state won. */
export async function settleJob(
  db: Executor,
  owner: JobOwner,
  end: Settlement,
): Promise<JobEventRow | undefined> {
  const terminal = end.status !== 'pending';
  const { rows } = await sql<JobEventRow>`
    with moved as (
      update processing_jobs set status = ${end.status}, updated_at = now(), lease_until = null,
        error = ${end.error ? storableJson(end.error) : null}::jsonb,
        completed_at = case when ${terminal}::boolean then now() end,
        run_after = case when ${terminal}::boolean then null
          else now() + make_interval(secs => ${Math.min(end.waitSeconds ?? 0, MOST_WAIT_SECONDS)}) end,
        max_attempts = max_attempts + ${end.uncounted ? 1 : 0}, dispatched_at = null
      where id = ${owner.jobId} and attempt = ${owner.attempt} and status = 'running'
      returning id, attempt)
    insert into job_events (job_id, kind, level, message, data)
    select id, 'status', ${end.level}, ${storableText(end.message)},
      jsonb_build_object('status', ${end.status}::text, 'attempt', attempt)
    from moved returning *`.execute(db);
  return rows[0];
}

/**
 * Locks the job row for the transaction that finalises it. 'owned' holds until the transaction ends; 'completed': by
 * this very attempt.
 */
export async function lockOwnedJob(
  transaction: Transaction<DatabaseSchema>,
  owner: JobOwner,
): Promise<'owned' | 'completed' | 'cancel_requested' | 'lost'> {
  const { rows } = await sql<{ status: JobStatus; cancel_requested: boolean }>`
    select status, cancel_requested from processing_jobs
    where id = ${owner.jobId} and attempt = ${owner.attempt} and status in ('running', 'completed')
    for update`.execute(transaction);
  if (rows.length === 0) return 'lost';
  if (rows[0].status === 'completed') return 'completed';
  return rows[0].cancel_requested ? 'cancel_requested' : 'owned';
}

/** The last write of a successful attempt (compare-and-set on id, attempt and state). */
export async function completeJob(
  transaction: Transaction<DatabaseSchema>,
  owner: JobOwner,
  result: Record<string, unknown>,
): Promise<JobEventRow | undefined> {
  const { rows } = await sql<JobEventRow>`
    with moved as (
      update processing_jobs set status = 'completed', result = ${storableJson(result)}::jsonb, error = null,
        progress = 1, updated_at = now(), completed_at = now(), lease_until = null
      where id = ${owner.jobId} and attempt = ${owner.attempt} and status = 'running' and not cancel_requested
      returning id, attempt)
    insert into job_events (job_id, kind, level, message, data)
    select id, 'status', 'info', 'Completed',
      jsonb_build_object('status', 'completed', 'attempt', attempt, 'progress', 1)
    from moved returning *`.execute(transaction);
  return rows[0];
}

/**
 * Ends the attempts of dead workers: with attempts left the job is pending again, else failed `worker_lost`;
 * a job that was to be cancelled is cancelled. `quiet`: those with a dead lease, unless renewed just now; 'all' at the
 * start of a process that owns the database alone.
 */
export async function reapJobs(
  db: Executor,
  active: readonly JobOwner[],
  quiet: readonly QuietJob[] | 'all',
): Promise<readonly JobEventRow[]> {
  if (quiet.length === 0) return [];
  const ids = storableJson(active.map((owner) => owner.jobId));
  const leases = storableJson(quiet === 'all' ? [] : quiet);
  const { rows } = await sql<JobEventRow>`
    with dead as (
      select id, attempt, case when cancel_requested then 'cancelled'
        when attempt < max_attempts then 'pending' else 'failed' end as next
      from processing_jobs
      where status = 'running' and (${quiet === 'all'}::boolean or (id, coalesce(lease_until::text, '')) in (
          select lost.id, lost.lease from jsonb_to_recordset(${leases}::jsonb) as lost (id uuid, lease text)))
        and id not in (select value::uuid from jsonb_array_elements_text(${ids}::jsonb))
      for update skip locked),
    moved as (
      update processing_jobs as job set status = dead.next, lease_until = null, run_after = null, updated_at = now(),
        dispatched_at = null, completed_at = case when dead.next <> 'pending' then now() end,
        error = case when dead.next = 'failed' then jsonb_build_object('code', 'worker_lost', 'message',
          'The worker died while it ran this job, in attempt ' || dead.attempt || ' of ' || job.max_attempts) end
      from dead where job.id = dead.id and job.attempt = dead.attempt and job.status = 'running'
      returning job.id, job.status, job.attempt)
    insert into job_events (job_id, kind, level, message, data)
    select id, 'status', case status when 'failed' then 'error' else 'warning' end,
      'Worker died, attempt ' || attempt,
      jsonb_build_object('status', status, 'attempt', attempt, 'code', 'worker_lost')
    from moved returning *`.execute(db);
  return rows;
}
