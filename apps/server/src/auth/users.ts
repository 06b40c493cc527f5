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

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly passwordHash: string;
  /** Role when there are users already, and when this is the first. */
  readonly role: Role;
  readonly firstRole?: Role;
}

/**
 * Adds a user; the table is locked so that of two first users one only is the first. Throws DuplicateUserError; names
 * and addresses compare without case.
 */
export async function registerUser(db: Database, input: NewUser): Promise<UserRecord> {
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
        role: anyUser === undefined ? (input.firstRole ?? input.role) : input.role,
      })
      .returning(publicColumns)
      .executeTakeFirstOrThrow();
  });
}

export interface Credentials {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password_hash: string;
  readonly disabled: boolean;
  readonly token_generation: number;
}

export function findCredentials(db: Database, username: string): Promise<Credentials | undefined> {
  return db.kysely
    .selectFrom('users')
    .select(['id', 'username', 'email', 'password_hash', 'disabled', 'token_generation'])
    .where(sql`lower(username)`, '=', username.toLowerCase())
    .executeTakeFirst();
}

export function findUser(db: Database, id: string): Promise<UserRecord | undefined> {
  return db.kysely.selectFrom('users').select(publicColumns).where('id', '=', id).executeTakeFirst();
}

/**
 * Sets a new password and ends every login of the user. Returns the number that tokens carry from now on; undefined
 * when there is no such user, or when `expectedHash` is no longer the password's: somebody else was faster.
 */
export async function setPassword(
  db: Database,
  userId: string,
  passwordHash: string,
  expectedHash?: string,
): Promise<number | undefined> {
  let update = db.kysely
    .updateTable('users')
    .set((eb) => ({ password_hash: passwordHash, token_generation: eb('token_generation', '+', 1) }))
    .where('id', '=', userId);
  if (expectedHash !== undefined) update = update.where('password_hash', '=', expectedHash);
  const updated = await update.returning('token_generation').executeTakeFirst();
  return updated?.token_generation;
}

export interface UserFilter {
  readonly role?: Role;
  readonly disabled?: boolean;
  /** Part of name or address, without case. */
  readonly search?: string;
  readonly sort: 'created_at' | 'username';
  readonly descending: boolean;
  readonly skip: number;
  readonly limit: number;
}

export async function listUsers(
  db: Database,
  filter: UserFilter,
): Promise<{ readonly users: UserRecord[]; readonly total: number }> {
  let query = db.kysely.selectFrom('users');
  if (filter.role !== undefined) query = query.where('role', '=', filter.role);
  if (filter.disabled !== undefined) query = query.where('disabled', '=', filter.disabled);
  if (filter.search !== undefined) {
    const pattern = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((where) =>
      where.or([where('username', 'ilike', pattern), where('email', 'ilike', pattern)]),
    );
  }
  const direction = filter.descending ? 'desc' : 'asc';
  const [users, count] = await Promise.all([
    query
      .select(publicColumns)
      .orderBy(filter.sort === 'username' ? sql`lower(username)` : 'created_at', direction)
      .orderBy('id', direction)
      .offset(filter.skip)
      .limit(filter.limit)
      .execute(),
    query.select(({ fn }) => fn.countAll<string>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return { users, total: Number(count.total) };
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
      .set((eb) => ({
        role: change.role ?? eb.ref('role'),
        disabled: change.disabled ?? eb.ref('disabled'),
      }))
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
