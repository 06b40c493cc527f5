import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, openDatabase } from '@gravity/server';

const VARIABLE = 'GRAVITY_TEST_DATABASE';

/**
 * For Vitest, once per run: an embedded database that was just made, with nothing in it. Making one takes five seconds
 * of processor time, copying it a tenth; tests of the making itself start from nothing.
 */
export default async function setup(): Promise<() => void> {
  if (process.env[VARIABLE] !== undefined) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'gravity-template-'));
  const db = await openDatabase(loadConfig({}, { dataDir: folder }));
  await db.close();
  process.env[VARIABLE] = join(folder, 'db');
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Puts that database into a data folder that has none yet. */
export function seedDatabase(dataDir: string): void {
  const template = process.env[VARIABLE];
  const target = join(dataDir, 'db');
  if (template !== undefined && !existsSync(target)) cpSync(template, target, { recursive: true });
}
