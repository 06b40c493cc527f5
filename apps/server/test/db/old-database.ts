import { randomUUID } from 'node:crypto';
import { type DatabaseSchema, migrateToLatest, migrations } from '@gravity/server';
import { type Kysely, Migrator, sql } from 'kysely';
import { expect } from 'vitest';

/** Rows as an earlier version held them, before the tables were divided by time. */
async function fill(kysely: Kysely<DatabaseSchema>): Promise<void> {
  const id = randomUUID();
  await sql`
    insert into users (id, username, email, password_hash, role)
      values (${id}, 'ada', 'ada@example.org', 'x', 'admin')`.execute(kysely);
  // two days and a bit at 60 s, of two satellites; ranging of one day; audit rows of four months
  await sql`
    insert into satellite_observations (time, gps_seconds, satellite, product, file_id, "values", quality_flag)
    select '2023-06-01T00:00Z'::timestamptz + i * interval '60 s', 738849618 + i * 60, s, 'GNV1B',
      '00000000-0000-4000-8000-000000000001', array[i, i / 3.0, 'NaN'], lpad((i % 2)::text, 8, '0')
    from generate_series(-100, 3000) i, (values ('GRACE-C'), ('GRACE-D')) v (s)`.execute(kysely);
  await sql`
    insert into baseline_vectors (time, gps_seconds, pair, product, file_id, range_rate, snr)
    select '2023-06-01T00:00Z'::timestamptz + i * interval '5 s', 738849618 + i * 5, 'GRACE-C/GRACE-D', 'KBR1B',
      '00000000-0000-4000-8000-000000000002', sin(i / 100.0), array[i, 1]
    from generate_series(0, 2000) i`.execute(kysely);
  await sql`
    insert into audit_logs (time, request_id, action, method, resource, ip, status, duration_ms)
    select '2026-01-15T00:00Z'::timestamptz + i * interval '1 day', i::text, 'a', 'GET', '/', '::1', 200, i
    from generate_series(0, 99) i`.execute(kysely);
}

const TABLES = ['satellite_observations', 'baseline_vectors', 'audit_logs'];
type Columns = Readonly<Record<string, readonly string[]>>;

async function columnsOf(kysely: Kysely<DatabaseSchema>): Promise<Columns> {
  const { rows } = await sql<{ table_name: string; column_name: string }>`
    select table_name, column_name from information_schema.columns where table_schema = current_schema()
    order by table_name, ordinal_position`.execute(kysely);
  const named = (table: string) => rows.filter(({ table_name }) => table_name === table);
  return Object.fromEntries(
    TABLES.map((table) => [table, named(table).map(({ column_name }) => column_name)]),
  );
}

/** Count and content of the rows in these columns: later versions add others. */
async function digests(kysely: Kysely<DatabaseSchema>, columns: Columns): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [table, names] of Object.entries(columns)) {
    const { rows } = await sql`
      select count(*) as n, md5(string_agg(t::text, ',' order by t::text)) as digest
      from (select ${sql.join(names.map((name) => sql.ref(name)))} from ${sql.table(table)}) t
    `.execute(kysely);
    result[table] = rows[0];
  }
  return result;
}

/** An empty database as version 0.1 left it, with rows; then the newest schema. No row may be lost or altered. */
export async function upgradeKeepsRows(kysely: Kysely<DatabaseSchema>): Promise<void> {
  const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateTo('0002-queues');
  expect(error).toBeUndefined();
  await fill(kysely);
  const columns = await columnsOf(kysely);
  const before = await digests(kysely, columns);
  expect(before.satellite_observations).toMatchObject({ n: '6202' });
  const newer = Object.keys(migrations).toSorted().slice(2);
  expect(newer[0]).toBe('0003-time-series');
  expect(await migrateToLatest(kysely)).toEqual(newer);
  expect(await digests(kysely, columns)).toEqual(before);
  const { rows } = await sql<{ hours: string; records: string }>`
    select count(*) as hours, sum(records) as records from observation_hourly`.execute(kysely);
  // 100 minutes before midnight: 2 hours; 3000 minutes and one after: 51
  expect(rows[0]).toEqual({ hours: '106', records: '6202' });
  expect(await migrateToLatest(kysely)).toEqual([]);
}

/** Tables that hold rows of a partitioned one, with their number of rows. */
export async function partitionsOf(
  kysely: Kysely<DatabaseSchema>,
  table: string,
): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; n: string }>`
    select tableoid::regclass::text as name, count(*) as n from ${sql.table(table)} group by 1 order by 1`.execute(
    kysely,
  );
  return Object.fromEntries(rows.map(({ name, n }) => [name, Number(n)]));
}
