import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';

/** bcrypt reads 72 bytes; what follows would be ignored silently, so longer passwords are refused. */
export const maxPasswordBytes = 72;
export const minPasswordBytes = 8;

/** Why a password cannot be used; undefined when it can. */
export function passwordProblem(password: string): string | undefined {
  const bytes = Buffer.byteLength(password, 'utf8');
  if (bytes < minPasswordBytes) return `must have at least ${minPasswordBytes} bytes, has ${bytes}`;
  if (bytes > maxPasswordBytes) {
    return `must have at most ${maxPasswordBytes} bytes (bcrypt reads no more), has ${bytes}`;
  }
  if (password.includes('\0')) return 'must not contain a NUL character';
  return undefined;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /**
   * Compares with the stored hash, or with a throw-away hash of the same cost when there is no such user:
   * both answers take the same time.
   */
  verify(password: string, storedHash: string | undefined): Promise<boolean>;
}

export async function createPasswordHasher(cost: number): Promise<PasswordHasher> {
  const decoy = await bcrypt.hash(randomBytes(16).toString('hex'), cost);
  return {
    hash: (password) => bcrypt.hash(password, cost),
    async verify(password, storedHash) {
      const matches = await bcrypt.compare(password, storedHash ?? decoy);
      return matches && storedHash !== undefined && passwordProblem(password) === undefined;
    },
  };
}
