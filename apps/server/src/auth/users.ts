import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { Role } from '../db/schema.js';

/** A user as others may see it: without the password hash. */
export interface UserRecord {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly created_at: Date;
}

const publicColumns = ['id', 'username', 'email', 'role', 'disabled', 'created_at'] as const;

export class DuplicateUserError extends Error {
  override readonly name = 'DuplicateUserError';
  constructor(readonly field: 'username' | 'email') {
    super(`A user with this ${field} exists already`);
  }
}

export class LastAdminError extends Error {
  override readonly name = 'LastAdminError';
}

/**
 * Adds a user. The first one becomes admin, all later ones operator; the table is locked so that two first
 * users cannot both become admin. Throws DuplicateUserError; names and addresses compare without case.
 */
export async function registerUser(
  db: Database,
  input: { readonly username: string; readonly email: string; readonly passwordHash: string },
): Promise<UserRecord> {
  return db.kysely.transaction().execute(async (transaction) => {
    await sql`lock table users in share row exclusive mode`.execute(transaction);
    const twins = await transaction
      .selectFrom('users')
      .select(['username', 'email'])
      .where((where) =>
        where.or([
          where(sql`lower(username)`, '=', input.username.toLowerCase()),
          where(sql`lower(email)`, '=', input.email.toLowerCase()),
        ]),
      )
      .execute();
    if (twins.length > 0) {
      const sameName = twins.some((twin) => twin.username.toLowerCase() === input.username.toLowerCase());
      throw new DuplicateUserError(sameName ? 'username' : 'email');
    }
    const anyUser = await transaction.selectFrom('users').select('id').limit(1).executeTakeFirst();
    return transaction
      .insertInto('users')
      .values({
        id: randomUUID(),
        username: input.username,
        email: input.email,
        password_hash: input.passwordHash,
        role: anyUser === undefined ? 'admin' : 'operator',
      })
      .returning(publicColumns)
      .executeTakeFirstOrThrow();
  });
}

export function findCredentials(
  db: Database,
  username: string,
): Promise<{ id: string; password_hash: string; disabled: boolean } | undefined> {
  return db.kysely
    .selectFrom('users')
    .select(['id', 'password_hash', 'disabled'])
    .where(sql`lower(username)`, '=', username.toLowerCase())
    .executeTakeFirst();
}

export function findUser(db: Database, id: string): Promise<UserRecord | undefined> {
  return db.kysely.selectFrom('users').select(publicColumns).where('id', '=', id).executeTakeFirst();
}

export function listUsers(db: Database): Promise<UserRecord[]> {
  return db.kysely.selectFrom('users').select(publicColumns).orderBy('created_at').limit(1000).execute();
}

/** Changes role or access. Throws LastAdminError rather than leave the system without an admin. */
export async function updateUser(
  db: Database,
  id: string,
  change: { readonly role?: Role; readonly disabled?: boolean },
): Promise<UserRecord | undefined> {
  return db.kysely.transaction().execute(async (transaction) => {
    await sql`lock table users in share row exclusive mode`.execute(transaction);
    const updated = await transaction
      .updateTable('users')
      .set({
        ...(change.role !== undefined && { role: change.role }),
        ...(change.disabled !== undefined && { disabled: change.disabled }),
      })
      .where('id', '=', id)
      .returning(publicColumns)
      .executeTakeFirst();
    const admin = await transaction
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabled', '=', false)
      .limit(1)
      .executeTakeFirst();
    if (admin === undefined) throw new LastAdminError('The last admin must stay admin and enabled');
    return updated;
  });
}
