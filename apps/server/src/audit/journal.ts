import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditRow, parseAuditLine } from './audit-row.js';
import { heartbeatMilliseconds, isLeftBehind, journalId, journalName, ownJournals } from './journal-owner.js';

/**
 * Rows on their way to the database, one JSON line each. A line is handed to the operating system before the answer
 * leaves or the row is buffered, so that a killed process loses none (a power failure may). Of several lines of one
 * request the last holds.
 */
export interface Journal {
  /** Kept when the journal is taken over, so that old and new owner agree on one lock. */
  readonly id: string;
  /** Throws when no whole line could be written, and after the end. */
  append(row: AuditRow): void;
  /** Call when all rows but `remaining` are in the database. */
  clear(remaining: readonly AuditRow[]): void;
  /** False when another process took this one for dead and brought the rows in. */
  isOwn(): boolean;
  /** Ends writing; the file stays for the next start. */
  abandon(): void;
  remove(): void;
}

const rewriteBytes = 1024 * 1024;

export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const id = randomUUID();
  const path = join(folder, journalName(id));
  let file = openSync(path, 'a', 0o600);
  let bytes = 0;
  ownJournals.add(id);
  const heartbeat = setInterval(() => {
    const now = new Date();
    futimesSync(file, now, now);
  }, heartbeatMilliseconds);
  heartbeat.unref();
  let cut = false;
  let closed = false;
  const write = (row: AuditRow): void => {
    // The number of a closed file is soon that of another one, of the database too.
    if (closed) throw new Error('the journal of audit rows is closed');
    // After a line that a full disk has cut off a new one begins, so that only the cut one is unreadable.
    const line = Buffer.from(`${cut ? '\n' : ''}${JSON.stringify(row)}\n`);
    cut = true;
    const written = writeSync(file, line);
    bytes += written;
    cut = written < line.length;
    if (cut) throw new Error('the journal of audit rows takes no whole line: is the disk full?');
  };
  const abandon = (): void => {
    if (closed) return;
    closed = true;
    clearInterval(heartbeat);
    ownJournals.delete(id);
    closeSync(file);
  };
  return {
    id,
    append: write,
    clear(remaining) {
      if (remaining.length === 0) {
        if (bytes > 0) ftruncateSync(file, 0);
        bytes = 0;
        return;
      }
      // Lines of rows that arrived do no harm; the file is written anew before it gets long.
      if (bytes < rewriteBytes) return;
      const temporary = `${path}.new`;
      const old = file;
      file = openSync(temporary, 'w', 0o600);
      bytes = 0;
      for (const row of remaining) write(row);
      renameSync(temporary, path);
      closeSync(old);
    },
    isOwn() {
      const there = statSync(path, { throwIfNoEntry: false });
      return there !== undefined && there.ino === fstatSync(file).ino;
    },
    abandon,
    remove() {
      abandon();
      rmSync(path, { force: true });
    },
  };
}

export interface LeftBehindJournal {
  readonly id: string;
  readonly path: string;
}

/**
 * Takes over the journals of processes that are gone, by giving them a name of this process: of several processes
 * that look at once one gets the file.
 */
export async function takeLeftBehind(folder: string): Promise<LeftBehindJournal[]> {
  const taken: LeftBehindJournal[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const id = journalId(name);
    if (id === undefined || !(await isLeftBehind(folder, name))) continue;
    const path = join(folder, journalName(id));
    try {
      await rename(join(folder, name), path);
      taken.push({ id, path });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return taken;
}

/** The rows of a journal, each request once. */
export async function readJournal(path: string): Promise<AuditRow[]> {
  const rows = new Map<string, AuditRow>();
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    const row = parseAuditLine(line);
    if (row !== undefined) rows.set(row.request_id, row);
  }
  return [...rows.values()];
}

export function removeJournal(path: string): Promise<void> {
  return unlink(path);
}
