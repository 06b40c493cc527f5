import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerConfig } from '../config.js';
import type { ObjectStore } from './object-store.js';

const SHARED_AGE_MS = 2 * 86_400_000;

/**
 * Removes what killed processes left half-done: temporary files of the store and scratch files of jobs. Call it once the
 * database is open: the embedded one is this process's alone, and so is the data folder then. Of a folder that
 * others may work in only what is old goes.
 */
export async function sweepLeftovers(
  config: Pick<ServerConfig, 'dataDir' | 'databaseUrl' | 's3'>,
  store: ObjectStore,
): Promise<void> {
  const alone = config.databaseUrl === undefined;
  // The clock may have been put back since: alone, the age says nothing.
  const olderThan = alone ? Number.POSITIVE_INFINITY : Date.now() - SHARED_AGE_MS;
  const scratch = join(config.dataDir, 'tmp');
  for (const name of await readdir(scratch).catch(() => [])) {
    const path = join(scratch, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && info.mtimeMs < olderThan) await rm(path, { recursive: true, force: true });
  }
  if (alone && config.s3 === undefined) await store.tidy(new Date(8.64e15));
}
