import type { JobRow, Task } from '@gravity/server';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { insertUser, waitFor } from '../helpers.js';
import { type Installation, type JobProcess, startInstallation } from './job-process.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('many jobs, several processes', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation();
  });
  afterAll(() => installation.remove());
  afterEach(async () => {
    const api = await installation.open();
    await sql`truncate processing_jobs cascade`.execute(api.db.kysely);
    await installation.closeProcesses();
  });

  /** Leaves a trace of each result that counts: two results of one job would be two rows. */
  const leaveTrace =
    (milliseconds: number): Task =>
    async (context) => {
      await sleep(milliseconds);
      context.signal.throwIfAborted();
      await context.finalize(async (transaction) => {
        await transaction
          .insertInto('provenance_edges')
          .values({ job_id: context.jobId, relation: 'generated', entity_kind: 'job', entity_id: 'result' })
          .execute();
        return { attempt: context.attempt };
      });
    };

  async function createMany(api: JobProcess, count: number, userIds: readonly string[]): Promise<JobRow[]> {
    const jobs: JobRow[] = [];
    for (let begin = 0; begin < count; begin += 50) {
      const made = await Promise.all(
        Array.from({ length: Math.min(50, count - begin) }, (_, index) =>
          api.service.create({
            userId: userIds[index % userIds.length] ?? '',
            type: index % 3 === 0 ? 'ingest' : 'plan',
            parameters: { index: begin + index },
          }),
        ),
      );
      jobs.push(...made.map(({ job }) => job));
    }
    return jobs;
  }

  async function allEnded(api: JobProcess, timeoutMs = 60_000): Promise<void> {
    await waitFor(
      'all jobs ended',
      async () => {
        const { rows } = await sql<{ open: number }>`
          select count(*)::integer as open from processing_jobs where status in ('pending', 'running')`.execute(
          api.db.kysely,
        );
        return rows[0]?.open === 0;
      },
      timeoutMs,
    );
  }

  async function tally(api: JobProcess): Promise<Record<string, number>> {
    const { rows } = await sql<Record<string, number>>`
      select count(*) filter (where status = 'completed')::integer as completed,
        count(*) filter (where status = 'cancelled')::integer as cancelled,
        count(*)::integer as all,
        (select count(*)::integer from provenance_edges where relation = 'generated') as results,
        (select count(distinct job_id)::integer from provenance_edges where relation = 'generated') as with_result,
        (select count(*)::integer from processing_jobs as job join provenance_edges as edge on edge.job_id = job.id
          where job.status <> 'completed') as cancelled_with_result,
        max(attempt)::integer as attempts
      from processing_jobs`.execute(api.db.kysely);
    return rows[0] ?? {};
  }

  it('1,000 jobs of 2 users, 100 of them cancelled, on 3 runners: each ends once', async () => {
    const api = await installation.open({ queues: [] });
    const workers = await Promise.all([1, 2, 3].map(() => installation.open()));
    const users = [await insertUser(api.db), await insertUser(api.db)];
    const begin = performance.now();
    const jobs = await createMany(api, 1_000, users);
    const runners = await Promise.all(workers.map((worker) => worker.startRunner(leaveTrace(40))));
    const unlucky = jobs.filter((_job, index) => index % 10 === 9).reverse();
    for (let index = 0; index < unlucky.length; index += 20) {
      await Promise.all(unlucky.slice(index, index + 20).map(({ id }) => api.service.requestCancel(id)));
    }
    await allEnded(api);
    const seconds = (performance.now() - begin) / 1000;
    const counts = await tally(api);
    expect(counts).toMatchObject({ all: 1_000, attempts: 1, cancelled_with_result: 0 });
    expect((counts.completed ?? 0) + (counts.cancelled ?? 0)).toBe(1_000);
    // The last in the queue first: a few of the others had been completed already.
    expect(counts.cancelled).toBeGreaterThan(50);
    expect(counts.cancelled).toBeLessThanOrEqual(100);
    expect(counts.results).toBe(counts.completed);
    expect(counts.with_result).toBe(counts.completed);
    const { rows } = await sql<{ worker_id: string; count: number }>`
      select worker_id, count(*)::integer as count from processing_jobs where status = 'completed'
      group by 1`.execute(api.db.kysely);
    expect(new Set(rows.map((row) => row.worker_id))).toEqual(
      new Set(runners.map(({ workerId }) => workerId)),
    );
    // 1.7 s of work for each of the 24 places; the rest is what four commits per job cost on a shared machine.
    expect(seconds).toBeLessThan(60);
  });

  it('a flushed and then a killed Redis loses nothing and doubles nothing', async () => {
    const api = await installation.open({ queues: [] });
    const users = [await insertUser(api.db)];
    const workers = await Promise.all([1, 2].map(() => installation.open()));
    await createMany(api, 300, users);
    await Promise.all(workers.map((worker) => worker.startRunner(leaveTrace(50), 2)));
    const completed = async (least: number) =>
      waitFor(`${least} completed`, async () => ((await tally(api)).completed ?? 0) >= least);
    await completed(60);
    const client = new Redis(installation.redis.url);
    await client.flushall();
    client.disconnect();
    await completed(120);
    await installation.redis.kill();
    // Straight from the database, while there is no queue.
    await completed(180);
    await createMany(api, 20, users);
    await installation.redis.start();
    await allEnded(api);
    expect(await tally(api)).toMatchObject({
      all: 320,
      completed: 320,
      results: 320,
      with_result: 320,
      attempts: 1,
    });
  });

  it('1,000 jobs that nobody sent are sent in few statements', async () => {
    const api = await installation.open({ queues: [] });
    const userId = await insertUser(api.db);
    await sql`insert into processing_jobs (id, user_id, type, status, parameters, updated_at)
      select gen_random_uuid(), ${userId}, 'plan', 'pending', '{}', now() from generate_series(1, 1000)`.execute(
      api.db.kysely,
    );
    const before = api.db.statistics().queries;
    expect(await api.service.outbox?.sweep()).toBe(1_000);
    // Rows, mark; and the look whether there are more.
    expect(api.db.statistics().queries - before).toBeLessThanOrEqual(4);
    expect((await api.transport.depths()).find(({ queue }) => queue === 'plan')?.waiting).toBe(1_000);
    expect(await api.service.outbox?.sweep()).toBe(0);
  });

  it('the queue of one user does not keep the first job of another waiting, and priority goes first', async () => {
    const api = await installation.open({ queues: [] });
    const [busy, other] = [await insertUser(api.db), await insertUser(api.db)];
    const order: unknown[] = [];
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const create = async (userId: string, name: unknown, priority?: number) =>
      api.service.create({
        userId,
        type: 'plan',
        parameters: { name },
        ...(priority !== undefined && { priority }),
      });
    await create(busy, 'first');
    const worker = await installation.open();
    await worker.startRunner(async (context) => {
      order.push(context.parameters.name);
      if (context.parameters.name === 'first') await gate;
      await context.finalize(async () => ({}));
    }, 1);
    await waitFor('first started', async () => order.length === 1);
    for (let index = 0; index < 50; index++) await create(busy, index);
    await create(other, 'other');
    await create(busy, 'later', 10);
    await create(busy, 'urgent', 1);
    await waitFor('all sent', async () => {
      const depths = await api.transport.depths();
      return depths.find(({ queue }) => queue === 'plan')?.waiting === 53;
    });
    open();
    await allEnded(api);
    expect(order.slice(0, 4)).toEqual(['first', 'urgent', 'other', 0]);
    expect(order.at(-1)).toBe('later');
    expect(order.slice(3, 53)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });
});
