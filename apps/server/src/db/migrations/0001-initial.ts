import { type Kysely, sql } from 'kysely';

/** Statements run on PostgreSQL 15 and later and on PGlite. */
const STATEMENTS: readonly string[] = [
  `create table users (
    id uuid primary key,
    username text not null check (length(username) between 1 and 150),
    email text not null check (length(email) between 3 and 320),
    password_hash text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    disabled boolean not null default false,
    created_at timestamptz not null default now()
  )`,
  'create unique index users_username_key on users (lower(username))',
  'create unique index users_email_key on users (lower(email))',

  `create table processing_jobs (
    id uuid primary key,
    user_id uuid not null references users (id),
    type text not null check (type in ('plan', 'ingest', 'process', 'catalog')),
    status text not null check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),
    parameters jsonb not null,
    result jsonb,
    error jsonb,
    progress double precision not null default 0 check (progress between 0 and 1),
    progress_message text,
    attempt integer not null default 0 check (attempt >= 0),
    max_attempts integer not null default 3 check (max_attempts >= 1),
    worker_id text,
    lease_until timestamptz,
    run_after timestamptz,
    cancel_requested boolean not null default false,
    idempotency_key text check (length(idempotency_key) between 1 and 255),
    request_hash text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    started_at timestamptz,
    completed_at timestamptz,
    constraint processing_jobs_idempotency_key unique (user_id, idempotency_key),
    constraint processing_jobs_running_has_lease
      check (status <> 'running' or (worker_id is not null and lease_until is not null))
  )`,
  'create index processing_jobs_user on processing_jobs (user_id, created_at desc, id desc)',
  'create index processing_jobs_user_status on processing_jobs (user_id, status, created_at desc, id desc)',
  'create index processing_jobs_created on processing_jobs (created_at desc, id desc)',
  `create index processing_jobs_pending on processing_jobs (created_at, id) where status = 'pending'`,
  `create index processing_jobs_running on processing_jobs (lease_until) where status = 'running'`,
  // The transition table of jobs/transitions.ts, held by the database too: whatever writes, no state is left
  // that must not be left.
  `create function processing_jobs_check_transition() returns trigger language plpgsql as $body$
  begin
    if new.status is distinct from old.status and not (
      (old.status = 'pending' and new.status in ('running', 'cancelled'))
      or (old.status = 'running' and new.status in ('completed', 'failed', 'cancelled', 'pending'))
    ) then
      raise exception 'job % cannot go from % to %', old.id, old.status, new.status
        using errcode = 'check_violation', constraint = 'processing_jobs_transition', table = 'processing_jobs';
    end if;
    if new.attempt < old.attempt then
      raise exception 'job %: the attempt number never falls', old.id
        using errcode = 'check_violation', constraint = 'processing_jobs_attempt', table = 'processing_jobs';
    end if;
    return new;
  end
  $body$`,
  `create trigger processing_jobs_transition before update on processing_jobs
    for each row execute function processing_jobs_check_transition()`,

  `create table job_events (
    id bigint generated always as identity primary key,
    job_id uuid not null references processing_jobs (id) on delete cascade,
    time timestamptz not null default now(),
    kind text not null check (kind in ('status', 'progress', 'log')),
    level text not null check (level in ('debug', 'info', 'warning', 'error')),
    message text not null,
    data jsonb
  )`,
  'create index job_events_job on job_events (job_id, id)',

  `create table ingested_files (
    id uuid primary key,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    file_name text not null,
    product text not null,
    satellite text not null,
    release text,
    gps_start double precision,
    gps_end double precision,
    records integer not null check (records >= 0),
    header_records integer,
    bytes double precision not null check (bytes >= 0 and bytes = floor(bytes)),
    object_key text not null,
    columns jsonb not null,
    quality jsonb not null,
    metadata jsonb not null,
    job_id uuid references processing_jobs (id) on delete set null,
    user_id uuid not null references users (id),
    created_at timestamptz not null default now(),
    constraint ingested_files_sha256_key unique (sha256),
    check (gps_start is null or gps_end is null or gps_start <= gps_end)
  )`,
  'create index ingested_files_product on ingested_files (product, satellite, gps_start)',
  'create index ingested_files_job on ingested_files (job_id)',
  'create index ingested_files_user on ingested_files (user_id, created_at desc, id desc)',

  // No foreign key from the two bulk tables to ingested_files: it would cost one look-up per row of COPY.
  // Files and their rows are written in one transaction, and checkConsistency proves it.
  `create table satellite_observations (
    time timestamptz not null,
    gps_seconds double precision not null,
    satellite text not null,
    product text not null,
    file_id uuid not null,
    "values" double precision[] not null,
    labels text[],
    quality_flag text
  )`,
  'create index satellite_observations_series on satellite_observations (satellite, product, gps_seconds)',
  'create index satellite_observations_file on satellite_observations (file_id)',

  `create table baseline_vectors (
    time timestamptz not null,
    gps_seconds double precision not null,
    pair text not null,
    product text not null,
    file_id uuid not null,
    biased_range double precision,
    range_rate double precision,
    range_acceleration double precision,
    ionosphere_correction double precision,
    light_time_range double precision,
    light_time_rate double precision,
    light_time_acceleration double precision,
    antenna_range double precision,
    antenna_rate double precision,
    antenna_acceleration double precision,
    snr double precision[],
    quality_flag text
  )`,
  'create index baseline_vectors_series on baseline_vectors (pair, product, gps_seconds)',
  'create index baseline_vectors_file on baseline_vectors (file_id)',

  `create table gravity_products (
    id uuid primary key,
    job_id uuid not null references processing_jobs (id),
    user_id uuid not null references users (id),
    kind text not null,
    file_name text not null,
    media_type text not null,
    object_key text not null,
    bytes double precision not null check (bytes >= 0 and bytes = floor(bytes)),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    recipe_hash text not null,
    degree_max integer check (degree_max >= 0),
    time_start timestamptz,
    time_end timestamptz,
    satellites text[] not null,
    status text not null check (status in ('draft', 'published')),
    metadata jsonb not null,
    quality jsonb not null,
    stac jsonb,
    archive_key text,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    archived_at timestamptz,
    check (time_start is null or time_end is null or time_start <= time_end)
  )`,
  'create index gravity_products_user on gravity_products (user_id, created_at desc, id desc)',
  'create index gravity_products_created on gravity_products (created_at desc, id desc)',
  'create index gravity_products_job on gravity_products (job_id)',
  'create index gravity_products_recipe on gravity_products (recipe_hash)',

  `create table provenance_edges (
    id bigint generated always as identity primary key,
    job_id uuid not null references processing_jobs (id),
    relation text not null check (relation in ('used', 'generated')),
    entity_kind text not null check (entity_kind in ('file', 'product', 'model', 'job')),
    entity_id text not null,
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    data jsonb,
    created_at timestamptz not null default now()
  )`,
  'create index provenance_edges_job on provenance_edges (job_id)',
  'create index provenance_edges_entity on provenance_edges (entity_kind, entity_id)',

  // No foreign key to users: the log outlives the account.
  `create table audit_logs (
    time timestamptz not null,
    request_id text not null,
    user_id uuid,
    username text,
    action text not null,
    method text not null,
    resource text not null,
    ip text not null,
    status integer not null,
    duration_ms double precision not null check (duration_ms >= 0)
  )`,
  'create index audit_logs_time on audit_logs (time desc)',
  'create index audit_logs_user on audit_logs (user_id, time desc)',

  `create table api_keys (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    prefix text not null,
    key_hash text not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz
  )`,
  'create unique index api_keys_key_hash_key on api_keys (key_hash)',
  'create index api_keys_prefix on api_keys (prefix)',
  'create index api_keys_user on api_keys (user_id, created_at desc, id desc)',

  `create table revoked_tokens (
    jti text primary key,
    expires_at timestamptz not null
  )`,
  'create index revoked_tokens_expires on revoked_tokens (expires_at)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
