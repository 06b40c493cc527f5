/** The statements of the outbox of webhooks. */
import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../db/schema.js';
import { storableText } from '../jobs/json-text.js';

type Executor = Kysely<DatabaseSchema>;

/** A delivery taken by one sender, with where it goes. */
export interface DueDelivery {
  readonly id: string;
  readonly webhook_id: string | null;
  readonly job_id: string | null;
  readonly event: string;
  /** This attempt, from 1. */
  readonly attempts: number;
  readonly created_at: Date;
  readonly url: string | null;
  readonly sealed_secret: string | null;
}

/**
 * Takes what is due, the oldest first. While one sender is at it (`leaseSeconds`), no other takes it; a sender that dies
 * leaves it due again.
 */
export async function takeDue(
  db: Executor,
  limit: number,
  leaseSeconds: number,
): Promise<readonly DueDelivery[]> {
  const { rows } = await sql<DueDelivery>`
    with due as (
      select id from webhook_deliveries where status = 'pending' and next_attempt_at <= now()
      order by next_attempt_at limit ${limit} for update skip locked),
    taken as (
      update webhook_deliveries delivery
      set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
      from due where delivery.id = due.id
      returning delivery.id, delivery.webhook_id, delivery.job_id, delivery.event, delivery.attempts,
        delivery.created_at)
    select taken.*, coalesce(hook.url, job.callback ->> 'url') as url,
      coalesce(hook.sealed_secret, job.callback ->> 'sealed_secret') as sealed_secret
    from taken left join webhooks hook on hook.id = taken.webhook_id
      left join processing_jobs job on job.id = taken.job_id and taken.webhook_id is null
    order by taken.created_at, taken.id`.execute(db);
  return rows;
}

export interface Outcome {
  readonly status: 'delivered' | 'failed' | 'again';
  readonly httpStatus?: number;
  readonly error?: string;
  readonly milliseconds: number;
  /** again only: wait before the next attempt. */
  readonly waitSeconds?: number;
}

/**
 * Writes what came of an attempt, unless a later one has the delivery. A webhook that fails time after time is switched
 * off, and what was still to be sent to it ends failed. Returns whether it was.
 */
export async function recordOutcome(
  db: Executor,
  delivery: DueDelivery,
  outcome: Outcome,
  disableAfter: number,
): Promise<boolean> {
  const { id, attempts, webhook_id: webhookId } = delivery;
  const status = outcome.status === 'again' ? 'pending' : outcome.status;
  const error = outcome.error === undefined ? null : storableText(outcome.error, 500);
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql`
      update webhook_deliveries set status = ${status}, last_status = ${outcome.httpStatus ?? null},
        last_error = ${error}, duration_ms = ${outcome.milliseconds},
        delivered_at = case when ${status} = 'delivered' then now() end,
        next_attempt_at = now() + make_interval(secs => ${outcome.waitSeconds ?? 0})
      where id = ${id} and attempts = ${attempts} and status = 'pending' returning id`.execute(transaction);
    if (rows.length === 0 || webhookId === null) return false;
    if (outcome.status === 'delivered') {
      await sql`update webhooks set failures = 0, last_success_at = now() where id = ${webhookId}`.execute(
        transaction,
      );
      return false;
    }
    const gone = outcome.httpStatus === 410;
    const reason = gone
      ? 'the receiver answered 410 Gone'
      : `${disableAfter} attempts in a row failed, the last one: ${error ?? 'no reason'}`;
    const disabled = await sql`
      update webhooks set failures = failures + 1,
        active = failures + 1 < ${disableAfter} and not ${gone}::boolean,
        disabled_reason = case when failures + 1 >= ${disableAfter} or ${gone}::boolean then ${reason} end,
        updated_at = case when failures + 1 >= ${disableAfter} or ${gone}::boolean then now() else updated_at end
      where id = ${webhookId} and active
      returning active`.execute(transaction);
    const [hook] = disabled.rows as { active: boolean }[];
    if (hook === undefined || hook.active) return false;
    await sql`
      update webhook_deliveries set status = 'failed', last_error = 'the webhook was switched off'
      where webhook_id = ${webhookId} and status = 'pending'`.execute(transaction);
    return true;
  });
}

/** Seconds until something is due; undefined when nothing waits. */
export async function secondsUntilDue(db: Executor): Promise<number | undefined> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from min(next_attempt_at) - now())::float8 as seconds
    from webhook_deliveries where status = 'pending'`.execute(db);
  return rows[0]?.seconds ?? undefined;
}

/** Removes the log of deliveries that ended long ago. */
export async function dropOldDeliveries(db: Executor, days: number): Promise<void> {
  await sql`
    delete from webhook_deliveries
    where status <> 'pending' and created_at < now() - make_interval(days => ${days}::integer)`.execute(db);
}
