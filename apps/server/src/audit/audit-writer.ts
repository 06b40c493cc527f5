import { join } from 'node:path';
import type { KeyRing } from '../auth/key-ring.js';
import type { Database } from '../db/database.js';
import type { AuditRow } from './audit-row.js';
import { storeRows } from './audit-store.js';
import { type ChainHasher, createChainHasher } from './chain.js';
import { openJournal, readJournal, removeJournal, takeLeftBehind } from './journal.js';

export interface AuditWriterOptions {
  readonly dataDir: string;
  /** Key the chains of rows; none: plain hashes. */
  readonly keys?: KeyRing;
  /** Rows that trigger a flush at once. */
  readonly batchRows?: number;
  readonly flushMilliseconds?: number;
  /** Above this the next requests wait for the database. */
  readonly maxBufferedRows?: number;
  /** Time between two looks for journals of processes that were killed. */
  readonly recoverMilliseconds?: number;
  readonly onError?: (error: unknown, bufferedRows: number) => void;
}

/** Writes audit rows in batches, off the path of the request. */
export interface AuditWriter {
  /** Puts the row into the journal only, before the answer of a request leaves; `record` has to follow. */
  announce(row: AuditRow): void;
  /** Takes the row over: it is in the journal when this returns. */
  record(row: AuditRow): void;
  /** Resolves at once while there is room, else when the database has taken rows; waits at most a second. */
  waitForRoom(): Promise<void>;
  /** Writes what is buffered. Rejects when the database does not take it; the rows stay buffered. */
  flush(): Promise<void>;
  buffered(): number;
  /**
   * Flushes and ends. Rows the database did not take stay in the journal for the next start, and so do rows that come
   * later, such as those of requests that were cut off at the end.
   */
  close(): Promise<void>;
}

/** Brings in the rows of processes that are gone: part of them may have reached the database before. */
async function recover(db: Database, folder: string, hasher: ChainHasher): Promise<void> {
  for (const { id, path } of await takeLeftBehind(folder)) {
    // Undefined: the last transaction of the dead process is not yet ended; the next look finds the file again.
    if ((await storeRows(db.kysely, id, await readJournal(path), true, hasher)) !== undefined)
      await removeJournal(path);
  }
}

/** A journal of one row, left behind for the next start. */
function appendAlone(folder: string, row: AuditRow): void {
  const journal = openJournal(folder);
  try {
    journal.append(row);
  } finally {
    journal.abandon();
  }
}

/**
 * Opens a journal of its own and brings in rows that others left behind, now and from time to time. Any number of
 * processes may use the same data folder.
 */
export async function openAuditWriter(db: Database, options: AuditWriterOptions): Promise<AuditWriter> {
  const { batchRows = 200, flushMilliseconds = 250, maxBufferedRows = 10_000 } = options;
  const folder = join(options.dataDir, 'audit');
  const hasher = createChainHasher(options.keys);
  await recover(db, folder, hasher);
  const journal = openJournal(folder);
  const announced = new Map<string, AuditRow>();
  let buffer: AuditRow[] = [];
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;
  let ended = false;

  const report = (error: unknown): void => options.onError?.(error, buffer.length);
  let journalFails = false;
  /** A full disk must not fail requests: the row still goes to the database. Told once, not with every request. */
  const append = (row: AuditRow): void => {
    try {
      if (ended) appendAlone(folder, row);
      else journal.append(row);
      journalFails = false;
    } catch (error) {
      if (!journalFails) report(error);
      journalFails = true;
    }
  };
  const writeOut = async () => {
    while (buffer.length > 0) {
      const rows = buffer;
      buffer = [];
      try {
        // After a failure nobody knows whether the database had committed.
        const uncertain = failures > 0 || !journal.isOwn();
        if ((await storeRows(db.kysely, journal.id, rows, uncertain, hasher)) === undefined) {
          throw new Error('an earlier batch of audit rows is still under way');
        }
        failures = 0;
      } catch (error) {
        buffer = [...rows, ...buffer];
        failures += 1;
        report(error);
        throw error;
      }
    }
    journal.clear([...announced.values()]);
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
  let recovering: Promise<void> | undefined;
  const recoverTimer = setInterval(() => {
    recovering ??= recover(db, folder, hasher)
      .catch(report)
      .finally(() => {
        recovering = undefined;
      });
  }, options.recoverMilliseconds ?? 30_000);
  recoverTimer.unref();

  return {
    announce(row) {
      announced.set(row.request_id, row);
      append(row);
    },
    record(row) {
      announced.delete(row.request_id);
      append(row);
      if (ended) return;
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
      clearInterval(recoverTimer);
      await recovering;
      await running?.catch(() => undefined);
      buffer.push(...announced.values());
      announced.clear();
      try {
        await flush();
        journal.remove();
      } finally {
        ended = true;
        journal.abandon();
      }
    },
  };
}
