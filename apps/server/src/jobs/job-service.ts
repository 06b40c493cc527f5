import type { Selectable } from 'kysely';
import type { JobEventsTable, JobStatus, JobType, ProcessingJobsTable } from '../db/schema.js';

export type JobRow = Selectable<ProcessingJobsTable>;
export type JobEventRow = Selectable<JobEventsTable>;

/** Of 1 (first) to 10. */
export const DEFAULT_PRIORITY = 5;

export interface CreateJobInput {
  readonly userId: string;
  readonly type: JobType;
  readonly parameters: Record<string, unknown>;
  /** 1 (first) to 10; default 5. Says when the job is run, not what it computes. */
  readonly priority?: number;
  readonly idempotencyKey?: string;
  readonly requestHash?: string;
  /** Jobs of the same user that have to complete first. */
  readonly dependsOn?: readonly string[];
  /** Told when the job has ended. */
  readonly callback?: { readonly url: string; readonly sealed_secret: string };
  /** The failed or cancelled job this one repeats. */
  readonly retryOf?: string;
  /** The product this job computes again. */
  readonly reproduces?: string;
}

/** Where an attempt left a job. */
export interface EndedAttempt {
  readonly jobId: string;
  readonly userId?: string;
  readonly status: JobStatus | 'lost';
}

/** The state of jobs, as HTTP sees it. The row in PostgreSQL is the truth. */
export interface JobService {
  /**
   * Inserts the row (status pending) and wakes the runner, in that order. The same user and idempotency key give
   * the earlier job (`replayed`); with another request hash it throws `IdempotencyConflictError`. Throws
   * `DependencyError` for jobs that cannot be waited for, `RetryError` when `retryOf` was retried already,
   * `QuotaExceededError` when the user has too many jobs waiting.
   */
  create(input: CreateJobInput): Promise<{ readonly job: JobRow; readonly replayed: boolean }>;
  get(id: string): Promise<JobRow | undefined>;
  list(filter: {
    readonly userId?: string;
    readonly status?: JobStatus;
    readonly type?: JobType;
    readonly skip: number;
    readonly limit: number;
  }): Promise<{ readonly jobs: JobRow[]; readonly total: number }>;
  /** pending → cancelled at once; running → cancel_requested and the running task's signal is aborted. */
  requestCancel(id: string): Promise<JobRow | undefined>;
  events(jobId: string, afterId: string | undefined, limit: number): Promise<JobEventRow[]>;
  /** There are new messages to webhooks. */
  messagesWaiting(): void;
  /** Called for every new event of the job while subscribed. Returns the unsubscribe function. */
  subscribe(jobId: string, listener: (event: JobEventRow) => void): () => void;
}

/** A job that cannot be waited for: unknown, another user's, failed or cancelled. */
export class DependencyError extends Error {
  override readonly name = 'DependencyError';
  constructor(
    /** Place in `dependsOn`. */
    readonly index: number,
    message: string,
  ) {
    super(message);
  }
}

/** The job was retried already. */
export class RetryError extends Error {
  override readonly name = 'RetryError';
}

export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
}
