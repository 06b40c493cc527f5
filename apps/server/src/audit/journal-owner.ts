import { readlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { processStart } from '../db/folder-lock.js';

/** Time between two touches of an open journal. */
export const heartbeatMilliseconds = 20_000;
/** A journal of another machine or container untouched for so long has lost its process. */
const silentMilliseconds = 120_000;

/** audit-<machine>-<process>[-s<start of the process>]-<id>.ndjson */
const namePattern = /^audit-(.+)-(\d+)(?:-s(\d+))?-([0-9a-f-]{36})\.ndjson$/;

/** Ids of the journals this process has open. */
export const ownJournals = new Set<string>();

/** Process numbers mean something within one machine and one process namespace (container) only. */
function machine(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    // No /proc: the host name has to do.
  }
  return `${hostname().replace(/[^\w.-]/g, '_')}.${namespace}`;
}

export function journalName(id: string): string {
  const start = processStart(process.pid);
  return `audit-${machine()}-${process.pid}${start === null ? '' : `-s${start}`}-${id}.ndjson`;
}

/** The id in the name of a journal; undefined for other files. */
export function journalId(name: string): string | undefined {
  return namePattern.exec(name)?.[4];
}

function isAlive(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = processStart(pid);
  return start === undefined || now === null || start === now;
}

/** Whether nobody writes the journal any more. */
export async function isLeftBehind(folder: string, name: string): Promise<boolean> {
  const match = namePattern.exec(name);
  if (match === null) return false;
  const [, host, pid, start, id] = match;
  if (ownJournals.has(id)) return false;
  // Journals of before this version carry the bare host name.
  if (host === machine() || host === hostname()) {
    return Number(pid) === process.pid || !isAlive(Number(pid), start);
  }
  const touched = await stat(`${folder}/${name}`).catch(() => undefined);
  return touched !== undefined && Date.now() - touched.mtimeMs > silentMilliseconds;
}
