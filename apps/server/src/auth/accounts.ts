import type { Database } from '../db/database.js';
import type { Role } from '../db/schema.js';
import { unlockLogin } from './login-guard.js';
import { createPasswordHasher, passwordProblem } from './passwords.js';
import { findCredentials, registerUser, setPassword, type UserRecord } from './users.js';

/** A password or name that cannot be used; the message says why. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
}

export interface Account {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly role: Role;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._@-]*[A-Za-z0-9])?$/;

/**
 * Makes a user of any role: for whoever has the database, as an administrator at the command line has.
 *
 * @throws AccountError; DuplicateUserError
 */
export async function createAccount(
  db: Database,
  { username, email, password, role }: Account,
  bcryptCost: number,
): Promise<UserRecord> {
  if (!NAME.test(username) || username.length < 3 || username.length > 64) {
    throw new AccountError('the name must have 3 to 64 letters, digits and . _ @ - between them');
  }
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254) {
    throw new AccountError(`"${email}" is no e-mail address`);
  }
  const problem = passwordProblem(password, { username, email });
  if (problem !== undefined) throw new AccountError(`the password ${problem}`);
  const hasher = await createPasswordHasher(bcryptCost);
  return registerUser(db, { username, email, passwordHash: await hasher.hash(password), role });
}

/**
 * Gives a user a new password, ends all logins of the user and takes a lock away.
 *
 * @throws AccountError
 */
export async function resetPassword(
  db: Database,
  username: string,
  password: string,
  bcryptCost: number,
): Promise<void> {
  const user = await findCredentials(db, username);
  if (user === undefined) throw new AccountError(`there is no user "${username}"`);
  const problem = passwordProblem(password, user);
  if (problem !== undefined) throw new AccountError(`the password ${problem}`);
  const hasher = await createPasswordHasher(bcryptCost);
  await setPassword(db, user.id, await hasher.hash(password));
  await unlockLogin(db, user.username);
}
