import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseUnavailableError } from './database-error.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in clock ticks since boot, to tell a reused pid; null where unknown. */
  readonly started: string | null;
  readonly token: string;
}

export interface FolderLock {
  release(): void;
}

const HEARTBEAT_MS = 5_000;
/** A lock of another host (container, shared disk) counts as dead when not touched for so long. */
const FOREIGN_STALE_MS = 30_000;
/** A younger one is watched for so long for a sign of life: a killed container comes back under a new host name. */
const FOREIGN_WATCH_MS = 3 * HEARTBEAT_MS;
const WATCH_STEP_MS = 500;

/**
 * Takes the lock file, so that two processes never open the same folder. The lock of a process that no longer
 * runs is taken over. Throws DatabaseUnavailableError 'locked' naming the owner.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  const mine: Owner = {
    pid: process.pid,
    host: hostname(),
    started: processStart(process.pid),
    token: randomUUID(),
  };
  const temporary = `${path}.${mine.token}`;
  writeFileSync(temporary, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let round = 0; ; round++) {
      try {
        // link() fails when the name exists: the lock appears whole, or not at all.
        linkSync(temporary, path);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const owner = readOwner(path);
        if (owner === undefined) continue;
        if (round >= 10 || (await isAlive(owner, path))) throw lockedError(path, owner);
        removeStale(path, owner, mine.token);
      }
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // The folder was removed under us; nothing to keep alive.
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    release: () => {
      clearInterval(timer);
      if (readOwner(path)?.token === mine.token) rmSync(path, { force: true });
    },
  };
}

function lockedError(path: string, owner: Owner): DatabaseUnavailableError {
  return new DatabaseUnavailableError(
    'locked',
    `The data folder is in use by process ${owner.pid} on ${owner.host} (lock file ${path}). Stop it first, or choose another GRAVITY_DATA_DIR.`,
  );
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // Unreadable: not ours to judge as alive; its age decides.
    return { pid: 0, host: 'unknown', started: null, token: '' };
  }
}

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== hostname()) return showsLife(path);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = processStart(owner.pid);
  return owner.started === null || started === null || started === owner.started;
}

/** Whether the lock file of another host is touched by its owner. */
async function showsLife(path: string): Promise<boolean> {
  const first = touchedMs(path);
  if (Date.now() - first > FOREIGN_STALE_MS) return false;
  for (let waited = 0; waited < FOREIGN_WATCH_MS; waited += WATCH_STEP_MS) {
    await new Promise((resolve) => setTimeout(resolve, WATCH_STEP_MS));
    if (touchedMs(path) !== first) return true;
  }
  return false;
}

function touchedMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** Moves the stale lock away; puts it back when another process took over in between. */
function removeStale(path: string, stale: Owner, token: string): void {
  const aside = `${path}.stale.${token}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readOwner(aside);
  if (moved !== undefined && moved.token !== stale.token) {
    try {
      linkSync(aside, path);
    } catch {
      // Someone holds the name already.
    }
  }
  rmSync(aside, { force: true });
}

/** Start of a process in clock ticks since boot; null where it cannot be known. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command may contain spaces: count after the last parenthesis; start time is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
