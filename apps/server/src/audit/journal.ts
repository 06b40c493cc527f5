import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { readdir, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type AuditRow, parseAuditLine } from './audit-row.js';

/**
 * Rows on their way to the database, one JSON line each. A line is handed to the operating system before the
 * row is buffered, so that a killed process loses none (a power failure may).
 */
export interface Journal {
  append(row: AuditRow): void;
  /** Call when all rows of the journal are in the database. */
  clear(): void;
  remove(): void;
}

const namePattern = /^audit-(.+)-(\d+)-[0-9a-f-]{36}\.ndjson$/;

export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `audit-${hostname()}-${process.pid}-${randomUUID()}.ndjson`);
  const file = openSync(path, 'a', 0o600);
  let empty = true;
  return {
    append(row) {
      writeSync(file, `${JSON.stringify(row)}\n`);
      empty = false;
    },
    clear() {
      if (empty) return;
      ftruncateSync(file, 0);
      empty = true;
    },
    remove() {
      closeSync(file);
      unlinkSync(path);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A journal nobody writes any more: its process is gone, or it comes from another host and is long untouched. */
async function isLeftBehind(folder: string, name: string): Promise<boolean> {
  const [, host, pid] = namePattern.exec(name) ?? [];
  if (host === undefined) return false;
  // A container starts with the same process id again and again: an own id at start is an old file.
  if (host === hostname()) return Number(pid) === process.pid || !isAlive(Number(pid));
  const { mtimeMs } = await stat(join(folder, name));
  return Date.now() - mtimeMs > 10 * 60_000;
}

/** Journals left behind by killed processes; `except` keeps the callers' own out. */
export async function leftBehindJournals(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names) if (await isLeftBehind(folder, name)) found.push(join(folder, name));
  return found;
}

export async function readJournal(path: string): Promise<AuditRow[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .map(parseAuditLine)
    .filter((row) => row !== undefined);
}

export function removeJournal(path: string): Promise<void> {
  return unlink(path);
}
