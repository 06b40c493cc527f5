import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerConfig } from '../config.js';
import { keptSecrets } from '../config-secrets.js';
import { idOfKey, type KeyRing } from './key-ring.js';

/** Keys that sign tokens, as they are now. */
export interface TokenKeys {
  current(): KeyRing;
}

/** Between two looks whether the secrets of the data folder were rotated. */
const LOOK_MILLISECONDS = 2000;

const ringOf = (secrets: readonly Uint8Array[]): KeyRing => secrets.map((key) => ({ id: idOfKey(key), key }));

export function fixedTokenKeys(secrets: readonly Uint8Array[]): TokenKeys {
  const ring = ringOf(secrets);
  return { current: () => ring };
}

/**
 * The secrets of the configuration. Those of the data folder are read again when `gravity keys rotate` has changed
 * them: within two seconds a running server signs with the new one, and goes on to take tokens of the old.
 */
export function openTokenKeys(
  config: Pick<ServerConfig, 'jwtSecret' | 'jwtPreviousSecrets' | 'jwtSecretFolder'>,
  now: () => number = () => performance.now(),
): TokenKeys {
  const { jwtSecret, jwtPreviousSecrets = [], jwtSecretFolder } = config;
  if (jwtSecretFolder === undefined) return fixedTokenKeys([jwtSecret, ...jwtPreviousSecrets]);
  const path = join(jwtSecretFolder, 'jwt-secret');
  const changeOf = (): string | undefined => {
    const state = statSync(path, { throwIfNoEntry: false });
    return state === undefined ? undefined : `${state.ino} ${state.mtimeMs}`;
  };
  let ring = ringOf([jwtSecret, ...jwtPreviousSecrets]);
  let seen = changeOf();
  let lookedAt = now();
  return {
    current() {
      if (now() - lookedAt < LOOK_MILLISECONDS) return ring;
      lookedAt = now();
      const change = changeOf();
      // A missing file is no rotation: what was read goes on.
      if (change === undefined || change === seen) return ring;
      const { current, previous } = keptSecrets(jwtSecretFolder);
      ring = ringOf([current, ...previous]);
      seen = change;
      return ring;
    },
  };
}
