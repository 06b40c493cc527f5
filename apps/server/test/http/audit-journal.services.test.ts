import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditWriter, type Database, openAuditWriter, openDatabase } from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ChildScript, startScript } from '../child.js';
import { temporaryFolder, testConfig, waitFor } from '../helpers.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';

const folder = temporaryFolder();
let postgres: PostgresServer;
let databaseUrl: string;
let db: Database;
let dataDir: string;
let survivor: AuditWriter;
const children: ChildScript[] = [];
let rounds = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  db = await openDatabase(testConfig(join(folder.path, 'parent'), { databaseUrl }));
});
beforeEach(async () => {
  rounds += 1;
  dataDir = join(folder.path, `round${rounds}`);
  mkdirSync(dataDir);
  await db.kysely.deleteFrom('audit_logs').execute();
  // One that lives through all of it, on the same folder.
  survivor = await openAuditWriter(db, { dataDir, recoverMilliseconds: 200 });
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await survivor.close();
});
afterAll(async () => {
  await db.close();
  await postgres.remove();
  folder.remove();
});

const startChild = (rows: number, flushMilliseconds: number): ChildScript => {
  const child = startScript(
    'http/audit-child.mjs',
    dataDir,
    databaseUrl,
    String(rows),
    String(flushMilliseconds),
  );
  children.push(child);
  return child;
};
const answers = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => /^[0-9a-f-]{36}$/.test(line));
const stored = async (): Promise<string[]> =>
  (await db.kysely.selectFrom('audit_logs').select('request_id').execute()).map((row) => row.request_id);
const leftBehind = (): number => readdirSync(join(dataDir, 'audit')).length - 1;

/** Every answered request has one row; nothing else has any, but for one per killed process that was under way. */
async function expectComplete(answered: readonly string[], killed: number): Promise<void> {
  await waitFor('the journals to be taken over', async () => leftBehind() === 0);
  const rows = await stored();
  expect(new Set(rows).size).toBe(rows.length);
  const set = new Set(rows);
  expect(answered.filter((id) => !set.has(id))).toEqual([]);
  expect(rows.length - answered.length).toBeGreaterThanOrEqual(0);
  expect(rows.length - answered.length).toBeLessThanOrEqual(killed);
}

it('loses and doubles no row of processes killed at any moment, with several that look for their journals', async () => {
  const answered: string[] = [];
  let killed = 0;
  for (let round = 0; round < 3; round++) {
    // The next pair starts on the journals of the last one, while the survivor looks at them too.
    const pair = [startChild(0, 30), startChild(0, 30)];
    for (const child of pair) await child.line((lines) => answers(lines).length > 100 + 37 * round);
    await Promise.all(pair.map((child) => child.kill()));
    killed += pair.length;
    answered.push(...pair.flatMap((child) => answers(child.lines)));
  }
  expect(answered.length).toBeGreaterThan(600);
  await expectComplete(answered, killed);
}, 60_000);

it('does not double rows whose commit is under way when their process dies', async () => {
  const child = startChild(50, 1500);
  await child.line((lines) => lines.includes('done'));
  // A commit now waits for a standby that does not exist: it is written, but nobody else sees it yet.
  await postgres.execute(`alter system set synchronous_standby_names = 'nobody'`);
  await postgres.execute('select pg_reload_conf()');
  await waitFor('the commit to hang', async () => {
    const { rows } = await sql`select from pg_stat_activity where wait_event = 'SyncRep'`.execute(db.kysely);
    return rows.length > 0;
  });
  await child.kill();
  // Several looks of the survivor: the rows are not visible, and still must not be written again.
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(leftBehind()).toBe(1);
  expect(await stored()).toEqual([]);
  await postgres.execute('alter system reset synchronous_standby_names');
  await postgres.execute('select pg_reload_conf()');
  await expectComplete(answers(child.lines), 1);
  expect(await stored()).toHaveLength(50);
}, 60_000);
