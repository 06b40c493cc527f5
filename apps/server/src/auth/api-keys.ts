import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { Role } from '../db/schema.js';
import type { Scope } from './permissions.js';

const keyPattern = /^gpb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** A key has 256 random bits, so that one fast hash is enough: there is nothing to guess from a list. */
function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: string[];
  readonly created_at: Date;
  /** null for keys of before keys expired. */
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

const recordColumns = ['id', 'name', 'prefix', 'scopes', 'created_at', 'expires_at', 'last_used_at'] as const;

/** Returns the key itself once; only its hash is kept. */
export async function createApiKey(
  db: Database,
  userId: string,
  {
    name,
    scopes,
    expiresAt,
  }: { readonly name: string; readonly scopes: readonly Scope[]; readonly expiresAt: Date },
): Promise<{ readonly record: ApiKeyRecord; readonly key: string }> {
  const prefix = randomBytes(6).toString('hex');
  const key = `gpb_${prefix}_${randomBytes(32).toString('base64url')}`;
  const record = await db.kysely
    .insertInto('api_keys')
    .values({
      id: randomUUID(),
      user_id: userId,
      name,
      prefix,
      key_hash: hashKey(key),
      scopes: [...scopes],
      expires_at: expiresAt,
    })
    .returning(recordColumns)
    .executeTakeFirstOrThrow();
  return { record, key };
}

/** Keys in force, expired ones too until they are revoked. */
export function listApiKeys(db: Database, userId: string): Promise<ApiKeyRecord[]> {
  return db.kysely
    .selectFrom('api_keys')
    .select(recordColumns)
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

export interface ApiKeyOwner {
  readonly user_id: string;
  readonly username: string;
  readonly email: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly user_created_at: Date;
  readonly scopes: readonly string[];
}

/** The user a key belongs to and what the key is for; undefined when the key is unknown, revoked or expired. */
export async function findApiKeyOwner(db: Database, key: string): Promise<ApiKeyOwner | undefined> {
  const prefix = keyPattern.exec(key)?.[1];
  if (prefix === undefined) return undefined;
  const candidates = await db.kysely
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select([
      'api_keys.id',
      'api_keys.user_id',
      'api_keys.key_hash',
      'api_keys.last_used_at',
      'api_keys.scopes',
      'users.username',
      'users.email',
      'users.role',
      'users.disabled',
      'users.created_at as user_created_at',
    ])
    .where('api_keys.prefix', '=', prefix)
    .where('api_keys.revoked_at', 'is', null)
    .where((where) =>
      where.or([
        where('api_keys.expires_at', 'is', null),
        where('api_keys.expires_at', '>', sql<Date>`now()`),
      ]),
    )
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
  return match;
}
