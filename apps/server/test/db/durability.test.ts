import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startScript } from '../child.js';
import { temporaryFolder, testConfig } from '../helpers.js';

const folder = temporaryFolder();
let open: Database | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});
afterAll(() => folder.remove());

describe('embedded database under kill -9', () => {
  it.each([1, 2, 3, 4])(
    'keeps every acknowledged commit and no half transaction (round %i)',
    async (round) => {
      const child = startScript('db/kill-child.mjs', folder.path, String(round));
      // A varying number of commits and a varying moment within one.
      await child.line((lines) => lines.length > 20 * round);
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      await child.kill();
      const acknowledged = child.lines.filter((line) => line !== 'open');

      open = await openDatabase(testConfig(folder.path));
      const rows = await open.kysely.selectFrom('revoked_tokens').select('jti').execute();
      const stored = new Set(rows.map((row) => row.jti));
      expect(acknowledged.length).toBeGreaterThan(15);
      expect(acknowledged.filter((jti) => !stored.has(jti))).toEqual([]);

      const firsts = [...stored].filter((jti) => jti.startsWith('first-')).map((jti) => jti.slice(6));
      const seconds = [...stored].filter((jti) => jti.startsWith('second-')).map((jti) => jti.slice(7));
      expect(seconds.sort()).toEqual(firsts.sort());
      const copied = new Map<string, number>();
      for (const jti of stored) {
        if (!jti.startsWith('copy-')) continue;
        const batch = jti.slice(0, jti.lastIndexOf('-'));
        copied.set(batch, (copied.get(batch) ?? 0) + 1);
      }
      expect([...copied.values()].every((count) => count === 2000)).toBe(true);
      // The index and the table tell the same: recovery replayed both.
      const counts = await open.kysely.transaction().execute(async (transaction) => {
        await sql`set local enable_seqscan = off`.execute(transaction);
        const byIndex = await sql<{
          n: string;
        }>`select count(*) as n from revoked_tokens where jti > ''`.execute(transaction);
        await sql`set local enable_seqscan = on`.execute(transaction);
        await sql`set local enable_indexscan = off`.execute(transaction);
        await sql`set local enable_indexonlyscan = off`.execute(transaction);
        await sql`set local enable_bitmapscan = off`.execute(transaction);
        const bySeq = await sql<{
          n: string;
        }>`select count(*) as n from revoked_tokens where jti > ''`.execute(transaction);
        return [byIndex.rows[0].n, bySeq.rows[0].n];
      });
      expect(counts[0]).toBe(counts[1]);
      expect(Number(counts[0])).toBe(stored.size);
    },
  );

  it('opens after a kill during the very first start', async () => {
    for (const wait of [300, 900, 1500]) {
      const own = temporaryFolder();
      const child = startScript('db/hold-child.mjs', own.path);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await child.kill();
      const db = await openDatabase(testConfig(own.path));
      await db.ping();
      await db.close();
      own.remove();
    }
  });

  it('asks PostgreSQL for synchronous commits that reach the disk', async () => {
    open = await openDatabase(testConfig(folder.path));
    const { rows } = await sql`select current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as synchronous_commit, current_setting('full_page_writes') as full_page_writes,
      current_setting('wal_sync_method') as wal_sync_method, current_setting('TimeZone') as zone`.execute(
      open.kysely,
    );
    expect(rows[0]).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      wal_sync_method: 'fsync',
      zone: 'UTC',
    });
  });
});

describe('lock of the data folder', () => {
  it('refuses a second process while the first lives, and takes over when it was killed', async () => {
    const child = startScript('db/hold-child.mjs', folder.path);
    await child.line((lines) => lines.includes('open'));
    await expect(openDatabase(testConfig(folder.path))).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`process ${child.process.pid}`),
    });
    await child.kill();
    open = await openDatabase(testConfig(folder.path));
    await open.ping();
  });

  it('refuses a second opening in the same process', async () => {
    open = await openDatabase(testConfig(folder.path));
    await expect(openDatabase(testConfig(folder.path))).rejects.toMatchObject({ code: 'locked' });
  });

  it('takes over the lock of a reused process id and of a silent other host, not of a live other host', async () => {
    const path = join(folder.path, 'db.lock');
    // This very process lives, but was not started at tick 1.
    const reused = { pid: process.pid, host: hostname(), started: '1', token: 'old' };
    writeFileSync(path, JSON.stringify(reused));
    open = await openDatabase(testConfig(folder.path));
    expect(JSON.parse(readFileSync(path, 'utf8')).token).not.toBe('old');
    await open.close();
    open = undefined;

    writeFileSync(path, JSON.stringify({ ...reused, host: 'another-host' }));
    const heart = setInterval(() => utimesSync(path, new Date(), new Date()), 200);
    await expect(openDatabase(testConfig(folder.path))).rejects.toMatchObject({ code: 'locked' });
    clearInterval(heart);
    const past = new Date(Date.now() - 120_000);
    utimesSync(path, past, past);
    open = await openDatabase(testConfig(folder.path));
    await open.ping();
  });
});
