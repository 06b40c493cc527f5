import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { JobType } from '../db/schema.js';
import type { ObjectStore } from '../storage/object-store.js';

/** One arc to be computed, by whichever worker comes first. */
export interface ArcTicket {
  readonly pass: number;
  readonly arc: number;
  /** Hash of all that the arc's normals depend on; rows made of other inputs are done again. */
  readonly inputsHash: string;
  /** Object in processed-data that the result is written to. */
  readonly checkpointKey: string;
  /** What the arc worker needs besides the job's parameters. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ArcOutcome {
  readonly arc: number;
  readonly status: 'completed' | 'failed';
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Hands the arcs of a process job to workers on any machine. Absent in embedded mode: the task computes them itself. */
export interface ArcDispatcher {
  /** Makes the rows that are missing and sends them out. Rows completed with the same inputs stay. */
  submit(tickets: readonly ArcTicket[]): Promise<void>;
  /** Every arc of the pass once, as it ends; ends after the last one. Rejects when the signal is aborted. */
  outcomes(pass: number): AsyncIterable<ArcOutcome>;
  /** 0…1 of an arc at work on some machine, for the progress of the whole. */
  onProgress(listener: (arc: number, fraction: number, message: string) => void): () => void;
  /** Ends the arcs still at work and removes all rows, unless another attempt owns the job. */
  clear(): Promise<void>;
}

/** What a task may use while it runs one attempt of one job. */
export interface TaskContext {
  readonly jobId: string;
  readonly userId: string;
  readonly attempt: number;
  readonly parameters: Record<string, unknown>;
  /** Aborted on cancel, lost lease and shutdown; a task stops within seconds. */
  readonly signal: AbortSignal;
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly arcs?: ArcDispatcher;
  /** fraction 0…1; writes are throttled by the runner. */
  progress(fraction: number, message: string): void;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string, data?: Record<string, unknown>): void;
  /**
   * Final database writes of the task. Runs in one transaction that first checks that this attempt still owns
   * the job (fencing) and in which the runner then marks the job completed with the returned result.
   */
  finalize(
    write: (
      transaction: import('kysely').Transaction<import('../db/schema.js').DatabaseSchema>,
    ) => Promise<Record<string, unknown>>,
  ): Promise<void>;
}

/**
 * One operation. Idempotent: it may be started again after a killed worker, with the same job id and a higher
 * attempt. It ends by calling `finalize` once, or by throwing.
 */
export type Task = (context: TaskContext) => Promise<void>;

export type TaskRegistry = Readonly<Record<JobType, Task>>;

/** A failure whose text is for the user: the job ends `failed` with it and is not tried again. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  constructor(
    readonly code: string,
    message: string,
    readonly errors: readonly { field?: string; message: string; file?: string; line?: number }[] = [],
  ) {
    super(message);
  }
}
