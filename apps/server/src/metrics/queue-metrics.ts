import { sql } from 'kysely';
import { Gauge, type Registry } from 'prom-client';
import { QUEUE_NAMES } from '../config-services.js';
import type { Database } from '../db/database.js';
import type { QueueDepth } from '../jobs/transport.js';

const STATES = ['pending', 'delayed', 'waiting', 'running'] as const;

interface QueueFigures {
  readonly queue: string;
  readonly state: (typeof STATES)[number];
  readonly count: number;
  /** Longest time in this state since it could have been taken, s. */
  readonly oldest: number;
}

/** Jobs and arcs not yet ended, by the database: also right while Redis is away or there is none. */
async function queryQueues(db: Database): Promise<readonly QueueFigures[]> {
  const { rows } = await sql<QueueFigures>`
    with open as (
      select type as queue, status, run_after, status = 'pending' and (waiting_for <> '{}' or held) as waiting,
        case when depends_on <> '{}' then updated_at else created_at end as created_at
      from processing_jobs where status in ('pending', 'running')
      union all
      select 'arcs', status, run_after, false, created_at from process_arcs where status in ('pending', 'running'))
    select queue, case when waiting then 'waiting' when status = 'pending' and run_after > now() then 'delayed'
        else status end as state,
      count(*)::float8 as count,
      extract(epoch from now() - min(greatest(created_at, run_after)))::float8 as oldest
    from open group by 1, 2`.execute(db.kysely);
  return rows;
}

/** Adds depth and age of the queues, and the processes that consume them where `depths` tells. */
export function addQueueMetrics(
  registry: Registry,
  db: Database,
  depths?: () => Promise<readonly QueueDepth[]>,
): () => Promise<void> {
  const registers = [registry];
  const depth = new Gauge({
    name: 'gravity_queue_depth',
    help: 'Jobs (arcs in the queue arcs) by state: pending (to be taken now), delayed (before another attempt), waiting (for other jobs, or held by a quota), running.',
    labelNames: ['queue', 'state'],
    registers,
  });
  const oldest = new Gauge({
    name: 'gravity_queue_oldest_seconds',
    help: 'How long the oldest pending job (arc) of the queue has waited, s; 0: none waits.',
    labelNames: ['queue'],
    registers,
  });
  const workers = new Gauge({
    name: 'gravity_workers',
    help: 'Processes that consume the queue; only with Redis.',
    labelNames: ['queue'],
    registers,
  });
  return async () => {
    const [figures, consumed] = await Promise.all([
      queryQueues(db).catch(() => undefined),
      depths?.().catch(() => undefined),
    ]);
    workers.reset();
    for (const { queue, workers: count } of consumed ?? []) workers.set({ queue }, count);
    depth.reset();
    oldest.reset();
    // No figures are better than wrong ones: an autoscaler must not take an outage for an empty queue.
    if (figures === undefined) return;
    for (const queue of QUEUE_NAMES) {
      for (const state of STATES) {
        const found = figures.find((one) => one.queue === queue && one.state === state);
        depth.set({ queue, state }, found?.count ?? 0);
        if (state === 'pending') oldest.set({ queue }, Math.max(0, found?.oldest ?? 0));
      }
    }
  };
}
