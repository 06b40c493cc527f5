import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, loadConfig, type ServerConfig } from '@gravity/server';

/** A new empty data folder; call `remove` at the end. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gravity-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function testConfig(dataDir: string, overrides: Partial<ServerConfig> = {}): ServerConfig {
  return loadConfig({}, { dataDir, ...overrides });
}

export async function insertUser(db: Database, name = `user-${randomUUID()}`): Promise<string> {
  const id = randomUUID();
  await db.kysely
    .insertInto('users')
    .values({ id, username: name, email: `${name}@example.org`, password_hash: 'x', role: 'operator' })
    .execute();
  return id;
}

export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value as T;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
