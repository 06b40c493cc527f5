import { createHmac, randomBytes } from 'node:crypto';
import { createAttemptLimiter } from '../auth/attempt-limiter.js';
import { createLoginGuard, type LockoutSettings } from '../auth/login-guard.js';
import type { PasswordHasher } from '../auth/passwords.js';
import { findCredentials, findUser } from '../auth/users.js';
import type { SharedState } from '../cache/shared-state.js';
import type { Database } from '../db/database.js';

/** Passes for admins, else throws an error with the status code of the answer. */
export type AdminCheck = (username: string, password: string, address: string) => Promise<void>;

/** The page asks every few seconds; a password is hashed anew only once in this time. */
const TRUSTED_MS = 60_000;
const MOST_TRUSTED = 1_000;
const FAILURES_PER_MINUTE = 10;

class AuthError extends Error {
  constructor(
    readonly statusCode: 401 | 403 | 429,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Checks name and password against the users of the service. What is remembered is a keyed hash of name, password and
 * stored hash, with a key of this process: a changed password, role or access counts at once.
 */
export function createAdminCheck(options: {
  readonly db: Database;
  readonly passwords: PasswordHasher;
  readonly shared: SharedState;
  readonly lockout: LockoutSettings;
}): AdminCheck {
  const { db, passwords } = options;
  const limiter = createAttemptLimiter(options.shared, 'monitor', FAILURES_PER_MINUTE, 60);
  const guard = createLoginGuard(db, options.lockout);
  const secret = randomBytes(32);
  const trusted = new Map<string, number>();

  async function isRight(
    username: string,
    password: string,
    address: string,
    stored: string | undefined,
  ): Promise<boolean> {
    const mark = createHmac('sha256', secret)
      .update(JSON.stringify([username, password, stored ?? null]))
      .digest('base64');
    const until = trusted.get(mark);
    if (until !== undefined && until > performance.now()) return true;
    trusted.delete(mark);
    const key = `${address} ${username.toLowerCase()}`;
    const wait = await limiter.begin(key);
    if (wait > 0) throw new AuthError(429, `Too many failed logins; try again in ${wait} s`);
    const locked = await guard.lockedFor(username);
    if (locked > 0) throw new AuthError(429, `Too many failed logins; try again in ${locked} s`);
    if (!(await passwords.verify(password, stored))) {
      await guard.failed(username);
      return false;
    }
    await Promise.all([limiter.succeeded(key), guard.succeeded(username)]);
    if (trusted.size >= MOST_TRUSTED) trusted.clear();
    trusted.set(mark, performance.now() + TRUSTED_MS);
    return true;
  }

  return async (username, password, address) => {
    const credentials = await findCredentials(db, username);
    const right = await isRight(username, password, address, credentials?.password_hash);
    if (!right || credentials === undefined || credentials.disabled) {
      throw new AuthError(401, 'Incorrect username or password');
    }
    const user = await findUser(db, credentials.id);
    if (user?.role !== 'admin') throw new AuthError(403, 'The task monitor is for admins');
  };
}
