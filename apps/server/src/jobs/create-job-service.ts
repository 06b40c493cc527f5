import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import { isUniqueViolation } from '../db/database-error.js';
import { isUuid } from '../uuid.js';
import { acceptance, createAftermath, openDependencies } from './dependencies.js';
import { createLocalBus, type JobBus } from './job-bus.js';
import { insertStatusEvent } from './job-moves.js';
import type { JobOutbox } from './job-outbox.js';
import {
  type CreateJobInput,
  DEFAULT_PRIORITY,
  type EndedAttempt,
  IdempotencyConflictError,
  type JobEventRow,
  type JobRow,
  type JobService,
  RetryError,
} from './job-service.js';
import { storableJson } from './json-text.js';
import { checkPendingQuota } from './quotas.js';

/** The job service of one process; runners of the same process share its bus and outbox. */
export interface LocalJobService extends JobService {
  readonly bus: JobBus;
  readonly outbox?: JobOutbox;
  /**
   * To be called when attempts have ended: what waited for them is sent on its way. Returns at once, never throws; what
   * it misses, the next sweep finds.
   */
  ended(attempts: readonly EndedAttempt[]): void;
  /** Told whenever jobs have ended here. Returns the unsubscribe function. */
  onEnded(listener: () => void): () => void;
}

/** A step of priority weighs as much as this many jobs waiting before. */
const RANKS_PER_PRIORITY = 1_000;

/**
 * The more jobs of a type a user has open, the later the next one comes: a long queue of one user does not keep
 * another user's first job waiting.
 */
function rankOf(input: CreateJobInput): RawBuilder<number> {
  const base = ((input.priority ?? DEFAULT_PRIORITY) - 1) * RANKS_PER_PRIORITY;
  return sql<number>`(select count(*) from processing_jobs where user_id = ${input.userId}
    and type = ${input.type} and status in ('pending', 'running')) + ${base}::integer`;
}

const EVENT_ID = /^\d{1,18}$/;

export function createJobService({
  db,
  bus = createLocalBus(),
  outbox,
  quotas,
}: {
  db: Database;
  bus?: JobBus;
  /** Sends new jobs to workers in other processes. */
  outbox?: JobOutbox;
  /** Without them anyone may have any number of jobs. */
  quotas?: ServerConfig['quotas'];
}): LocalJobService {
  const { kysely } = db;
  const aftermath = createAftermath({
    db,
    bus,
    ...(outbox !== undefined && { outbox }),
    ...(quotas !== undefined && { quotas }),
  });

  async function insert(input: CreateJobInput): Promise<{ job: JobRow; event: JobEventRow } | undefined> {
    return kysely.transaction().execute(async (transaction) => {
      // One user's requests come in turn: none of two sees the last free place twice.
      if (quotas !== undefined) {
        await sql`select 1 from users where id = ${input.userId} for no key update`.execute(transaction);
      }
      const dependsOn = [...new Set(input.dependsOn ?? [])];
      const waitingFor = await openDependencies(transaction, input.userId, dependsOn);
      const job = await transaction
        .insertInto('processing_jobs')
        .values({
          id: randomUUID(),
          user_id: input.userId,
          type: input.type,
          status: 'pending',
          parameters: storableJson(input.parameters),
          idempotency_key: input.idempotencyKey ?? null,
          request_hash: input.requestHash ?? null,
          priority: input.priority ?? DEFAULT_PRIORITY,
          rank: rankOf(input),
          depends_on: dependsOn,
          waiting_for: waitingFor,
          retry_of: input.retryOf ?? null,
          reproduces: input.reproduces ?? null,
          callback: input.callback === undefined ? null : storableJson(input.callback),
          updated_at: sql`now()`,
        })
        .onConflict((conflict) => conflict.columns(['user_id', 'idempotency_key']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (!job) return undefined;
      if (quotas !== undefined) await checkPendingQuota(transaction, quotas, input.userId);
      const event = await insertStatusEvent(transaction, job.id, 'pending', acceptance(waitingFor), 'info');
      return { job, event };
    });
  }

  /** The job that this user made with the same idempotency key. */
  async function findReplay(input: CreateJobInput): Promise<JobRow | undefined> {
    if (input.idempotencyKey === undefined) return undefined;
    const earlier = await kysely
      .selectFrom('processing_jobs')
      .selectAll()
      .where('user_id', '=', input.userId)
      .where('idempotency_key', '=', input.idempotencyKey)
      .executeTakeFirst();
    if (earlier === undefined) return undefined;
    if (earlier.type !== input.type || earlier.request_hash !== (input.requestHash ?? null)) {
      throw new IdempotencyConflictError('This idempotency key was used for another request');
    }
    return earlier;
  }

  async function get(id: string): Promise<JobRow | undefined> {
    if (!isUuid(id)) return undefined;
    return kysely.selectFrom('processing_jobs').selectAll().where('id', '=', id).executeTakeFirst();
  }

  return {
    bus,
    ...(outbox !== undefined && { outbox }),
    get,

    ended: aftermath.ended,
    onEnded: aftermath.onEnded,
    messagesWaiting: aftermath.messagesWaiting,

    async create(input) {
      const replay = await findReplay(input);
      if (replay) return { job: replay, replayed: true };
      const created = await insert(input).catch((error: unknown) => {
        if (input.retryOf !== undefined && isUniqueViolation(error)) {
          throw new RetryError(`Job ${input.retryOf} was retried already; retry that one`);
        }
        throw error;
      });
      if (created) {
        bus.publish([created.event]);
        outbox?.announce([created.job.id]);
        bus.wake();
        return { job: created.job, replayed: false };
      }
      // Another request with the same key has just been faster.
      const earlier = await findReplay(input);
      if (!earlier) throw new Error('the job with this idempotency key is gone');
      return { job: earlier, replayed: true };
    },

    async list(filter) {
      let query = kysely.selectFrom('processing_jobs');
      if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId);
      if (filter.status !== undefined) query = query.where('status', '=', filter.status);
      if (filter.type !== undefined) query = query.where('type', '=', filter.type);
      const [jobs, { total }] = await Promise.all([
        query
          .selectAll()
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .offset(filter.skip)
          .limit(filter.limit)
          .execute(),
        query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow(),
      ]);
      return { jobs, total: Number(total) };
    },

    async requestCancel(id) {
      if (!isUuid(id)) return undefined;
      const { rows } = await sql<JobEventRow>`
        with moved as (
          update processing_jobs set cancel_requested = true, updated_at = now(),
            status = case status when 'pending' then 'cancelled' else status end,
            completed_at = case status when 'pending' then now() end
          where id = ${id} and status in ('pending', 'running') and not cancel_requested
          returning id, status, attempt)
        insert into job_events (job_id, kind, level, message, data)
        select id, 'status', 'info', case status when 'cancelled' then 'Cancelled' else 'Cancel requested' end,
          jsonb_build_object('status', status, 'attempt', attempt, 'cancelRequested', true)
        from moved returning *`.execute(kysely);
      bus.publish(rows);
      const job = await get(id);
      if (job?.status === 'running') bus.cancel(id);
      else if (job?.status === 'cancelled') {
        outbox?.withdraw(job);
        aftermath.ended([{ jobId: id, userId: job.user_id, status: job.status }]);
      }
      return job;
    },

    async events(jobId, afterId, limit) {
      if (!isUuid(jobId)) return [];
      const after = afterId !== undefined && EVENT_ID.test(afterId) ? afterId : '0';
      return kysely
        .selectFrom('job_events')
        .selectAll()
        .where('job_id', '=', jobId)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute();
    },

    subscribe: (jobId, listener) => bus.subscribe(jobId, listener),
  };
}
