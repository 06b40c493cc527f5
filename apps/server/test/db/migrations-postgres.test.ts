import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSchema, migrations } from '@gravity/server';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers.js';

/** Folder of a PostgreSQL installation (Debian's layout, or PG_BIN). */
function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).map((version) => join(debian, version, 'bin'))
    : [];
  return [process.env.PG_BIN, ...versions].find(
    (folder) => folder !== undefined && existsSync(join(folder, 'initdb')),
  );
}

const bin = findPostgres();

/** The statements of all migrations, in order. */
async function statements(): Promise<string[]> {
  const collected: string[] = [];
  const db = new Kysely<DatabaseSchema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: (event) => {
      collected.push(event.query.sql);
    },
  });
  for (const name of Object.keys(migrations).sort()) await migrations[name].up(db);
  return collected;
}

// The same migrations serve a PostgreSQL server. Runs where one is installed (CI), is reported as skipped elsewhere.
describe.skipIf(bin === undefined)('migrations on a PostgreSQL server', () => {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  // initdb and postgres refuse to run as root.
  const asUser = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const run = (program: string, parameters: readonly string[], input?: string) =>
    spawnSync(join(bin ?? '', program), parameters, { ...asUser, cwd: folder.path, input, encoding: 'utf8' });
  const psql = (input: string) =>
    run('psql', ['-h', folder.path, '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', '-qAt', 'postgres'], input);

  beforeAll(() => {
    chmodSync(folder.path, 0o777);
    if (asUser.uid !== undefined) chownSync(folder.path, asUser.uid, asUser.gid);
    const init = run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
    expect(init.stderr).toBe('');
    const options = `-c listen_addresses='' -c unix_socket_directories=${folder.path} -c fsync=off`;
    const start = run('pg_ctl', ['-D', data, '-l', join(folder.path, 'log'), '-o', options, '-w', 'start']);
    expect(start.status).toBe(0);
  });
  afterAll(() => {
    run('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop']);
    folder.remove();
  });

  it('apply, and hold the state machine', async () => {
    const sql = (await statements()).map((statement) => `${statement};`).join('\n');
    const applied = psql(`begin;\n${sql}\ncommit;`);
    expect(applied.stderr).toBe('');
    const user = '00000000-0000-4000-8000-000000000001';
    const job = '00000000-0000-4000-8000-000000000002';
    const filled = psql(`
      insert into users values ('${user}', 'Ada', 'ada@example.org', 'x', 'admin');
      insert into processing_jobs (id, user_id, type, status, parameters)
        values ('${job}', '${user}', 'plan', 'pending', '{}');
      select count(*) from pg_tables where schemaname = 'public';`);
    expect(filled.stderr).toBe('');
    expect(filled.stdout.trim()).toBe('12');
    expect(psql(`update processing_jobs set status = 'completed'`).stderr).toContain(
      'cannot go from pending to completed',
    );
    expect(
      psql(`insert into users values (gen_random_uuid(), 'ADA', 'b@c.d', 'x', 'admin')`).stderr,
    ).toContain('users_username_key');
  });
});
