import { type Kysely, sql } from 'kysely';

const STATEMENTS: readonly string[] = [
  // Tokens carry the number they were issued under; a new password raises it, so that all older logins end.
  'alter table users add column token_generation integer not null default 0',

  // Keys of before this version keep the rights they had; new ones say what they are for and until when.
  `alter table api_keys
    add column scopes text[] not null default '{read,jobs,products,admin}',
    add column expires_at timestamptz`,
  'alter table api_keys alter column scopes drop default',

  // By a hash of the name, known or not: the answer to a guess does not say whether there is such a user.
  `create table login_failures (
    name_hash text primary key,
    failures integer not null,
    locked_until timestamptz,
    updated_at timestamptz not null default now()
  )`,
  'create index login_failures_updated on login_failures (updated_at)',

  // Keys of the object stores users ingest from are sealed by the server; the database cannot read them.
  `create table data_sources (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null check (length(name) between 3 and 63),
    endpoint text not null,
    region text not null,
    bucket text not null,
    access_key_sealed text not null,
    secret_key_sealed text not null,
    created_at timestamptz not null default now(),
    constraint data_sources_name_key unique (user_id, name)
  )`,

  // Rows of before this version have no place in a chain.
  `alter table audit_logs
    add column chain_id uuid,
    add column chain_seq bigint,
    add column chain_hash text`,
  'create index audit_logs_chain on audit_logs (chain_id, chain_seq)',
  // One chain for each journal, that is for each process that wrote; its head here, linked to the chain opened before.
  `create table audit_chains (
    chain_id uuid primary key,
    ordinal bigint not null unique,
    key_id text not null,
    link_hash text not null,
    opened_at timestamptz not null default now(),
    last_seq bigint not null default 0,
    last_hash text not null,
    head_hash text not null,
    updated_at timestamptz not null default now()
  )`,
  // What retention took away: runs of numbers of a chain, with the hash behind each run.
  `create table audit_removals (
    id bigint generated always as identity primary key,
    chain_id uuid not null,
    first_seq bigint not null,
    last_seq bigint not null,
    last_hash text not null,
    removed_before timestamptz not null,
    seal text not null
  )`,
  'create index audit_removals_chain on audit_removals (chain_id, first_seq)',
  'create table audit_unchained (until timestamptz not null)',
  'insert into audit_unchained (until) values (now())',
];

/** Scopes of API keys, lock-out of logins, data sources of users, and the chain of the audit log. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
