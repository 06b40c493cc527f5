import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeKey32, type KeyRing, parseKeyRing } from './auth/key-ring.js';
import { ConfigError, type Environment, read, stringArray } from './config-values.js';

const SECRET_BYTES = 32;
/** How long a replaced secret still verifies: as long as the longest of its tokens and links lives. */
export const RETIRED_SECRET_DAYS = 7;

export interface SecretSettings {
  readonly jwtSecret: Uint8Array;
  /** Replaced secrets whose tokens and links still count. */
  readonly jwtPreviousSecrets: readonly Uint8Array[];
  /** Present when the secrets lie in the data folder and may be rotated while the server runs. */
  readonly jwtSecretFolder?: string;
}

export interface SecretSurroundings {
  readonly dataDir: string;
  readonly production: boolean;
  /** Several machines: each needs the same secret, so none is made up. */
  readonly severalMachines: boolean;
}

/** @throws ConfigError naming the variable */
export function loadTokenSecrets(env: Environment, where: SecretSurroundings): SecretSettings {
  const variable = 'JWT_SECRET_KEY';
  const text = read(env, variable);
  const jwtPreviousSecrets = previousSecrets(env);
  if (text !== undefined) return { jwtSecret: secretOf(variable, text), jwtPreviousSecrets };
  if (where.severalMachines) {
    throw new ConfigError(
      variable,
      'must be set with REDIS_URL: all processes need the same secret, at least 32 random bytes (openssl rand -hex 32)',
    );
  }
  if (where.production) {
    throw new ConfigError(variable, 'must be set when NODE_ENV is production (at least 32 random bytes)');
  }
  const folder = secretFolder(where.dataDir);
  const kept = keptSecrets(folder);
  return {
    jwtSecret: kept.current,
    jwtPreviousSecrets: [...kept.previous, ...jwtPreviousSecrets],
    jwtSecretFolder: folder,
  };
}

function secretOf(variable: string, text: string): Uint8Array {
  const secret = new TextEncoder().encode(text);
  if (secret.length < SECRET_BYTES) {
    throw new ConfigError(variable, `at least ${SECRET_BYTES} bytes are needed, found ${secret.length}`);
  }
  return secret;
}

function previousSecrets(env: Environment): readonly Uint8Array[] {
  const variable = 'JWT_PREVIOUS_SECRET_KEYS';
  const text = read(env, variable);
  if (text === undefined) return [];
  let secrets: readonly string[];
  try {
    secrets = stringArray(variable, text);
  } catch {
    // Its own message would repeat the secrets.
    throw new ConfigError(variable, 'expected a JSON array of strings');
  }
  return secrets.map((secret) => secretOf(variable, secret));
}

/**
 * The keys that seal secrets of users and the audit chain. Without the variable: one of the data folder, or none
 * where several machines would have to agree on it.
 *
 * @throws ConfigError naming the variable
 */
export function loadEncryptionKeys(env: Environment, where: SecretSurroundings): KeyRing {
  const variable = 'GRAVITY_ENCRYPTION_KEY';
  const text = read(env, variable);
  const parse = (ring: string): KeyRing => {
    try {
      return parseKeyRing(ring, decodeKey32);
    } catch (error) {
      throw new ConfigError(
        variable,
        `${(error as Error).message}; expected 32 bytes as hexadecimal or base64 (openssl rand -hex 32), with a name before a colon if you like, older keys after commas`,
      );
    }
  };
  if (text !== undefined) return parse(text);
  if (where.severalMachines || where.production) return [];
  const path = join(secretFolder(where.dataDir), 'encryption-key');
  keepOnce(path, randomBytes(32).toString('hex'));
  return parse(readFileSync(path, 'utf8').trim());
}

function secretFolder(dataDir: string): string {
  const folder = join(dataDir, 'secrets');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Writes the file unless it is there. Two processes that start at once agree on the same content. */
function keepOnce(path: string, content: string): void {
  if (!existsSync(path)) {
    const temporary = `${path}.${randomBytes(6).toString('hex')}`;
    writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
    try {
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
  chmodSync(path, 0o600);
}

interface KeptSecrets {
  readonly current: Uint8Array;
  readonly previous: readonly Uint8Array[];
}

const HEX = /^[0-9a-f]{64}$/;
const RETIRED = /^([0-9a-f]{64}) (\d{4}-\d{2}-\d{2}T[0-9:.]+Z)$/;

/** Lines `secret time-of-retirement` that still count. */
function retiredLines(folder: string): readonly string[] {
  const path = join(folder, 'jwt-retired');
  if (!existsSync(path)) return [];
  const earliest = Date.now() - RETIRED_SECRET_DAYS * 86_400_000;
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => Date.parse(RETIRED.exec(line)?.[2] ?? '') >= earliest);
}

/** The generated secret of the data folder and those it replaced of late. Made when there is none. */
export function keptSecrets(folder: string): KeptSecrets {
  const path = join(folder, 'jwt-secret');
  keepOnce(path, randomBytes(SECRET_BYTES).toString('hex'));
  const kept = readFileSync(path, 'utf8').trim();
  if (!HEX.test(kept)) {
    throw new ConfigError(
      'JWT_SECRET_KEY',
      `the kept secret in ${path} is damaged; remove the file or set the variable`,
    );
  }
  const encode = (text: string) => new TextEncoder().encode(text);
  return { current: encode(kept), previous: retiredLines(folder).map((line) => encode(line.slice(0, 64))) };
}

function replaceFile(path: string, content: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, content, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(temporary, path);
}

/** Puts a new secret in the place of the one in the folder; the old one verifies for RETIRED_SECRET_DAYS more. */
export function rotateKeptSecret(folder: string): void {
  const { current } = keptSecrets(folder);
  const retired = [
    `${new TextDecoder().decode(current)} ${new Date().toISOString()}`,
    ...retiredLines(folder),
  ];
  // The retired one first: at no moment is a secret in force missing from both files.
  replaceFile(join(folder, 'jwt-retired'), `${retired.join('\n')}\n`);
  replaceFile(join(folder, 'jwt-secret'), randomBytes(SECRET_BYTES).toString('hex'));
}
