import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Database } from '../db/database.js';
import type { DatabaseSchema } from '../db/schema.js';
import type { AuditRow } from './audit-row.js';
import { leftBehindJournals, openJournal, readJournal, removeJournal } from './journal.js';

export interface AuditWriterOptions {
  readonly dataDir: string;
  /** Rows that trigger a flush at once. */
  readonly batchRows?: number;
  readonly flushMilliseconds?: number;
  /** Above this the next requests wait for the database. */
  readonly maxBufferedRows?: number;
  readonly onError?: (error: unknown, bufferedRows: number) => void;
}

/** Writes audit rows in batches, off the path of the request. */
export interface AuditWriter {
  /** Takes the row over: it is in the journal when this returns. */
  record(row: AuditRow): void;
  /** Resolves at once while there is room, else when the database has taken rows; waits at most a second. */
  waitForRoom(): Promise<void>;
  /** Writes what is buffered. Rejects when the database does not take it; the rows stay buffered. */
  flush(): Promise<void>;
  buffered(): number;
  /** Flushes and ends. Rows the database did not take stay in the journal for the next start. */
  close(): Promise<void>;
}

const rowsPerInsert = 500;

async function insertRows(kysely: Kysely<DatabaseSchema>, rows: readonly AuditRow[]): Promise<void> {
  for (let i = 0; i < rows.length; i += rowsPerInsert) {
    await kysely
      .insertInto('audit_logs')
      .values(rows.slice(i, i + rowsPerInsert))
      .execute();
  }
}

/** Rows of a killed process: part of them may have reached the database before it died. */
async function recover(db: Database, folder: string): Promise<number> {
  let count = 0;
  for (const path of await leftBehindJournals(folder)) {
    const rows = await readJournal(path);
    for (let i = 0; i < rows.length; i += rowsPerInsert) {
      const part = rows.slice(i, i + rowsPerInsert);
      const ids = part.map((row) => row.request_id);
      const earliest = part.map((row) => row.time).sort()[0];
      const there = await db.kysely
        .selectFrom('audit_logs')
        .select('request_id')
        .where('request_id', 'in', ids)
        .where('time', '>=', new Date(earliest))
        .execute();
      const known = new Set(there.map((row) => row.request_id));
      const missing = part.filter((row) => !known.has(row.request_id));
      await insertRows(db.kysely, missing);
      count += missing.length;
    }
    await removeJournal(path);
  }
  return count;
}

/** Opens the journal and brings in rows that earlier processes left behind. */
export async function openAuditWriter(db: Database, options: AuditWriterOptions): Promise<AuditWriter> {
  const { batchRows = 200, flushMilliseconds = 250, maxBufferedRows = 10_000 } = options;
  const folder = join(options.dataDir, 'audit');
  await recover(db, folder);
  const journal = openJournal(folder);
  let buffer: AuditRow[] = [];
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;

  const writeOut = async () => {
    while (buffer.length > 0) {
      const rows = buffer;
      buffer = [];
      try {
        // One transaction, so that a failed batch can be tried again without doubling rows.
        await db.kysely.transaction().execute((transaction) => insertRows(transaction, rows));
        failures = 0;
      } catch (error) {
        buffer = [...rows, ...buffer];
        failures += 1;
        options.onError?.(error, buffer.length);
        throw error;
      }
    }
    journal.clear();
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    running ??= writeOut().finally(() => {
      running = undefined;
      if (buffer.length > 0) schedule();
    });
    return running;
  };
  const schedule = () => {
    if (timer !== undefined || closed) return;
    const pause = flushMilliseconds * 2 ** Math.min(failures, 7);
    // A failed flush reports itself and is tried again.
    timer = setTimeout(() => flush().catch(() => undefined), pause);
  };

  return {
    record(row) {
      journal.append(row);
      buffer.push(row);
      if (buffer.length >= batchRows && failures === 0) flush().catch(() => undefined);
      else schedule();
    },
    async waitForRoom() {
      if (buffer.length < maxBufferedRows) return;
      let waiting: NodeJS.Timeout | undefined;
      const pause = new Promise<void>((resolve) => {
        waiting = setTimeout(resolve, 1000);
      });
      await Promise.race([flush().catch(() => pause), pause]);
      clearTimeout(waiting);
    },
    flush,
    buffered: () => buffer.length,
    async close() {
      closed = true;
      clearTimeout(timer);
      timer = undefined;
      await running?.catch(() => undefined);
      await flush();
      journal.remove();
    },
  };
}
