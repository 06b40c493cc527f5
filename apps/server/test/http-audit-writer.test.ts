import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditRow,
  type AuditWriter,
  type Database,
  openAuditWriter,
  openDatabase,
} from '@gravity/server';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { seedDatabase } from '../../../test/support/database-template.js';
import { temporaryFolder, waitFor } from './helpers.js';

const folder = temporaryFolder();
let db: Database;
beforeAll(async () => {
  seedDatabase(folder.path);
  db = await openDatabase({ dataDir: folder.path });
});
beforeEach(() => db.kysely.deleteFrom('audit_logs').execute());
afterAll(async () => {
  await db.close();
  folder.remove();
});

let serial = 0;
function row(change: Partial<AuditRow> = {}): AuditRow {
  serial += 1;
  return {
    time: new Date().toISOString(),
    request_id: `request-${serial}`,
    user_id: null,
    username: null,
    action: 'test',
    method: 'GET',
    resource: '/',
    ip: '127.0.0.1',
    status: 200,
    duration_ms: 1,
    ...change,
  };
}

const stored = async () => (await db.kysely.selectFrom('audit_logs').select('request_id').execute()).length;
const journals = () => readdirSync(join(folder.path, 'audit'));

/** The database with a switch that makes writing fail. */
function failing(): { db: Database; broken: boolean } {
  const state = {
    broken: false,
    db: {
      ...db,
      kysely: new Proxy(db.kysely, {
        get(target, name) {
          if (name === 'transaction' && state.broken) throw new Error('database is away');
          const value = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    },
  };
  return state;
}

it('writes in batches by size and by time', async () => {
  const writer = await openAuditWriter(db, { dataDir: folder.path, batchRows: 100, flushMilliseconds: 200 });
  for (let i = 0; i < 100; i++) writer.record(row());
  await waitFor('the batch', async () => (await stored()) === 100, 1000);
  writer.record(row());
  expect(await stored()).toBe(100);
  await waitFor('the time', async () => (await stored()) === 101, 2000);
  await writer.close();
  expect(journals()).toEqual([]);
});

it('writes what is buffered when it closes', async () => {
  const writer = await openAuditWriter(db, { dataDir: folder.path, flushMilliseconds: 60_000 });
  for (let i = 0; i < 1234; i++) writer.record(row());
  await writer.close();
  expect(await stored()).toBe(1234);
});

it('keeps rows while the database is away, says so, and writes each once when it is back', async () => {
  const state = failing();
  const errors: number[] = [];
  const writer = await openAuditWriter(state.db, {
    dataDir: folder.path,
    batchRows: 10,
    flushMilliseconds: 20,
    onError: (_error, rows) => errors.push(rows),
  });
  state.broken = true;
  for (let i = 0; i < 50; i++) writer.record(row());
  await waitFor('a report', async () => errors.length > 1);
  expect(writer.buffered()).toBe(50);
  expect(await stored()).toBe(0);
  state.broken = false;
  await waitFor('the rows', async () => (await stored()) === 50);
  await writer.close();
  expect(await stored()).toBe(50);
});

it('makes requests wait when the buffer is full', async () => {
  const state = failing();
  const writer = await openAuditWriter(state.db, {
    dataDir: folder.path,
    maxBufferedRows: 5,
    flushMilliseconds: 60_000,
  });
  state.broken = true;
  const start = performance.now();
  await writer.waitForRoom();
  expect(performance.now() - start).toBeLessThan(100);
  for (let i = 0; i < 5; i++) writer.record(row());
  await writer.waitForRoom();
  expect(performance.now() - start).toBeGreaterThan(900);
  state.broken = false;
  await writer.waitForRoom();
  expect(writer.buffered()).toBe(0);
  expect(await stored()).toBe(5);
  await writer.close();
});

it('brings in the journal of a killed process, without the rows that had reached the database', async () => {
  const rows = Array.from({ length: 700 }, () => row());
  await db.kysely.insertInto('audit_logs').values(rows.slice(0, 300)).execute();
  // Process ids end at 4194304 on Linux: this one lives nowhere. The last line is cut off as by a crash.
  const { hostname } = await import('node:os');
  const path = join(folder.path, 'audit', `audit-${hostname()}-99999999-${crypto.randomUUID()}.ndjson`);
  writeFileSync(path, `${rows.map((one) => JSON.stringify(one)).join('\n')}\n{"time": "2025`);
  const writer = await openAuditWriter(db, { dataDir: folder.path });
  expect(await stored()).toBe(700);
  expect(existsSync(path)).toBe(false);
  await writer.close();
});

it('leaves rows for the next start when the database is away at the end', async () => {
  const state = failing();
  let writer: AuditWriter = await openAuditWriter(state.db, {
    dataDir: folder.path,
    flushMilliseconds: 60_000,
  });
  state.broken = true;
  for (let i = 0; i < 7; i++) writer.record(row());
  await expect(writer.close()).rejects.toThrow('database is away');
  expect(journals()).toHaveLength(1);
  writer = await openAuditWriter(db, { dataDir: folder.path });
  expect(await stored()).toBe(7);
  await writer.close();
  expect(journals()).toEqual([]);
});

it('keeps rows that come after its end for the next start, and writes into no file of others', async () => {
  let writer: AuditWriter = await openAuditWriter(db, { dataDir: folder.path });
  const announced = row({ status: 400 });
  writer.announce(announced);
  const without = row();
  await writer.close();
  // These get the file numbers that the writer had.
  const names = Array.from({ length: 20 }, (_, i) => join(folder.path, `other-${i}`));
  const files = names.map((name) => openSync(name, 'w'));
  writer.record(announced);
  writer.record(without);
  for (const file of files) closeSync(file);
  expect(names.map((name) => readFileSync(name, 'utf8'))).toEqual(names.map(() => ''));
  expect(journals()).toHaveLength(2);
  writer = await openAuditWriter(db, { dataDir: folder.path });
  const ids = await db.kysely.selectFrom('audit_logs').select('request_id').execute();
  expect(ids.map(({ request_id }) => request_id).sort()).toEqual(
    [announced.request_id, without.request_id].sort(),
  );
  await writer.close();
  expect(journals()).toEqual([]);
});
