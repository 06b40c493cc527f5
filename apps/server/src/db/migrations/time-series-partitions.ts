import { type Kysely, sql } from 'kysely';

interface Partitioned {
  readonly table: string;
  readonly width: 'day' | 'month';
  /** Indexes of 0001, made again after the rows have moved. */
  readonly indexes: readonly (readonly [name: string, definition: string])[];
}

const TABLES: readonly Partitioned[] = [
  {
    table: 'satellite_observations',
    width: 'day',
    indexes: [
      ['satellite_observations_series', '(satellite, product, gps_seconds)'],
      ['satellite_observations_file', '(file_id)'],
    ],
  },
  {
    table: 'baseline_vectors',
    width: 'day',
    indexes: [
      ['baseline_vectors_series', '(pair, product, gps_seconds)'],
      ['baseline_vectors_file', '(file_id)'],
    ],
  },
  {
    table: 'audit_logs',
    width: 'month',
    indexes: [
      ['audit_logs_time', '(time desc)'],
      ['audit_logs_user', '(user_id, time desc)'],
    ],
  },
];

const AGGREGATES: readonly string[] = [
  `create table observation_hourly_data (
    hour timestamptz not null, satellite text not null, product text not null, records bigint not null,
    first_gps_seconds double precision not null, last_gps_seconds double precision not null,
    flagged bigint not null, files bigint not null, primary key (hour, satellite, product)
  )`,
  `create table baseline_hourly_data (
    hour timestamptz not null, pair text not null, product text not null, records bigint not null,
    first_gps_seconds double precision not null, last_gps_seconds double precision not null,
    flagged bigint not null, files bigint not null, range_rate_mean double precision,
    range_rate_std double precision, primary key (hour, pair, product)
  )`,
  `create table request_daily_data (
    day timestamptz not null, action text not null, status_class integer not null, requests bigint not null,
    duration_ms_mean double precision not null, duration_ms_max double precision not null,
    primary key (day, action, status_class)
  )`,
  `insert into aggregate_dirty (source, owner, product, bucket)
    select distinct 'satellite_observations', satellite, product, date_trunc('hour', time, 'UTC')
    from satellite_observations`,
  `insert into aggregate_dirty (source, owner, product, bucket)
    select distinct 'baseline_vectors', pair, product, date_trunc('hour', time, 'UTC') from baseline_vectors`,
  `insert into aggregate_dirty (source, bucket)
    select distinct 'audit_logs', date_trunc('day', time, 'UTC') from audit_logs`,
  // Audit rows come in small batches from many places: marked here, not by each writer. The bulk tables are marked by
  // copyIn, for a transition table would keep a second copy of every row of a COPY.
  `create function audit_logs_mark() returns trigger language plpgsql as $body$
  begin
    insert into aggregate_dirty (source, bucket)
      select distinct 'audit_logs', date_trunc('day', time, 'UTC') from inserted;
    return null;
  end
  $body$`,
  `create trigger audit_logs_mark after insert on audit_logs referencing new table as inserted
    for each statement execute function audit_logs_mark()`,
  `create function time_series_truncated() returns trigger language plpgsql as $body$
  begin
    execute format('delete from %I', tg_argv[0]);
    delete from aggregate_dirty where source = tg_table_name;
    return null;
  end
  $body$`,
  ...[
    ['satellite_observations', 'observation_hourly_data'],
    ['baseline_vectors', 'baseline_hourly_data'],
  ].map(
    ([table, data]) => `create trigger ${table}_truncated after truncate on ${table}
    for each statement execute function time_series_truncated('${data}')`,
  ),
];

/** Range partitions by `time` with a default one for times nobody made a partition for; rows are moved into them. */
export async function partitionTables(db: Kysely<unknown>): Promise<void> {
  for (const entry of TABLES) await partition(db, entry);
  for (const statement of AGGREGATES) await sql.raw(statement).execute(db);
}

async function partition(db: Kysely<unknown>, { table, width, indexes }: Partitioned): Promise<void> {
  const run = (statement: string) => sql.raw(statement).execute(db);
  const old = `${table}_before`;
  await run(`alter table ${table} rename to ${old}`);
  for (const [name] of indexes) await run(`drop index ${name}`);
  await run(`create table ${table} (like ${old} including defaults including constraints)
    partition by range (time)`);
  await run(`create table ${table}_default partition of ${table} default`);
  // The table is made apart and then attached: that lets readers and writers of the others go on. Rows of the same
  // time in the default partition would forbid it; with `adopt` they are moved, else nothing is done (null).
  await run(`create function ${table}_partition(start timestamptz, adopt boolean default false) returns text
  language plpgsql as $body$
  declare
    from_time timestamptz := date_trunc('${width}', start, 'UTC');
    to_time timestamptz := (from_time at time zone 'UTC' + interval '1 ${width}') at time zone 'UTC';
    name text := '${table}_' || to_char(from_time at time zone 'UTC', 'YYYYMMDD');
    strays boolean;
  begin
    if to_regclass(name) is not null then return name; end if;
    perform pg_advisory_xact_lock(hashtext(name));
    -- Another session may have made it meanwhile. to_regclass would not see that: waiting for an advisory lock does
    -- not renew what the session remembers of the catalog; a query with its own snapshot does.
    if exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = '${table}'::regclass and c.relname = name) then return name; end if;
    if adopt then lock table ${table}_default in access exclusive mode; end if;
    strays := exists (select from ${table}_default where time >= from_time and time < to_time);
    if strays and not adopt then return null; end if;
    execute format('create table %I (like ${table} including all)', name);
    if strays then
      execute format('with moved as (delete from ${table}_default where time >= %L and time < %L returning *)
        insert into %I select * from moved', from_time, to_time, name);
    end if;
    execute format('alter table ${table} attach partition %I for values from (%L) to (%L)', name, from_time, to_time);
    return name;
  end
  $body$`);
  await run(`select ${table}_partition(start) from (
    select distinct date_trunc('${width}', time, 'UTC') as start from ${old}) as starts`);
  await run(`insert into ${table} select * from ${old}`);
  await run(`drop table ${old}`);
  for (const [name, definition] of indexes) await run(`create index ${name} on ${table} ${definition}`);
}
