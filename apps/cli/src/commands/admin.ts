import { randomBytes } from 'node:crypto';
import {
  AccountError,
  createAccount,
  type Database,
  DuplicateUserError,
  loadConfig,
  openDatabase,
  resetPassword,
  type ServerConfig,
  unlockLogin,
} from '@gravity/server';
import { type Command, Option } from 'commander';
import { print, UsageError } from '../output.js';
import { askPassword } from '../terminal/read-password.js';

interface AdminOptions {
  readonly dataDir?: string;
  readonly email: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly generatePassword?: boolean;
}

const dataDir = (): Option =>
  new Option('--data-dir <folder>', 'data folder (default: GRAVITY_DATA_DIR or ./data)');
const generate = (): Option => new Option('--generate-password', 'make a password up and show it once');

/** `gravity admin …`: accounts, for whoever has the database. With the embedded one, while no server runs. */
export function addAdminCommand(program: Command): void {
  const admin = program.command('admin').description('users: the first admin, passwords, locked names');
  admin
    .command('create')
    .description('make a user, by default an admin; the password is asked for or read from standard input')
    .argument('<username>')
    .requiredOption('--email <address>', 'address of the user')
    .addOption(
      new Option('--role <role>', 'what the user may do')
        .choices(['admin', 'operator', 'viewer'])
        .default('admin'),
    )
    .addOption(generate())
    .addOption(dataDir())
    .action((username: string, options: AdminOptions) =>
      withDatabase(options, async (db, config) => {
        const { email, role } = options;
        const password = await askPassword({ generate: options.generatePassword });
        const user = await createAccount(db, { username, email, password, role }, config.bcryptCost);
        print(`${user.username} (${user.role}) ${user.id}`);
      }),
    );
  admin
    .command('password')
    .description('set a new password; ends all logins of the user and takes a lock away')
    .argument('<username>')
    .addOption(generate())
    .addOption(dataDir())
    .action((username: string, options: AdminOptions) =>
      withDatabase(options, async (db, config) => {
        await resetPassword(
          db,
          username,
          await askPassword({ generate: options.generatePassword }),
          config.bcryptCost,
        );
        print(`${username}: new password set, all logins ended`);
      }),
    );
  admin
    .command('unlock')
    .description('take the lock of too many failed logins away')
    .argument('<username>')
    .addOption(dataDir())
    .action((username: string, options: AdminOptions) =>
      withDatabase(options, async (db) => {
        print((await unlockLogin(db, username)) ? `${username}: unlocked` : `${username}: was not locked`);
      }),
    );
  admin
    .command('list')
    .description('all users')
    .addOption(dataDir())
    .action((options: AdminOptions) =>
      withDatabase(options, async (db) => {
        const users = await db.kysely
          .selectFrom('users')
          .select(['username', 'email', 'role', 'disabled'])
          .orderBy('created_at')
          .execute();
        for (const { username, email, role, disabled } of users) {
          print(`${username}\t${email}\t${role}${disabled ? '\tdisabled' : ''}`);
        }
      }),
    );
}

/** Opens the database the environment names; it signs nothing, so it needs no secret of the server. */
export async function withDatabase(
  options: { readonly dataDir?: string },
  work: (db: Database, config: ServerConfig) => Promise<void>,
): Promise<void> {
  const config = loadConfig(process.env, { dataDir: options.dataDir, jwtSecret: randomBytes(32) });
  const db = await openDatabase(config);
  try {
    await work(db, config);
  } catch (error) {
    const expected = error instanceof AccountError || error instanceof DuplicateUserError;
    throw expected ? new UsageError(error.message) : error;
  } finally {
    await db.close();
  }
}
