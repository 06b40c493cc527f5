import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import { retryTransient } from '../db/transient.js';
import { type JobOwner, WRITE_TRIES } from './job-moves.js';
import type { JobEventRow } from './job-service.js';
import { storableJson, storableText } from './json-text.js';

interface Entry {
  readonly time: string;
  readonly kind: 'progress' | 'log';
  readonly level: JobEventRow['level'];
  readonly message: string;
  readonly data: unknown;
}

export interface JournalOptions {
  /** Shortest time between two writes. */
  readonly intervalMs: number;
  readonly onEvents: (events: readonly JobEventRow[]) => void;
  /** The attempt no longer owns the job. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

/** Log lines kept per attempt; a task that logs per record would otherwise fill the database. */
const MAX_LOG_ENTRIES = 10_000;

/**
 * Progress and log of one attempt, gathered and written at most every `intervalMs`, fenced by the attempt:
 * what comes after the job went to someone else or was cancelled is not written; what comes with or right after the
 * result is.
 */
export class AttemptJournal {
  private entries: Entry[] = [];
  private fraction = 0;
  private message: string | undefined;
  private progressChanged = false;
  private logged = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private closed = false;
  private lastWriteMs = 0;
  private readonly startedMs = performance.now();

  constructor(
    private readonly db: Database,
    private readonly owner: JobOwner,
    private readonly options: JournalOptions,
  ) {}

  /** Never falls within an attempt; below 1 until the job is completed. */
  progress(fraction: number, message: string): void {
    if (this.closed || Number.isNaN(fraction)) return;
    const next = Math.max(this.fraction, Math.min(1, fraction));
    if (next === this.fraction && message === this.message) return;
    this.fraction = next;
    this.message = message;
    this.progressChanged = true;
    this.schedule();
  }

  log(level: JobEventRow['level'], message: string, data?: Record<string, unknown>): void {
    if (this.closed) return;
    this.logged += 1;
    if (this.logged > MAX_LOG_ENTRIES) return;
    const last = this.logged === MAX_LOG_ENTRIES;
    this.entries.push({
      time: new Date().toISOString(),
      kind: 'log',
      level: last ? 'warning' : level,
      message: last
        ? `More than ${MAX_LOG_ENTRIES} lines: the rest of the log is not kept`
        : storableText(message),
      data: last ? null : (data ?? null),
    });
    this.schedule();
  }

  /** Writes what is left and takes nothing more. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    await this.flush();
  }

  /** Takes nothing more and writes nothing more. */
  discard(): void {
    this.closed = true;
    this.entries = [];
    this.progressChanged = false;
    clearTimeout(this.timer);
  }

  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private schedule(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.lastWriteMs + this.options.intervalMs - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, wait);
  }

  private takeEntries(): Entry[] {
    const entries = this.entries;
    this.entries = [];
    if (!this.progressChanged) return entries;
    this.progressChanged = false;
    const elapsedSeconds = (performance.now() - this.startedMs) / 1000;
    const remainingSeconds =
      this.fraction > 0 ? (elapsedSeconds / this.fraction) * (1 - this.fraction) : null;
    entries.push({
      time: new Date().toISOString(),
      kind: 'progress',
      level: 'info',
      message: storableText(this.message ?? ''),
      data: { progress: this.fraction, attempt: this.owner.attempt, elapsedSeconds, remainingSeconds },
    });
    return entries;
  }

  private async write(): Promise<void> {
    const entries = this.takeEntries();
    if (entries.length === 0) return;
    this.lastWriteMs = performance.now();
    const statement = sql<JobEventRow>`
      with owned as (
        update processing_jobs set progress = greatest(progress, ${this.fraction}),
          progress_message = coalesce(${this.message === undefined ? null : storableText(this.message)}, progress_message),
          updated_at = now()
        where id = ${this.owner.jobId} and attempt = ${this.owner.attempt}
          and status in ('running', 'completed')
        returning id)
      insert into job_events (job_id, time, kind, level, message, data)
      select owned.id, entry.time, entry.kind, entry.level, entry.message, nullif(entry.data, 'null'::jsonb)
      from owned, rows from (jsonb_to_recordset(${storableJson(entries)}::jsonb)
        as (time timestamptz, kind text, level text, message text, data jsonb)) with ordinality
        as entry (time, kind, level, message, data, position)
      order by entry.position
      returning *`;
    try {
      // The lines of a log are not to be lost because the database is started again.
      const { rows } = await retryTransient(() => statement.execute(this.db.kysely), { tries: WRITE_TRIES });
      if (rows.length === 0) this.options.onLost();
      else this.options.onEvents(rows);
    } catch (error) {
      // Progress is worth less than the computation: the next write tries again with newer figures.
      this.options.onError(error);
    }
  }
}
