import { randomUUID } from 'node:crypto';
import {
  copyRow,
  type Database,
  type DatabaseSchema,
  isUniqueViolation,
  JOB_TRANSITIONS,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUser } from '../helpers.js';

const OBSERVATION_COLUMNS = [
  'time',
  'gps_seconds',
  'satellite',
  'product',
  'file_id',
  'values',
  'labels',
  'quality_flag',
] as const;

async function insertJob(
  db: Database,
  userId: string,
  fields: Record<string, unknown> = {},
): Promise<string> {
  const id = randomUUID();
  await db.kysely
    .insertInto('processing_jobs')
    .values({
      id,
      user_id: userId,
      type: 'plan',
      status: 'pending',
      parameters: '{}',
      updated_at: new Date(),
      ...fields,
    })
    .execute();
  return id;
}

/** What every database adapter has to do. `open` gives an empty database with the schema. */
export function databaseContract(name: string, open: () => Promise<Database>): void {
  describe(`database contract: ${name}`, () => {
    let db: Database;
    let userId: string;
    beforeAll(async () => {
      db = await open();
      userId = await insertUser(db);
    });
    afterAll(() => db.close());

    const copy = (rows: readonly string[], after?: () => Promise<void>): Promise<number> =>
      db.kysely.transaction().execute(async (transaction) => {
        const count = await db.copyIn(transaction, 'satellite_observations', OBSERVATION_COLUMNS, rows);
        await after?.();
        return count;
      });

    it('gives the types of the schema', async () => {
      const jobId = await insertJob(db, userId, { parameters: JSON.stringify({ deep: [1, { a: null }] }) });
      const time = new Date('2023-06-01T12:34:56.789Z');
      await db.kysely
        .insertInto('job_events')
        .values({ job_id: jobId, time, kind: 'log', level: 'info', message: 'ü\t\\', data: null })
        .execute();
      const job = await db.kysely
        .selectFrom('processing_jobs')
        .selectAll()
        .where('id', '=', jobId)
        .executeTakeFirstOrThrow();
      expect(job.parameters).toEqual({ deep: [1, { a: null }] });
      expect(job.created_at).toBeInstanceOf(Date);
      expect(job).toMatchObject({
        progress: 0,
        attempt: 0,
        max_attempts: 3,
        cancel_requested: false,
        result: null,
      });
      const event = await db.kysely
        .selectFrom('job_events')
        .selectAll()
        .where('job_id', '=', jobId)
        .executeTakeFirstOrThrow();
      expect(event.id).toMatch(/^\d+$/);
      expect(event.time).toEqual(time);
      expect(event.message).toBe('ü\t\\');
    });

    it('gives values of every type alike', async () => {
      const { rows } = await sql`
        select 1.50::numeric as exact, 9007199254740993::int8 as large, array[1::int8, null] as larges, 7::int2 as small,
          0.5::float4 as single, array[0.1::float8, 'NaN', '-Infinity', null] as doubles, '2023-06-01'::date as day,
          array['2023-06-01T00:00:00.125+02'::timestamptz] as times, array[true, null] as flags,
          '{"a": [1, null]}'::jsonb as document, array['x'::name, 'y'] as names, array['a"b', null]::text[] as texts,
          array['00000000-0000-4000-8000-000000000001'::uuid] as ids, null::int8 as nothing`.execute(
        db.kysely,
      );
      expect(rows).toEqual([
        {
          exact: '1.50',
          large: '9007199254740993',
          larges: ['1', null],
          small: 7,
          single: 0.5,
          doubles: [0.1, Number.NaN, Number.NEGATIVE_INFINITY, null],
          day: new Date('2023-06-01T00:00:00Z'),
          times: [new Date('2023-05-31T22:00:00.125Z')],
          flags: [true, null],
          document: { a: [1, null] },
          names: ['x', 'y'],
          texts: ['a"b', null],
          ids: ['00000000-0000-4000-8000-000000000001'],
          nothing: null,
        },
      ]);
    });

    it('copies rows in and out without losing a bit or a character', async () => {
      const fileId = randomUUID();
      const values = [
        0.1 + 0.2,
        Number.MIN_VALUE,
        -Number.MAX_VALUE,
        -0,
        Number.NaN,
        Number.NEGATIVE_INFINITY,
        6778137.123456789,
      ];
      const labels = ['a\tb', 'c\\d', 'say "x"', 'line\nbreak', '{brace,}', '', 'NULL', '\\N', null];
      const row = [
        new Date('2023-06-01T00:00:00.125Z'),
        738849618.125,
        'GRACE-C',
        'GNV1B',
        fileId,
        values,
        labels,
        'tab\t',
      ] as const;
      const count = await copy([copyRow(row), copyRow([row[0], 2, 'GRACE-D', 'X', fileId, [], null, null])]);
      expect(count).toBe(2);
      const stored = await db.kysely
        .selectFrom('satellite_observations')
        .selectAll()
        .where('file_id', '=', fileId)
        .orderBy('satellite')
        .execute();
      expect(stored[0]).toEqual({
        time: row[0],
        gps_seconds: 738849618.125,
        satellite: 'GRACE-C',
        product: 'GNV1B',
        file_id: fileId,
        values,
        labels,
        quality_flag: 'tab\t',
      });
      expect(stored[1]).toMatchObject({ values: [], labels: null, quality_flag: null });
      const text: string[] = [];
      for await (const chunk of db.copyOut(
        `select gps_seconds, quality_flag from satellite_observations where file_id = '${fileId}' order by satellite`,
      )) {
        text.push(Buffer.from(chunk).toString());
      }
      expect(text.join('')).toBe('738849618.125\ttab\\t\n2\t\\N\n');
    });

    it('takes chunks whose borders are anywhere', async () => {
      const fileId = randomUUID();
      const text = Array.from({ length: 5000 }, (_, i) =>
        copyRow([new Date(1e12 + i), i, 'GRACE-C', 'ACC1B', fileId, [i, i / 3], ['é'], null]),
      ).join('');
      async function* pieces(): AsyncGenerator<string> {
        for (let i = 0; i < text.length; i += 977) yield text.slice(i, i + 977);
      }
      const count = await db.kysely
        .transaction()
        .execute((transaction) =>
          db.copyIn(transaction, 'satellite_observations', OBSERVATION_COLUMNS, pieces()),
        );
      expect(count).toBe(5000);
      const sum = await sql<{ sum: number }>`
        select sum(gps_seconds) as sum from satellite_observations where file_id = ${fileId}`.execute(
        db.kysely,
      );
      expect(sum.rows[0].sum).toBe((5000 * 4999) / 2);
    });

    it('keeps nothing of a copy whose transaction fails, later or in a later chunk', async () => {
      const fileId = randomUUID();
      const good = copyRow([new Date(), 1, 'GRACE-C', 'ACC1B', fileId, [1], null, null]);
      await expect(
        copy([good], async () => {
          throw new Error('later');
        }),
      ).rejects.toThrow('later');
      // 40,000 good rows are more than one block; the bad one comes after.
      await expect(copy([...Array<string>(40_000).fill(good), 'not\ta\trow\n'])).rejects.toMatchObject({
        code: /^22/,
      });
      const { n } = await db.kysely
        .selectFrom('satellite_observations')
        .select((eb) => eb.fn.countAll<string>().as('n'))
        .where('file_id', '=', fileId)
        .executeTakeFirstOrThrow();
      expect(Number(n)).toBe(0);
    });

    it('stops a copy whose source throws', async () => {
      function* broken(): Generator<string> {
        yield copyRow([new Date(), 1, 'GRACE-C', 'ACC1B', randomUUID(), [1], null, null]);
        throw new Error('unreadable file');
      }
      await expect(
        db.kysely
          .transaction()
          .execute((transaction) =>
            db.copyIn(transaction, 'satellite_observations', OBSERVATION_COLUMNS, broken()),
          ),
      ).rejects.toThrow('unreadable file');
      await db.ping();
    });

    it('rolls back on an error and goes on afterwards', async () => {
      const before = await db.kysely.selectFrom('users').selectAll().execute();
      await expect(
        db.kysely.transaction().execute(async (transaction) => {
          await transaction.deleteFrom('job_events').execute();
          await sql`select 1 / 0`.execute(transaction);
        }),
      ).rejects.toMatchObject({ code: '22012' });
      expect(await db.kysely.selectFrom('users').selectAll().execute()).toHaveLength(before.length);
      expect((await db.kysely.selectFrom('job_events').selectAll().execute()).length).toBeGreaterThan(0);
    });

    it('keeps transactions apart', async () => {
      const jti = randomUUID();
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const inside = db.kysely.transaction().execute(async (transaction) => {
        await transaction.insertInto('revoked_tokens').values({ jti, expires_at: new Date() }).execute();
        await gate;
        throw new Error('undo');
      });
      const outside = db.kysely.selectFrom('revoked_tokens').selectAll().where('jti', '=', jti).execute();
      setTimeout(release, 50);
      await expect(inside).rejects.toThrow('undo');
      expect(await outside).toEqual([]);
    });

    it('serves many callers at once', async () => {
      const jobId = await insertJob(db, userId);
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          db.kysely.transaction().execute(async (transaction) => {
            const { progress } = await transaction
              .selectFrom('processing_jobs')
              .select('progress')
              .where('id', '=', jobId)
              .forUpdate()
              .executeTakeFirstOrThrow();
            await transaction
              .updateTable('processing_jobs')
              .set({ progress: progress + 0.01, progress_message: `writer ${i}` })
              .where('id', '=', jobId)
              .execute();
          }),
        ),
      );
      const job = await db.kysely
        .selectFrom('processing_jobs')
        .select('progress')
        .where('id', '=', jobId)
        .executeTakeFirstOrThrow();
      // 50 sums of 0.01: rounding of at most 50 ulp(0.5)
      expect(job.progress).toBeCloseTo(0.5, 12);
    });

    it('holds user names and addresses once, whatever the case', async () => {
      const id = await insertUser(db, 'Ada');
      expect(id).toHaveLength(36);
      const again = insertUser(db, 'aDA');
      await expect(again).rejects.toSatisfy((error: unknown) =>
        isUniqueViolation(error, 'users_username_key'),
      );
      const sameAddress = db.kysely
        .insertInto('users')
        .values({
          id: randomUUID(),
          username: 'other',
          email: 'ADA@example.org',
          password_hash: 'x',
          role: 'viewer',
        })
        .execute();
      await expect(sameAddress).rejects.toSatisfy((error: unknown) =>
        isUniqueViolation(error, 'users_email_key'),
      );
    });

    it.each([
      ['processing_jobs', { status: 'paused' }],
      ['processing_jobs', { type: 'delete' }],
      ['processing_jobs', { progress: 1.5 }],
      ['processing_jobs', { status: 'running' }],
    ] as const)('refuses in %s the row with %j', async (_table, fields) => {
      await expect(insertJob(db, userId, fields)).rejects.toMatchObject({ code: '23514' });
    });

    it('refuses unknown roles, users and bad hashes', async () => {
      const user = { id: randomUUID(), username: 'r', email: 'r@example.org', password_hash: 'x' };
      await expect(
        db.kysely
          .insertInto('users')
          .values({ ...user, role: 'root' as 'admin' })
          .execute(),
      ).rejects.toMatchObject({ code: '23514' });
      await expect(insertJob(db, randomUUID())).rejects.toMatchObject({ code: '23503' });
      const file = {
        id: randomUUID(),
        sha256: 'xyz',
        file_name: 'f',
        product: 'p',
        satellite: 's',
        records: 1,
        bytes: 1,
      };
      await expect(
        db.kysely
          .insertInto('ingested_files')
          .values({ ...file, object_key: 'k', columns: '[]', quality: '{}', metadata: '{}', user_id: userId })
          .execute(),
      ).rejects.toMatchObject({ code: '23514' });
    });

    it('allows exactly the transitions of the table', async () => {
      const states = Object.keys(JOB_TRANSITIONS) as (keyof typeof JOB_TRANSITIONS)[];
      for (const from of states) {
        for (const to of states) {
          if (from === to) continue;
          const lease = { worker_id: 'w', lease_until: new Date() };
          const id = await insertJob(db, userId, { status: from, ...lease });
          const update = db.kysely
            .updateTable('processing_jobs')
            .set({ status: to })
            .where('id', '=', id)
            .execute();
          if (JOB_TRANSITIONS[from].includes(to)) await update;
          else
            await expect(update, `${from} to ${to}`).rejects.toMatchObject({
              constraint: 'processing_jobs_transition',
            });
        }
      }
    });

    it('has the columns of schema.ts and an index for each way the rows are looked up', async () => {
      const columns = await sql<{ table_name: keyof DatabaseSchema; columns: string[] }>`
        select table_name, array_agg(column_name::text order by ordinal_position) as columns
        from information_schema.columns where table_schema = 'public' group by table_name`.execute(db.kysely);
      const byTable = new Map(columns.rows.map((row) => [row.table_name, row.columns]));
      expect(byTable.get('satellite_observations')).toEqual([...OBSERVATION_COLUMNS]);
      expect(byTable.get('revoked_tokens')).toEqual(['jti', 'expires_at']);
      expect(byTable.get('processing_jobs')).toContain('run_after');
      const { rows } = await sql<{ definition: string }>`
        select tablename || ' ' || substring(indexdef from '\\(.*') as definition from pg_indexes
        where schemaname = 'public'`.execute(db.kysely);
      const definitions = rows.map((row) => row.definition);
      for (const expected of [
        'satellite_observations (satellite, product, gps_seconds)',
        'satellite_observations (file_id)',
        'baseline_vectors (pair, product, gps_seconds)',
        'baseline_vectors (file_id)',
        'processing_jobs (user_id, status, created_at DESC, id DESC)',
        'processing_jobs (user_id, idempotency_key)',
        'gravity_products (user_id, created_at DESC, id DESC)',
        'ingested_files (sha256)',
        'audit_logs ("time" DESC)',
        'audit_logs (user_id, "time" DESC)',
      ]) {
        expect(definitions).toContain(expected);
      }
    });
  });
}
