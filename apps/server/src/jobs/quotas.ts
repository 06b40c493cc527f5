/** What users may have at once: jobs that wait, jobs that run, bytes that are stored. */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { QuotaLimits, ServerConfig } from '../config.js';
import type { DatabaseSchema, Role } from '../db/schema.js';
import { storableJson } from './json-text.js';

type Executor = Kysely<DatabaseSchema> | Transaction<DatabaseSchema>;
type Quotas = ServerConfig['quotas'];

/** By role; null: any number. */
export type RunningLimits = Readonly<Record<Role, number | null>>;

export interface QuotaUse {
  readonly pendingJobs: number;
  readonly runningJobs: number;
  readonly storageBytes: number;
}

/** More than the quota of the user allows. */
export class QuotaExceededError extends Error {
  override readonly name = 'QuotaExceededError';
  constructor(
    readonly quota: 'pending_jobs' | 'storage_bytes',
    message: string,
  ) {
    super(message);
  }
}

export function runningLimitsOf(quotas: Quotas): RunningLimits {
  const { viewer, operator, admin } = quotas;
  return { viewer: viewer.runningJobs, operator: operator.runningJobs, admin: admin.runningJobs };
}

/** SQL over `quota` (user_quotas, may be absent) and `owner` (users): null is no limit. */
export function runningLimit(limits: RunningLimits): RawBuilder<number | null> {
  return byRole('running_jobs', limits);
}

function byRole(column: 'running_jobs' | 'pending_jobs' | 'storage_bytes', limits: RunningLimits) {
  const number = (role: Role) => (limits[role] === null ? sql`null` : sql.lit(limits[role]));
  return sql<
    number | null
  >`coalesce(quota.${sql.ref(column)}, (case owner.role when 'viewer' then ${number('viewer')}
    when 'operator' then ${number('operator')} else ${number('admin')} end)::float8)`;
}

/** What the user may have: the numbers an admin gave, else those of the role. */
export async function limitsOf(db: Executor, quotas: Quotas, userId: string): Promise<QuotaLimits> {
  const row = await db
    .selectFrom('users as owner')
    .leftJoin('user_quotas as quota', 'quota.user_id', 'owner.id')
    .select(['owner.role', 'quota.pending_jobs', 'quota.running_jobs', 'quota.storage_bytes'])
    .where('owner.id', '=', userId)
    .executeTakeFirst();
  const own = quotas[row?.role ?? 'viewer'];
  const bytes = row?.storage_bytes ?? null;
  return {
    pendingJobs: row?.pending_jobs ?? own.pendingJobs,
    runningJobs: row?.running_jobs ?? own.runningJobs,
    storageBytes: bytes === null ? own.storageBytes : Number(bytes),
  };
}

export async function useOf(db: Executor, userId: string): Promise<QuotaUse> {
  const { rows } = await sql<{ pending: string; running: string; bytes: number }>`
    select
      (select count(*) from processing_jobs where user_id = ${userId} and status = 'pending') as pending,
      (select count(*) from processing_jobs where user_id = ${userId} and status = 'running') as running,
      ${storedBytes(userId)} as bytes`.execute(db);
  const [row] = rows;
  return {
    pendingJobs: Number(row.pending),
    runningJobs: Number(row.running),
    storageBytes: Number(row.bytes),
  };
}

const storedBytes = (userId: string): RawBuilder<number> => sql<number>`(
  (select coalesce(sum(bytes), 0) from ingested_files where user_id = ${userId})
  + (select coalesce(sum(bytes), 0) from gravity_products where user_id = ${userId}))`;

/**
 * Whether one more job may wait. To be called after the row was inserted, in its transaction: callers of the same user
 * come in turn.
 *
 * @throws QuotaExceededError
 */
export async function checkPendingQuota(
  transaction: Transaction<DatabaseSchema>,
  quotas: Quotas,
  userId: string,
): Promise<void> {
  const { pendingJobs } = await limitsOf(transaction, quotas, userId);
  if (pendingJobs === null) return;
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from processing_jobs where user_id = ${userId} and status = 'pending'`.execute(
    transaction,
  );
  if (Number(rows[0].count) <= pendingJobs) return;
  throw new QuotaExceededError(
    'pending_jobs',
    `You have ${pendingJobs} jobs waiting, which is as many as you may; wait until some have started, or cancel some`,
  );
}

/**
 * Whether the user may store `more` bytes.
 *
 * @throws QuotaExceededError
 */
export async function checkStorageQuota(
  db: Executor,
  quotas: Quotas,
  userId: string,
  more = 0,
): Promise<void> {
  const { storageBytes } = await limitsOf(db, quotas, userId);
  if (storageBytes === null) return;
  const { rows } = await sql<{ bytes: number }>`select ${storedBytes(userId)} as bytes`.execute(db);
  const used = Number(rows[0].bytes);
  if (used + more <= storageBytes && (more > 0 || used < storageBytes)) return;
  throw new QuotaExceededError(
    'storage_bytes',
    `Your files and products hold ${used} bytes of the ${storageBytes} you may store${more > 0 ? `; ${more} more do not fit` : ''}`,
  );
}

/**
 * Lets jobs go on that were held because their user had too many running, as many as there is room for. Returns their
 * ids; who is told too many finds them held again.
 */
export async function releaseHeldJobs(
  db: Executor,
  limits: RunningLimits,
  userIds?: readonly string[],
): Promise<readonly string[]> {
  const ofUsers =
    userIds === undefined
      ? sql``
      : sql`and job.user_id in (select value::uuid from jsonb_array_elements_text(${storableJson(userIds)}::jsonb))`;
  const { rows } = await sql<{ id: string }>`
    update processing_jobs set held = false, dispatched_at = null
    where status = 'pending' and held and id in (
      select waiting.id from (
        select job.id, ${runningLimit(limits)} as running_limit,
          row_number() over (partition by job.user_id order by job.rank, job.created_at, job.id) as place,
          (select count(*) from processing_jobs other
            where other.user_id = job.user_id and other.status = 'running') as running
        from processing_jobs job join users owner on owner.id = job.user_id
          left join user_quotas quota on quota.user_id = owner.id
        where job.status = 'pending' and job.held ${ofUsers}) waiting
      where running_limit is null or place <= running_limit - running)
    returning id`.execute(db);
  return rows.map(({ id }) => id);
}
