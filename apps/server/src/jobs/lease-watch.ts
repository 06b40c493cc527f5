import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../db/schema.js';
import { storableJson } from './json-text.js';

/** A running job and the end of its lease, as it was when it was last looked at. */
export interface QuietJob {
  readonly id: string;
  readonly lease: string;
}

export interface LeaseWatchTimes {
  /** A lease that ran out and was not renewed for so long is dead: a living worker has had its turn twice. */
  readonly confirmMs: number;
  /** One that was not renewed for so long is dead, wherever its end lies. */
  readonly longestMs: number;
}

/**
 * Leases end by the clock of the database, and that may be put on or back. So a lease is taken for dead only when this
 * process, by a clock that only goes forward, has not seen it renewed.
 */
export class LeaseWatch {
  private seen = new Map<string, { readonly lease: string; readonly sinceMs: number }>();

  constructor(
    private readonly db: Kysely<DatabaseSchema>,
    private readonly times: LeaseWatchTimes,
  ) {}

  /** Running jobs but those named whose worker is gone. */
  async quiet(except: readonly string[]): Promise<readonly QuietJob[]> {
    const rows = await this.look(except).catch((error: unknown) => {
      // While the database is away nobody can renew.
      this.seen.clear();
      throw error;
    });
    const now = performance.now();
    const seen: typeof this.seen = new Map();
    const found: QuietJob[] = [];
    for (const { id, lease, expired } of rows) {
      const before = this.seen.get(id);
      const sinceMs = before?.lease === lease ? before.sinceMs : now;
      seen.set(id, { lease, sinceMs });
      const { confirmMs, longestMs } = this.times;
      if (now - sinceMs >= (expired ? confirmMs : longestMs)) found.push({ id, lease });
    }
    this.seen = seen;
    return found;
  }

  private async look(except: readonly string[]) {
    const { rows } = await sql<{ id: string; lease: string; expired: boolean }>`
      select id, coalesce(lease_until::text, '') as lease, coalesce(lease_until < now(), true) as expired
      from processing_jobs
      where status = 'running'
        and id not in (select value::uuid from jsonb_array_elements_text(${storableJson(except)}::jsonb))`.execute(
      this.db,
    );
    return rows;
  }
}
