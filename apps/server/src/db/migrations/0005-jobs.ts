import { type Kysely, sql } from 'kysely';

const STATEMENTS: readonly string[] = [
  `alter table processing_jobs
    add column depends_on text[] not null default '{}',
    add column waiting_for text[] not null default '{}',
    add column held boolean not null default false,
    add column retry_of uuid references processing_jobs (id),
    add column reproduces uuid references gravity_products (id) on delete set null,
    add column callback jsonb,
    add column software jsonb`,
  // A job is retried once; who wants more retries the retry.
  'create unique index processing_jobs_retry_of on processing_jobs (retry_of) where retry_of is not null',
  `create index processing_jobs_waiting on processing_jobs using gin (waiting_for)
    where status = 'pending' and waiting_for <> '{}'`,
  `create index processing_jobs_depends_on on processing_jobs using gin (depends_on) where depends_on <> '{}'`,
  `create index processing_jobs_held on processing_jobs (user_id, rank, created_at)
    where status = 'pending' and held`,

  `create table user_quotas (
    user_id uuid primary key references users (id) on delete cascade,
    pending_jobs integer check (pending_jobs >= 0),
    running_jobs integer check (running_jobs >= 1),
    storage_bytes double precision check (storage_bytes >= 0 and storage_bytes = floor(storage_bytes)),
    updated_at timestamptz not null default now(),
    updated_by uuid
  )`,

  `create table webhooks (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    url text not null,
    events text[] not null,
    job_types text[],
    description text,
    sealed_secret text not null,
    active boolean not null default true,
    disabled_reason text,
    failures integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_success_at timestamptz
  )`,
  'create index webhooks_user on webhooks (user_id, created_at desc, id desc)',
  // The id is that of the event: the receiver knows a repeated delivery by it.
  `create table webhook_deliveries (
    id uuid primary key default gen_random_uuid(),
    webhook_id uuid references webhooks (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    job_id uuid references processing_jobs (id) on delete cascade,
    event text not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_status integer,
    last_error text,
    duration_ms double precision,
    created_at timestamptz not null default now(),
    delivered_at timestamptz
  )`,
  `create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending'`,
  'create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, created_at desc, id desc)',
  'create index webhook_deliveries_job on webhook_deliveries (job_id)',

  `create or replace function processing_jobs_check_transition() returns trigger language plpgsql as $body$
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
    if new.status = 'running' and old.status = 'pending' and new.waiting_for <> '{}' then
      raise exception 'job % waits for %', old.id, new.waiting_for
        using errcode = 'check_violation', constraint = 'processing_jobs_waiting', table = 'processing_jobs';
    end if;
    if new.status <> 'pending' then
      new.held := false;
    end if;
    return new;
  end
  $body$`,

  // What follows from the end of a job, in the transaction that ends it, whoever writes it: messages to be sent go
  // into the outbox, jobs that waited for it go on, or end when it did not complete. Those end their own in turn.
  `create function processing_jobs_ended() returns trigger language plpgsql as $body$
  declare
    reason text;
  begin
    insert into webhook_deliveries (webhook_id, user_id, job_id, event)
    select hook.id, new.user_id, new.id, 'job.' || new.status
    from webhooks hook
    where hook.user_id = new.user_id and hook.active and 'job.' || new.status = any (hook.events)
      and (hook.job_types is null or new.type = any (hook.job_types));
    if new.callback is not null then
      insert into webhook_deliveries (user_id, job_id, event) values (new.user_id, new.id, 'job.' || new.status);
    end if;

    -- in one order, so that two jobs that end at the same moment do not wait for each other
    perform 1 from processing_jobs
      where status = 'pending' and waiting_for <> '{}' and waiting_for @> array[new.id::text]
      order by id for update;
    if new.status = 'completed' then
      with released as (
        update processing_jobs set waiting_for = array_remove(waiting_for, new.id::text), updated_at = now()
        where status = 'pending' and waiting_for <> '{}' and waiting_for @> array[new.id::text]
        returning id, waiting_for)
      insert into job_events (job_id, kind, level, message, data)
      select id, 'status', 'info', new.type || ' ' || new.id || ' is completed' ||
          case when waiting_for = '{}' then '; this job may start' else '' end,
        jsonb_build_object('status', 'pending', 'waiting_for', to_jsonb(waiting_for))
      from released;
    else
      reason := 'depends on ' || new.type || ' ' || new.id || ', which '
        || case new.status when 'cancelled' then 'was cancelled' else 'failed' end
        || coalesce(': ' || (new.error ->> 'message'), '');
      with ended as (
        update processing_jobs set status = 'cancelled', updated_at = now(), completed_at = now(), run_after = null,
          error = jsonb_build_object('code', 'dependency_failed', 'message', reason, 'job_id', new.id)
        where status = 'pending' and waiting_for <> '{}' and waiting_for @> array[new.id::text]
        returning id, attempt)
      insert into job_events (job_id, kind, level, message, data)
      select id, 'status', 'error', 'Cancelled: ' || reason,
        jsonb_build_object('status', 'cancelled', 'attempt', attempt, 'code', 'dependency_failed')
      from ended;
    end if;
    return null;
  end
  $body$`,
  `create trigger processing_jobs_ended after update of status on processing_jobs
    for each row when (new.status in ('completed', 'failed', 'cancelled') and old.status <> new.status)
    execute function processing_jobs_ended()`,
];

/** Jobs that wait for others, retries, quotas, webhooks and their outbox. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
