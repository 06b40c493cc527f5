import { join, resolve } from 'node:path';
import {
  createSecretBox,
  idOfKey,
  keptSecrets,
  loadConfig,
  resealSecrets,
  rotateKeptSecret,
} from '@gravity/server';
import type { Command } from 'commander';
import { note, print, UsageError } from '../output.js';
import { withDatabase } from './admin.js';

interface KeysOptions {
  readonly dataDir?: string;
}

const dataDirText = 'data folder (default: GRAVITY_DATA_DIR or ./data)';

function folderOf(options: KeysOptions): string {
  return join(resolve(options.dataDir ?? process.env.GRAVITY_DATA_DIR ?? 'data'), 'secrets');
}

/** `gravity keys …`: the keys that sign tokens and seal secrets. */
export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('keys that sign tokens and seal secrets');
  keys
    .command('list')
    .description('ids of the keys in force, never the keys; the first of each signs or seals')
    .option('--data-dir <folder>', dataDirText)
    .action((options: KeysOptions) => {
      const config = loadConfig(process.env, { dataDir: options.dataDir });
      const signing = [config.jwtSecret, ...(config.jwtPreviousSecrets ?? [])].map(idOfKey);
      print(`tokens     ${signing.join(' ')}`);
      print(`encryption ${config.encryptionKeys.map(({ id }) => id).join(' ') || 'none'}`);
    });
  keys
    .command('rotate')
    .description('sign tokens with a new key from now on; tokens of the old one count until they expire')
    .option('--data-dir <folder>', dataDirText)
    .action((options: KeysOptions) => {
      if (process.env.JWT_SECRET_KEY) {
        throw new UsageError(
          'the key is that of JWT_SECRET_KEY: add it to JWT_PREVIOUS_SECRET_KEYS (a JSON array), set a new one and restart the servers one by one',
        );
      }
      const folder = folderOf(options);
      const before = idOfKey(keptSecrets(folder).current);
      rotateKeptSecret(folder);
      print(`${before} → ${idOfKey(keptSecrets(folder).current)}`);
      note(
        'a running server signs with it within seconds; links it signed count until it is restarted and 7 days after',
      );
    });
  keys
    .command('reseal')
    .description('encrypt stored secrets again with the first key of GRAVITY_ENCRYPTION_KEY')
    .option('--data-dir <folder>', dataDirText)
    .action((options: KeysOptions) =>
      withDatabase(options, async (db, config) => {
        const changed = await resealSecrets(db, createSecretBox(config.encryptionKeys));
        print(`${changed} secrets encrypted again`);
      }),
    );
}
