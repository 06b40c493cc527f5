import { type Kysely, sql } from 'kysely';

const STATEMENTS: readonly string[] = [
  `alter table processing_jobs
    add column priority smallint not null default 5 check (priority between 1 and 10),
    add column rank integer not null default 0,
    add column dispatched_at timestamptz,
    add column dispatches integer not null default 0`,
  'drop index processing_jobs_pending',
  `create index processing_jobs_pending on processing_jobs (rank, created_at, id) where status = 'pending'`,
  `create index processing_jobs_dispatch on processing_jobs (dispatched_at) where status = 'pending'`,
  // How many jobs a user has open, asked for with each new one.
  `create index processing_jobs_open on processing_jobs (user_id, type) where status in ('pending', 'running')`,

  // The arcs of process jobs that workers on other machines compute. A row belongs to the job, not to an attempt of
  // it: arcs that are done stay done when the worker that sums them dies.
  `create table process_arcs (
    job_id uuid not null references processing_jobs (id) on delete cascade,
    pass integer not null check (pass >= 1),
    arc integer not null check (arc >= 0),
    status text not null check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),
    inputs_hash text not null,
    checkpoint_key text not null,
    payload jsonb not null,
    rank integer not null,
    result jsonb,
    error jsonb,
    attempt integer not null default 0 check (attempt >= 0),
    max_attempts integer not null default 3 check (max_attempts >= 1),
    worker_id text,
    lease_until timestamptz,
    run_after timestamptz,
    dispatched_at timestamptz,
    dispatches integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    started_at timestamptz,
    completed_at timestamptz,
    primary key (job_id, pass, arc),
    constraint process_arcs_running_has_lease
      check (status <> 'running' or (worker_id is not null and lease_until is not null))
  )`,
  `create index process_arcs_pending on process_arcs (rank, created_at) where status = 'pending'`,
  `create index process_arcs_running on process_arcs (lease_until) where status = 'running'`,
];

/** What queues on several machines need: ranks, a mark of what was sent, and a row per arc. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
