import { randomUUID } from 'node:crypto';
import {
  type AuditAnchor,
  type AuditRow,
  type AuditWriter,
  type Database,
  type KeyRing,
  maintainTimeSeries,
  openAuditWriter,
  openDatabase,
  verifyAudit,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { seedDatabase } from '../../../test/support/database-template.js';
import { temporaryFolder } from './helpers.js';

const keys: KeyRing = [{ id: 'k1', key: new Uint8Array(32).fill(1) }];
const folder = temporaryFolder();
const opened: Database[] = [];
let db: Database;
afterAll(async () => {
  for (const each of opened) await each.close();
  folder.remove();
});

let count = 0;
function row(time = new Date()): AuditRow {
  count += 1;
  return {
    time: time.toISOString(),
    request_id: `r${count}`,
    user_id: randomUUID(),
    username: 'ann',
    action: 'createPlan',
    method: 'POST',
    resource: `/ops/plan/${count}`,
    ip: '192.0.2.1',
    status: 201,
    duration_ms: 1.25 + count / 3,
  };
}

function openWriter(ring: KeyRing = keys): Promise<AuditWriter> {
  return openAuditWriter(db, { dataDir: folder.path, keys: ring, flushMilliseconds: 1e6 });
}

async function write(writer: AuditWriter, rows: readonly AuditRow[]): Promise<void> {
  for (const each of rows) writer.record(each);
  await writer.flush();
}

beforeEach(async () => {
  if (opened.length === 0) {
    seedDatabase(folder.path);
    opened.push(await openDatabase({ dataDir: folder.path }));
  }
  [db] = opened;
  await sql`truncate audit_logs, audit_chains, audit_removals`.execute(db.kysely);
  count = 0;
});

const verify = (anchor?: AuditAnchor, ring = keys) => verifyAudit(db.kysely, ring, anchor);
const update = (set: string) =>
  sql.raw(`update audit_logs set ${set} where request_id = 'r5'`).execute(db.kysely);
const remove = (where: string) => sql.raw(`delete from audit_logs where ${where}`).execute(db.kysely);
const messages = async () => (await verify()).findings.map(({ message }) => message);

describe('audit chains', () => {
  it('are whole with two writers at once, and across their end and the next start', async () => {
    const [a, b] = await Promise.all([openWriter(), openWriter()]);
    await Promise.all([write(a, [row(), row(), row()]), write(b, [row(), row()])]);
    await Promise.all([write(a, [row()]), write(b, [row(), row(), row()])]);
    await Promise.all([a.close(), b.close()]);
    const c = await openWriter();
    await write(c, [row()]);
    const report = await verify();
    expect(report).toMatchObject({ intact: true, rows: 10, chains: 3, unkeyed_chains: 0, findings: [] });
    await c.close();
  });

  describe('name what was done to them', () => {
    let writer: AuditWriter;
    beforeEach(async () => {
      writer = await openWriter();
      await write(
        writer,
        Array.from({ length: 9 }, () => row()),
      );
      await writer.close();
      expect((await verify()).intact).toBe(true);
    });

    it.each([
      'status = 200',
      "username = 'bob'",
      'user_id = null',
      "ip = '192.0.2.2'",
      'duration_ms = duration_ms + 1e-9',
      "time = time + interval '1 microsecond'",
      "resource = '/ops/plan/6'",
      "action = 'createIngest'",
      "method = 'PUT'",
    ])('a row with %s', async (set) => {
      await update(set);
      const report = await verify();
      expect(report.findings).toMatchObject([{ kind: 'changed', seq: 5, request_id: 'r5' }]);
      expect(report.intact).toBe(false);
    });

    it('a changed row whose hash was changed with it: the next one no longer follows', async () => {
      await update(`status = 200, chain_hash = '${'A'.repeat(43)}'`);
      expect((await verify()).findings.map(({ request_id }) => request_id)).toEqual(['r5', 'r6']);
    });

    it('rows deleted within, at the beginning and at the end', async () => {
      await remove(`request_id in ('r4', 'r5')`);
      expect((await verify()).findings).toMatchObject([{ kind: 'deleted', seq: 4 }]);
      expect(await messages()).toEqual(['rows 4 to 5 were deleted from chain 1']);
      await remove(`request_id = 'r1'`);
      expect(await messages()).toContain('row 1 was deleted from chain 1');
      await remove(`request_id = 'r9'`);
      expect(await messages()).toContain('row 9 was deleted from chain 1');
    });

    it('all rows of a chain, and a chain with all its rows', async () => {
      await remove('true');
      expect(await messages()).toEqual(['rows 1 to 9 were deleted from chain 1']);
      const next = await openWriter();
      await write(next, [row()]);
      await next.close();
      await sql`delete from audit_chains where ordinal = 1`.execute(db.kysely);
      expect((await messages()).join()).toContain('chains 1 to 1 are missing');
    });

    it('rows inserted: without a chain, into one, behind its head, of a chain nobody opened', async () => {
      const columns =
        'time, request_id, user_id, username, action, method, resource, ip, status, duration_ms';
      const insert = (id: string, chain: string) =>
        sql
          .raw(
            `insert into audit_logs (${columns}, chain_id, chain_seq, chain_hash)
            select now() + interval '1 hour', '${id}', user_id, username, action, method, resource, ip, status, duration_ms,
              ${chain} from audit_logs where request_id = 'r5'`,
          )
          .execute(db.kysely);
      await insert('x1', 'null, null, null');
      await insert('x2', 'chain_id, chain_seq, chain_hash');
      await insert('x3', 'chain_id, 10, chain_hash');
      await insert('x4', `'${randomUUID()}', 1, chain_hash`);
      const found = (await verify()).findings;
      expect(found.map(({ kind }) => kind)).toEqual(['inserted', 'inserted', 'inserted', 'inserted']);
      expect(found.map(({ request_id }) => request_id).sort()).toEqual(['x1', 'x2', 'x3', 'x4']);
    });

    it('a head moved back over deleted rows', async () => {
      const { rows } = await sql<{ chain_hash: string }>`
        select chain_hash from audit_logs where request_id = 'r7'`.execute(db.kysely);
      await remove(`request_id in ('r8', 'r9')`);
      await sql`update audit_chains set last_seq = 7, last_hash = ${rows[0].chain_hash}`.execute(db.kysely);
      expect((await verify()).findings).toMatchObject([{ kind: 'chain' }]);
    });

    it('a database set back as a whole, by an anchor kept elsewhere', async () => {
      const heads = await sql`select * from audit_chains`.execute(db.kysely);
      const backup = heads.rows[0] as Record<string, unknown>;
      const more = await openWriter();
      await write(more, [row(), row()]);
      await more.close();
      const { anchor } = await verify();
      expect((await verify(anchor)).intact).toBe(true);
      await remove(`request_id in ('r10', 'r11')`);
      await sql`delete from audit_chains where chain_id <> ${backup.chain_id}::uuid`.execute(db.kysely);
      // Without the anchor nothing is to be seen: what is left is whole.
      expect((await verify()).intact).toBe(true);
      expect((await verify(anchor)).findings).toMatchObject([{ kind: 'chain' }]);
    });

    it('hashes made anew without the key', async () => {
      const other = await verify(undefined, [{ id: 'k1', key: new Uint8Array(32).fill(2) }]);
      expect(other.intact).toBe(false);
      expect((await verify(undefined, [])).findings[0]).toMatchObject({ kind: 'unverifiable' });
    });
  });

  it('go on after a rotation of the key, old ones verified with the old key', async () => {
    const before = await openWriter();
    await write(before, [row(), row()]);
    await before.close();
    const rotated: KeyRing = [{ id: 'k2', key: new Uint8Array(32).fill(2) }, ...keys];
    const after = await openWriter(rotated);
    await write(after, [row(), row()]);
    await after.close();
    expect(await verify(undefined, rotated)).toMatchObject({ intact: true, rows: 4, chains: 2 });
    expect((await verify(undefined, rotated.slice(0, 1))).findings[0].message).toContain('k1');
  });

  it('without a key show accidents, and say that they do not show more', async () => {
    const writer = await openWriter([]);
    await write(writer, [row(), row()]);
    await writer.close();
    expect(await verify(undefined, [])).toMatchObject({ intact: true, unkeyed_chains: 1 });
    await sql`update audit_logs set status = 500 where request_id = 'r2'`.execute(db.kysely);
    expect((await verify(undefined, [])).findings).toMatchObject([{ kind: 'changed', request_id: 'r2' }]);
  });

  it('stay whole when retention removes their beginning, also where times and numbers are mixed', async () => {
    const writer = await openWriter();
    const old = new Date(Date.now() - 100 * 86_400_000);
    const now = new Date();
    // A long request: its row is written late and carries the time of its beginning.
    await write(writer, [row(old), row(old), row(now), row(old), row(now), row(now)]);
    const { anchor } = await verify();
    await maintainTimeSeries(db, { audit_retention_days: 30 }, []);
    expect((await verify()).rows, 'not without the key').toBe(6);
    const done = await maintainTimeSeries(db, { audit_retention_days: 30 }, keys);
    expect(done.join()).toMatch(/audit_logs_\d{8}/);
    expect(await verify()).toMatchObject({ intact: true, rows: 3, removed: 3 });
    expect((await verify(anchor)).intact).toBe(true);
    await write(writer, [row()]);
    await writer.close();
    expect(await verify(anchor)).toMatchObject({ intact: true, rows: 4 });

    // A note of removal is not believed from anybody.
    await sql`delete from audit_logs where request_id = 'r5'`.execute(db.kysely);
    await sql`insert into audit_removals (chain_id, first_seq, last_seq, last_hash, removed_before, seal)
      select chain_id, 5, 5, chain_hash, now(), 'x' from audit_logs where request_id = 'r3'`.execute(
      db.kysely,
    );
    expect((await verify()).findings.map(({ kind }) => kind)).toEqual(['chain', 'deleted']);
  });
});
