import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { commonPasswords } from './common-passwords.js';

/** bcrypt reads 72 bytes; what follows would be ignored silently, so longer passwords are refused. */
export const maxPasswordBytes = 72;
export const minPasswordBytes = 8;

export interface AccountNames {
  readonly username: string;
  readonly email: string;
}

/** Why bcrypt cannot take a password; undefined when it can. */
function formProblem(password: string): string | undefined {
  const bytes = Buffer.byteLength(password, 'utf8');
  if (bytes < minPasswordBytes) return `must have at least ${minPasswordBytes} bytes, has ${bytes}`;
  if (bytes > maxPasswordBytes) {
    return `must have at most ${maxPasswordBytes} bytes (bcrypt reads no more), has ${bytes}`;
  }
  if (password.includes('\0')) return 'must not contain a NUL character';
  return undefined;
}

/** Whether it is one character again and again, or a piece of the alphabet or of the digits, up or down. */
function isSequence(text: string): boolean {
  const circle = /^\d+$/.test(text) ? 10 : 65_536;
  const steps = new Set<number>();
  for (let i = 1; i < text.length; i++) {
    steps.add((text.charCodeAt(i) - text.charCodeAt(i - 1) + circle) % circle);
  }
  const [step] = steps;
  return steps.size === 1 && (step <= 1 || step === circle - 1);
}

/**
 * Why a new password cannot be used; undefined when it can. Length and a look at what is guessed first, no rules of
 * composition (NIST SP 800-63B, section 5.1.1.2).
 */
export function passwordProblem(password: string, account?: AccountNames): string | undefined {
  const problem = formProblem(password);
  if (problem !== undefined) return problem;
  const plain = password.toLowerCase();
  if (isSequence(plain)) return 'must not be one character repeated or a plain sequence';
  // "Password123!" is guessed right after "password".
  const stem = plain.replace(/[^a-z]+$/, '');
  if (commonPasswords.has(plain) || commonPasswords.has(stem)) {
    return 'is among the passwords that are guessed first';
  }
  if (account !== undefined) {
    const names = [account.username, account.email, account.email.split('@', 1)[0]];
    if (names.some((name) => name.toLowerCase() === plain || name.toLowerCase() === stem)) {
      return 'must not be the name or address of the account';
    }
  }
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
      return matches && storedHash !== undefined && formProblem(password) === undefined;
    },
  };
}
