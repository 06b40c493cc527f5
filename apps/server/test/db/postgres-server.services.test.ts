import { randomUUID } from 'node:crypto';
import {
  type Database,
  DatabaseUnavailableError,
  isTransientError,
  maintainTimeSeries,
  migrations,
  openDatabase,
  refreshAggregates,
  retryTransient,
  type SlowQuery,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUser, temporaryFolder, testConfig, waitFor } from '../helpers.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { freePort } from '../services/process.js';
import { startProxy } from '../services/proxy.js';
import { bareKysely } from './bare-kysely.js';
import { partitionsOf, upgradeKeepsRows } from './old-database.js';
import { copyObservations, observationRows } from './time-series-contract.js';

const folder = temporaryFolder();
const START = Date.parse('2023-06-01T00:00:00Z');
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.remove();
  folder.remove();
});

const config = (databaseUrl: string, more: Record<string, unknown> = {}) =>
  testConfig(folder.path, { databaseUrl, ...more });
const series = (fields: Partial<Parameters<typeof copyObservations>[1]> = {}) => ({
  satellite: 'GRACE-C',
  product: 'GNV1B',
  stepSeconds: 10,
  fromMs: START,
  count: 8640,
  fileId: randomUUID(),
  ...fields,
});
const countRows = async (db: Database): Promise<number> =>
  Number(
    (await sql<{ n: string }>`select count(*) as n from satellite_observations`.execute(db.kysely)).rows[0].n,
  );

describe('migrations on a PostgreSQL server', () => {
  it('run once when three processes start at once', async () => {
    const url = await server.createDatabase();
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase(config(url))));
    const { rows } = await sql<{ n: string }>`select count(*) as n from kysely_migration`.execute(
      opened[0].kysely,
    );
    expect(rows[0].n).toBe(String(Object.keys(migrations).length));
    await Promise.all(opened.map((db) => db.close()));
  });

  it('keep every row of a database of the version before', async () => {
    const kysely = bareKysely(await server.createDatabase());
    await upgradeKeepsRows(kysely);
    expect(await partitionsOf(kysely, 'satellite_observations')).toEqual({
      satellite_observations_20230531: 200,
      satellite_observations_20230601: 2880,
      satellite_observations_20230602: 2880,
      satellite_observations_20230603: 242,
    });
    expect(Object.keys(await partitionsOf(kysely, 'audit_logs'))).toHaveLength(4);
    await kysely.destroy();
  });
});

describe('opening', () => {
  it('waits for a server that comes up later', async () => {
    const url = await server.createDatabase();
    const proxy = await startProxy(server.port);
    await proxy.cut();
    const warnings: string[] = [];
    const opening = openDatabase(config(url.replace(`:${server.port}/`, `:${proxy.port}/`)), {
      onWarning: (message) => warnings.push(message),
    });
    await waitFor('a failed attempt', async () => warnings.length > 1);
    await proxy.mend();
    const db = await opening;
    expect(warnings[0]).toMatch(/^Waiting for PostgreSQL at 127\.0\.0\.1:/);
    await db.close();
    await proxy.close();
  });

  it('gives up with an error that names the variable and the server, not the password', async () => {
    const port = await freePort();
    const url = `postgresql://gravity:s3cret@127.0.0.1:${port}/gravity`;
    const error = await openDatabase(config(url), { connectTimeoutMs: 500 }).catch((e: Error) => e);
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    expect(String(error)).toMatch(/DATABASE_URL: PostgreSQL at 127\.0\.0\.1:\d+\/gravity does not answer/);
    expect(String(error)).not.toContain('s3cret');
  });

  it('does not wait where waiting cannot help', async () => {
    const url = (await server.createDatabase()).replace(/\/[^/]*$/, '/nothere');
    await expect(openDatabase(config(url))).rejects.toThrow(
      'cannot be used: database "nothere" does not exist',
    );
  });
});

describe('a server that dies', () => {
  it('comes back to the same pool; nothing of a copy in flight stays', async () => {
    const own = await startPostgres();
    try {
      const db = await openDatabase(config(await own.createDatabase(), { databasePoolSize: 3 }));
      await copyObservations(db, series());
      // connections that are idle, in a transaction and in the middle of a COPY
      await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.05)`.execute(db.kysely)));
      const rows = observationRows(series({ count: 50_000, stepSeconds: 1 }));
      let sent = 0;
      const copying = db.kysely.transaction().execute((transaction) =>
        db.copyIn(
          transaction,
          'satellite_observations',
          ['time', 'gps_seconds', 'satellite', 'product', 'file_id', 'values', 'labels', 'quality_flag'],
          (async function* () {
            for (;;) {
              yield rows.join('');
              sent += rows.length;
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
          })(),
        ),
      );
      copying.catch(() => undefined);
      await waitFor('rows on their way', async () => sent > 100_000);
      await own.kill();
      const failure = await copying.catch((error: unknown) => error);
      expect(isTransientError(failure)).toBe(true);
      await expect(db.ping()).rejects.toBeInstanceOf(Error);
      const asked = retryTransient(() => countRows(db), { tries: 60, pauseMilliseconds: 100 });
      await own.start();
      expect(await asked).toBe(8640);
      await db.ping();
      expect(await insertUser(db)).toHaveLength(36);
      await db.close();
    } finally {
      await own.remove();
    }
  });
});

describe('the pool', () => {
  let db: Database;
  const slow: SlowQuery[] = [];
  beforeAll(async () => {
    db = await openDatabase(
      config(await server.createDatabase(), { databasePoolSize: 2, slowQueryMilliseconds: 80 }),
      {
        acquireTimeoutMs: 300,
        statementTimeoutMs: 1000,
        onSlowQuery: (query) => slow.push(query),
      },
    );
  });
  afterAll(() => db.close());

  it('sets up its sessions', async () => {
    const { rows } = await sql`
      select current_setting('application_name') as name, current_setting('TimeZone') as zone,
        current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`.execute(db.kysely);
    expect(rows[0]).toEqual({ name: 'gravity', zone: 'UTC', statement: '1s', idle: '5min' });
  });

  it('reports slow statements without the values', async () => {
    const before = db.statistics().slowQueries;
    slow.length = 0;
    await sql`select ${'a secret'}::text as x, pg_sleep(0.1) as y`.execute(db.kysely);
    expect(slow).toHaveLength(1);
    expect(slow[0]).toMatchObject({ sql: 'select $1::text as x, pg_sleep(0.1) as y', rows: 1 });
    expect(slow[0].milliseconds).toBeGreaterThan(100);
    expect(db.statistics().slowQueries).toBe(before + 1);
  });

  it('ends statements and waits that take too long', async () => {
    const long = sql`select pg_sleep(5)`.execute(db.kysely);
    const other = sql`select pg_sleep(0.8)`.execute(db.kysely);
    await expect(sql`select 1`.execute(db.kysely)).rejects.toMatchObject({ code: 'busy' });
    await expect(long).rejects.toMatchObject({ code: 'timeout' });
    await other;
    await sql`select 1`.execute(db.kysely);
  });

  it('prepares statements once, and not without end', async () => {
    await db.kysely.connection().execute(async (connection) => {
      for (let i = 0; i < 260; i++)
        await sql`select ${sql.lit(i)}::integer as n, ${'x'}::text as t`.execute(connection);
      const { rows } = await sql<{ n: string; again: string }>`
        select count(*) as n, count(*) filter (where statement like 'select 259::integer%') as again
        from pg_prepared_statements`.execute(connection);
      expect(Number(rows[0].n)).toBe(200);
      expect(rows[0].again).toBe('1');
      // the first ones were forgotten on both sides and are prepared again
      const first = await sql<{ n: number }>`select ${sql.lit(0)}::integer as n, ${'x'}::text as t`.execute(
        connection,
      );
      expect(first.rows[0].n).toBe(0);
    });
  });

  it('goes on when a table changes under a prepared statement', async () => {
    await sql`create table changing (a integer)`.execute(db.kysely);
    await Promise.all([1, 2].map(() => sql`select * from changing`.execute(db.kysely)));
    await sql`alter table changing add column b text default 'new'`.execute(db.kysely);
    await sql`insert into changing values (1)`.execute(db.kysely);
    for (let i = 0; i < 4; i++) {
      expect((await sql`select * from changing`.execute(db.kysely)).rows).toEqual([{ a: 1, b: 'new' }]);
    }
  });

  it('streams a COPY without holding it, and drops it when the reader stops', async () => {
    const text = `select i, repeat('x', 1000) from generate_series(1, 60000) i`;
    // with the usual time limits, and two connections
    const db = await openDatabase(config(await server.createDatabase(), { databasePoolSize: 2 }));
    let bytes = 0;
    let largest = 0;
    for await (const chunk of db.copyOut(text)) {
      bytes += chunk.length;
      largest = Math.max(largest, chunk.length);
    }
    // 9 numbers of 1 digit, 90 of 2 …, tab, 1000 letters and newline
    expect(bytes).toBe(60_000 * 1002 + 9 + 180 + 2700 + 36_000 + 5 * 50_001);
    expect(largest).toBeLessThan(1_000_000);
    for (let i = 0; i < 5; i++) {
      for await (const chunk of db.copyOut(text)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    }
    await expect(
      (async () => {
        for await (const _ of db.copyOut('select 1 / (i - 1000) from generate_series(1, 2000) i'));
      })(),
    ).rejects.toMatchObject({ code: '22012' });
    await Promise.all([1, 2].map(() => sql`select 1`.execute(db.kysely)));
    await db.close();
  });
});

describe('loads side by side', () => {
  it('share partitions, and leave exact figures while others refresh', async () => {
    const url = await server.createDatabase();
    const [a, b] = await Promise.all([openDatabase(config(url)), openDatabase(config(url))]);
    let loading = true;
    const refreshing = [a, b].map(async (db) => {
      while (loading) await refreshAggregates(db);
    });
    const loads = [a, b].flatMap((db) =>
      Array.from({ length: 8 }, (_, i) =>
        copyObservations(db, series({ count: 2000, fromMs: START + i * 3_600_000 })),
      ),
    );
    expect(await Promise.all(loads)).toEqual(Array<number>(16).fill(2000));
    loading = false;
    await Promise.all(refreshing);
    await refreshAggregates(a);
    const { rows } = await sql<{ dirty: string; wrong: string; records: string }>`
      select (select count(*) from aggregate_dirty) as dirty, (select sum(records) from observation_hourly_data) as records,
        (select count(*) from observation_hourly_data d full join (
          select date_trunc('hour', time, 'UTC') as hour, count(*) as records, count(distinct file_id) as files
          from satellite_observations group by 1) c using (hour)
        where d.records is distinct from c.records or d.files is distinct from c.files) as wrong`.execute(
      a.kysely,
    );
    expect(rows[0]).toEqual({ dirty: '0', wrong: '0', records: '32000' });
    expect(Object.keys(await partitionsOf(a.kysely, 'satellite_observations'))).toEqual([
      'satellite_observations_20230601',
    ]);
    await Promise.all([a.close(), b.close()]);
  });
});

describe('rows without a partition', () => {
  it('are kept by the default one while a reader holds it, counted, and moved later', async () => {
    const db = await openDatabase(config(await server.createDatabase()));
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reading = db.kysely.transaction().execute(async (transaction) => {
      await sql`select count(*) from satellite_observations`.execute(transaction);
      await held;
    });
    await sql`select 1`.execute(db.kysely);
    expect(await copyObservations(db, series({ count: 500 }))).toBe(500);
    expect(await partitionsOf(db.kysely, 'satellite_observations')).toEqual({
      satellite_observations_default: 500,
    });
    const hours = () =>
      db.kysely.selectFrom('observation_hourly').select(['hour', 'records']).orderBy('hour').execute();
    const counted = await hours();
    expect(counted.map(({ records }) => records)).toEqual(['360', '140']);
    release();
    await reading;
    expect(await maintainTimeSeries(db)).toContain('partition satellite_observations_20230601');
    expect(await partitionsOf(db.kysely, 'satellite_observations')).toEqual({
      satellite_observations_20230601: 500,
    });
    expect(await hours()).toEqual(counted);
    await db.close();
  });
});

describe('a streaming replica', () => {
  it('answers reads while it is near the primary, else the primary does', async () => {
    const url = await server.createDatabase();
    const warnings: string[] = [];
    const replica = await server.startReplica();
    const db = await openDatabase(
      config(url, { databaseReplicaUrl: url.replace(`:${server.port}/`, `:${replica.port}/`) }),
      { replicaLagSeconds: 1, replicaCheckMs: 200, onWarning: (message) => warnings.push(message) },
    );
    const where = async () =>
      (await sql<{ standby: boolean }>`select pg_is_in_recovery() as standby`.execute(db.reader)).rows[0]
        .standby;
    await waitFor('the replica is read', where, 60_000);
    expect(db.statistics().replica?.usable).toBe(true);
    await insertUser(db, 'ada');
    await waitFor(
      'the row on the replica',
      async () => {
        const names = await db.reader.selectFrom('users').select('username').execute();
        return (await where()) && names.some(({ username }) => username === 'ada');
      },
      60_000,
    );
    // the replica no longer follows
    await replica.execute('select pg_wal_replay_pause()');
    await insertUser(db, 'bob');
    await waitFor(
      'reads go to the primary',
      async () => {
        await insertUser(db);
        return !(await where());
      },
      60_000,
    );
    const names = await db.reader.selectFrom('users').select('username').execute();
    expect(names.map(({ username }) => username)).toContain('bob');
    await replica.execute('select pg_wal_replay_resume()');
    await waitFor('the replica is read again', where, 60_000);
    await replica.remove();
    // a read that meets the dead replica is done on the primary at once
    expect(await where()).toBe(false);
    expect(warnings.filter((text) => text === 'The replica is not used').length).toBeGreaterThanOrEqual(2);
    await db.close();
  });
});
