import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './server-process.js';

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'gravity-e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** One day of a pair; UTC is 18 s behind GPS time, in which the files have their days. */
export const DAY = {
  start: '2021-07-16T23:59:42Z',
  end: '2021-07-17T23:59:37Z',
  satellites: ['GRACE-C', 'GRACE-D'],
} as const;

/** Level-1B files of that day over GGM05C and known masses; truth.gfc beside them. */
export async function simulateDay(
  folder: string,
  degree: number,
  extra: readonly string[] = [],
): Promise<void> {
  const { code, stderr } = await runCommand([
    'simulate',
    ...['--out', folder, '--days', '1', '--degree', String(degree), '--start', '2021-07-17', '--mass-signal'],
    ...['--orbit-sampling', '5', '--accelerometer-sampling', '5', ...extra],
  ]);
  if (code !== 0) throw new Error(stderr);
}
