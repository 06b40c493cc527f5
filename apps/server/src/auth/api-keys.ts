import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';

const keyPattern = /^gpb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** A key has 256 random bits, so that one fast hash is enough: there is nothing to guess from a list. */
function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

/** Returns the key itself once; only its hash is kept. */
export async function createApiKey(
  db: Database,
  userId: string,
  name: string,
): Promise<{ readonly record: ApiKeyRecord; readonly key: string }> {
  const prefix = randomBytes(6).toString('hex');
  const key = `gpb_${prefix}_${randomBytes(32).toString('base64url')}`;
  const record = await db.kysely
    .insertInto('api_keys')
    .values({ id: randomUUID(), user_id: userId, name, prefix, key_hash: hashKey(key) })
    .returning(['id', 'name', 'prefix', 'created_at', 'last_used_at'])
    .executeTakeFirstOrThrow();
  return { record, key };
}

export function listApiKeys(db: Database, userId: string): Promise<ApiKeyRecord[]> {
  return db.kysely
    .selectFrom('api_keys')
    .select(['id', 'name', 'prefix', 'created_at', 'last_used_at'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute();
}

/** false when the user has no such key in force. */
export async function revokeApiKey(db: Database, userId: string, id: string): Promise<boolean> {
  const revoked = await db.kysely
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return revoked !== undefined;
}

/** The user a key belongs to; undefined when the key is unknown or revoked. */
export async function findApiKeyOwner(db: Database, key: string): Promise<string | undefined> {
  const prefix = keyPattern.exec(key)?.[1];
  if (prefix === undefined) return undefined;
  const candidates = await db.kysely
    .selectFrom('api_keys')
    .select(['id', 'user_id', 'key_hash', 'last_used_at'])
    .where('prefix', '=', prefix)
    .where('revoked_at', 'is', null)
    .execute();
  const given = Buffer.from(hashKey(key), 'hex');
  const match = candidates.find((row) => {
    const stored = Buffer.from(row.key_hash, 'hex');
    return stored.length === given.length && timingSafeEqual(stored, given);
  });
  if (match === undefined) return undefined;
  // One write a minute is enough to see whether a key is in use.
  if (match.last_used_at === null || Date.now() - match.last_used_at.getTime() > 60_000) {
    await db.kysely
      .updateTable('api_keys')
      .set({ last_used_at: sql<Date>`now()` })
      .where('id', '=', match.id)
      .execute();
  }
  return match.user_id;
}
