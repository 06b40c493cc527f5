/** The statements that move an arc from state to state, each fenced by its attempt. */
import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../../db/schema.js';
import { storableJson, storableText } from '../json-text.js';
import type { ArcKey, ArcOwner, ArcRow } from './arc-row.js';

type Executor = Kysely<DatabaseSchema>;

/** The job may still use arcs: at work, or between two attempts of the worker that sums them. */
const ALIVE = sql`job.status in ('pending', 'running') and not job.cancel_requested`;

const sameRow = ({ jobId, pass, arc }: ArcKey) =>
  sql`arc.job_id = ${jobId} and arc.pass = ${pass} and arc.arc = ${arc}`;

/**
 * Takes an arc that may run: the given one, or the one of the lowest rank. Two workers never get the same one.
 *
 * @param refused values of `requires` in the payload that this worker cannot meet
 */
export async function claimArc(
  db: Executor,
  workerId: string,
  leaseSeconds: number,
  refused: readonly string[] = [],
  key?: ArcKey,
): Promise<ArcRow | undefined> {
  const named = key ? sameRow(key) : sql`true`;
  const { rows } = await sql<ArcRow>`
    update process_arcs as taken set status = 'running', attempt = taken.attempt + 1, worker_id = ${workerId},
      lease_until = now() + make_interval(secs => ${leaseSeconds}), run_after = null, started_at = now(),
      updated_at = now()
    from (
      select arc.job_id, arc.pass, arc.arc
      from process_arcs as arc join processing_jobs as job on job.id = arc.job_id
      where arc.status = 'pending' and (arc.run_after is null or arc.run_after <= now()) and ${ALIVE} and ${named}
        and coalesce(arc.payload ->> 'requires', '') not in (
          select value from jsonb_array_elements_text(${storableJson(refused)}::jsonb))
      order by arc.rank, arc.created_at, arc.job_id, arc.arc
      limit 1 for update of arc skip locked) as next
    where taken.job_id = next.job_id and taken.pass = next.pass and taken.arc = next.arc
    returning taken.*`.execute(db);
  return rows[0];
}

export interface RenewedArc {
  readonly job_id: string;
  readonly pass: number;
  readonly arc: number;
  readonly attempt: number;
  /** The job is over or to be cancelled. */
  readonly ended: boolean;
}

/** Extends the leases still owned and returns those. */
export async function renewArcs(
  db: Executor,
  owners: readonly ArcOwner[],
  leaseSeconds: number,
): Promise<readonly RenewedArc[]> {
  const list = owners.map(({ jobId, pass, arc, attempt }) => ({ job_id: jobId, pass, arc, attempt }));
  const { rows } = await sql<RenewedArc>`
    update process_arcs as arc set lease_until = now() + make_interval(secs => ${leaseSeconds})
    from jsonb_to_recordset(${storableJson(list)}::jsonb)
        as mine (job_id uuid, pass integer, arc integer, attempt integer)
      join processing_jobs as job on job.id = mine.job_id
    where arc.job_id = mine.job_id and arc.pass = mine.pass and arc.arc = mine.arc and arc.attempt = mine.attempt
      and arc.status = 'running'
    returning arc.job_id, arc.pass, arc.arc, arc.attempt, not (${ALIVE}) as ended`.execute(db);
  return rows;
}

/** Ends an arc with its result, if this attempt still owns it and the job still wants it. */
export async function completeArc(
  db: Executor,
  owner: ArcOwner,
  result: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { rows } = await sql`
    update process_arcs as arc set status = 'completed', result = ${storableJson(result)}::jsonb, error = null,
      lease_until = null, completed_at = now(), updated_at = now()
    from processing_jobs as job
    where job.id = arc.job_id and ${ALIVE} and ${sameRow(owner)} and arc.attempt = ${owner.attempt}
      and arc.status = 'running'
    returning arc.arc`.execute(db);
  return rows.length > 0;
}

export interface ArcFailure {
  readonly code: string;
  readonly message: string;
  /** Trying again would not mend it. */
  readonly final?: boolean;
  readonly waitSeconds: number;
}

/** Ends an attempt without a result: with attempts left the arc is pending again. Returns the row as it is then. */
export async function failArc(
  db: Executor,
  owner: ArcOwner,
  { code, message, final = false, waitSeconds }: ArcFailure,
): Promise<ArcRow | undefined> {
  const over = sql<boolean>`(${final}::boolean or arc.attempt >= arc.max_attempts)`;
  const { rows } = await sql<ArcRow>`
    update process_arcs as arc set status = case when ${over} then 'failed' else 'pending' end,
      error = ${storableJson({ code, message: storableText(message) })}::jsonb, lease_until = null,
      dispatched_at = null, updated_at = now(),
      completed_at = case when ${over} then now() end,
      run_after = case when not ${over} then now() + make_interval(secs => ${waitSeconds}) end
    where ${sameRow(owner)} and arc.attempt = ${owner.attempt} and arc.status = 'running'
    returning arc.*`.execute(db);
  return rows[0];
}

/** Gives an arc back: this attempt is not counted. */
export async function handBackArc(db: Executor, owner: ArcOwner): Promise<ArcRow | undefined> {
  const { rows } = await sql<ArcRow>`
    update process_arcs as arc set status = 'pending', max_attempts = arc.max_attempts + 1, lease_until = null,
      dispatched_at = null, run_after = null, updated_at = now()
    where ${sameRow(owner)} and arc.attempt = ${owner.attempt} and arc.status = 'running'
    returning arc.*`.execute(db);
  return rows[0];
}

/** Ends the attempts of dead workers; `active`: those of the caller, whose lease may only be late. */
export async function reapArcs(db: Executor, active: readonly ArcOwner[]): Promise<readonly ArcRow[]> {
  const list = active.map(({ jobId, pass, arc }) => ({ job_id: jobId, pass, arc }));
  const { rows } = await sql<ArcRow>`
    with dead as (
      select arc.job_id, arc.pass, arc.arc, arc.attempt from process_arcs as arc
      where arc.status = 'running' and arc.lease_until < now() and not exists (
        select 1 from jsonb_to_recordset(${storableJson(list)}::jsonb) as mine (job_id uuid, pass integer, arc integer)
        where mine.job_id = arc.job_id and mine.pass = arc.pass and mine.arc = arc.arc)
      for update skip locked)
    update process_arcs as arc set lease_until = null, dispatched_at = null, run_after = null, updated_at = now(),
      status = case when arc.attempt < arc.max_attempts then 'pending' else 'failed' end,
      completed_at = case when arc.attempt >= arc.max_attempts then now() end,
      error = jsonb_build_object('code', 'worker_lost', 'message',
        'the worker ' || arc.worker_id || ' died while it computed the arc, in attempt ' || arc.attempt || ' of '
          || arc.max_attempts)
    from dead
    where arc.job_id = dead.job_id and arc.pass = dead.pass and arc.arc = dead.arc and arc.attempt = dead.attempt
      and arc.status = 'running'
    returning arc.*`.execute(db);
  return rows;
}
