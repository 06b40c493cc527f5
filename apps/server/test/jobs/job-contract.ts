import { randomUUID } from 'node:crypto';
import {
  createJobRunner,
  createJobService,
  type Database,
  IdempotencyConflictError,
  type JobEventRow,
  type JobRow,
  type JobRunner,
  type JobRunnerOptions,
  type JobStatus,
  type JobType,
  type LocalJobService,
  type LocalRunnerOptions,
  type ObjectStore,
  QuotaExceededError,
  type RunnerLogger,
  type ServerConfig,
  type Task,
  type TaskContext,
  TaskError,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertUser, waitFor } from '../helpers.js';

export interface JobEnvironment {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  /** Service and runner of this environment; by default those of one process. */
  createService?(): LocalJobService;
  createRunner?(options: JobRunnerOptions): JobRunner;
  close(): Promise<void>;
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
  });

const finish: Task = (context) => context.finalize(async () => ({ attempt: context.attempt }));

/** What job service and runner have to do on every database. */
export function jobContract(name: string, open: () => Promise<JobEnvironment>): void {
  describe(`job contract: ${name}`, () => {
    let environment: JobEnvironment;
    let service: LocalJobService;
    let userId: string;
    let logged: { fields: Record<string, unknown>; message: string }[];
    const runners: JobRunner[] = [];

    beforeAll(async () => {
      environment = await open();
    });
    afterAll(() => environment.close());
    beforeEach(async () => {
      service = environment.createService?.() ?? createJobService({ db: environment.db });
      userId = await insertUser(environment.db);
      logged = [];
    });
    afterEach(async () => {
      await Promise.all(runners.splice(0).map((runner) => runner.stop(100)));
      await sql`delete from provenance_edges`.execute(environment.db.kysely);
      await sql`delete from processing_jobs`.execute(environment.db.kysely);
    });

    const keep = (fields: Record<string, unknown>, message: string): void => {
      logged.push({ fields, message });
    };
    const logger: RunnerLogger = { info: keep, warn: keep, error: keep };

    async function startRunner(task: Task, options: Partial<LocalRunnerOptions> = {}): Promise<JobRunner> {
      const { config, db, objects } = environment;
      const registry = { plan: task, ingest: task, process: task, catalog: task };
      const create = environment.createRunner ?? createJobRunner;
      const runner = create({
        config,
        db,
        objects,
        registry,
        service,
        logger,
        ...(environment.createRunner === undefined && { exclusive: false }),
        sweepIntervalMs: 50,
        cancelGraceMs: 300,
        retryBaseSeconds: 0.02,
        ...options,
      });
      await runner.start();
      runners.push(runner);
      return runner;
    }

    const create = async (
      type: JobType = 'plan',
      parameters: Record<string, unknown> = {},
    ): Promise<JobRow> => (await service.create({ userId, type, parameters })).job;

    const reach = (id: string, ...states: readonly JobStatus[]): Promise<JobRow> =>
      waitFor(`job in ${states.join(' or ')}`, async () => {
        const job = await service.get(id);
        return job && states.includes(job.status) ? job : undefined;
      });

    const messages = async (id: string, kind: JobEventRow['kind']): Promise<string[]> =>
      (await service.events(id, undefined, 1000))
        .filter((event) => event.kind === kind)
        .map((event) => event.message);

    describe('service', () => {
      it('stores the job before it answers', async () => {
        const { job, replayed } = await service.create({
          userId,
          type: 'process',
          parameters: { degree_max: 60, nested: { list: [1, 'a\0b'] } },
        });
        expect(replayed).toBe(false);
        expect(job).toMatchObject({
          user_id: userId,
          type: 'process',
          status: 'pending',
          progress: 0,
          attempt: 0,
        });
        // NUL cannot be stored by PostgreSQL; U+FFFD stands for it.
        expect((await service.get(job.id))?.parameters).toEqual({
          degree_max: 60,
          nested: { list: [1, 'a\uFFFDb'] },
        });
        expect(await messages(job.id, 'status')).toEqual(['Accepted']);
      });

      it('gives the earlier job for the same idempotency key, also to callers at the same moment', async () => {
        const input = {
          userId,
          type: 'plan' as const,
          parameters: {},
          idempotencyKey: 'k1',
          requestHash: 'h1',
        };
        const answers = await Promise.all(Array.from({ length: 5 }, () => service.create(input)));
        expect(new Set(answers.map((answer) => answer.job.id)).size).toBe(1);
        expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
        await expect(service.create({ ...input, requestHash: 'h2' })).rejects.toBeInstanceOf(
          IdempotencyConflictError,
        );
        await expect(service.create({ ...input, type: 'ingest' })).rejects.toBeInstanceOf(
          IdempotencyConflictError,
        );
        const other = await insertUser(environment.db);
        expect((await service.create({ ...input, userId: other, requestHash: 'h2' })).replayed).toBe(false);
      });

      it('lists newest first, filtered and paged', async () => {
        const other = await insertUser(environment.db);
        const ids: string[] = [];
        for (const type of ['plan', 'ingest', 'plan', 'process'] as const)
          ids.unshift((await create(type)).id);
        await service.create({ userId: other, type: 'plan', parameters: {} });
        await service.requestCancel(ids[0]);
        const list = async (filter: object): Promise<{ ids: string[]; total: number }> => {
          const { jobs, total } = await service.list({ skip: 0, limit: 100, ...filter });
          return { ids: jobs.map((job) => job.id), total };
        };
        expect(await list({ userId })).toEqual({ ids, total: 4 });
        expect(await list({ userId, type: 'plan' })).toEqual({ ids: [ids[1], ids[3]], total: 2 });
        expect(await list({ userId, status: 'cancelled' })).toEqual({ ids: [ids[0]], total: 1 });
        expect(await list({ userId, skip: 1, limit: 2 })).toEqual({ ids: [ids[1], ids[2]], total: 4 });
        expect(await list({ userId, skip: 9 })).toEqual({ ids: [], total: 4 });
        expect((await list({})).total).toBe(5);
      });

      it('knows no job for an unknown or malformed id', async () => {
        for (const id of [randomUUID(), 'nonsense', "'; drop table users"]) {
          expect(await service.get(id)).toBeUndefined();
          expect(await service.requestCancel(id)).toBeUndefined();
          expect(await service.events(id, undefined, 10)).toEqual([]);
        }
      });

      it('pages events and tells subscribers the same, in order', async () => {
        const job = await create();
        const heard: JobEventRow[] = [];
        const unsubscribe = service.subscribe(job.id, (event) => heard.push(event));
        service.subscribe(job.id, () => {
          throw new Error('a broken subscriber');
        });
        await startRunner(async (context) => {
          for (let i = 0; i < 30; i++) context.log('info', `line ${i}`, { i });
          await finish(context);
        });
        await reach(job.id, 'completed');
        const all = await service.events(job.id, undefined, 1000);
        expect(heard).toEqual(all.slice(1));
        expect(all.filter((event) => event.kind === 'log').map((event) => event.data)).toEqual(
          Array.from({ length: 30 }, (_, i) => ({ i })),
        );
        const paged: JobEventRow[] = [];
        for (;;) {
          const page = await service.events(job.id, paged.at(-1)?.id, 7);
          if (page.length === 0) break;
          paged.push(...page);
        }
        expect(paged).toEqual(all);
        unsubscribe();
        service.bus.publish(all);
        expect(heard).toHaveLength(all.length - 1);
      });
    });

    describe('dependencies', () => {
      const after = async (...dependsOn: readonly string[]): Promise<JobRow> =>
        (await service.create({ userId, type: 'process', parameters: {}, dependsOn })).job;

      it('a job starts when all it depends on is completed, and says meanwhile what it waits for', async () => {
        let open = (): void => {};
        const gate = new Promise<void>((resolve) => {
          open = resolve;
        });
        const runs: string[] = [];
        const first = await create('ingest');
        const second = await create('ingest');
        const waiting = await after(first.id, second.id);
        const last = await after(waiting.id);
        expect(waiting).toMatchObject({
          status: 'pending',
          depends_on: [first.id, second.id],
          waiting_for: [first.id, second.id],
        });
        await startRunner(
          async (context) => {
            runs.push(context.jobId);
            if (context.jobId === second.id) await gate;
            await finish(context);
          },
          // by the wake-up alone
          { sweepIntervalMs: 60_000 },
        );
        await reach(first.id, 'completed');
        expect(
          await waitFor('one less', async () => {
            const job = await service.get(waiting.id);
            return job?.waiting_for.length === 1 && job;
          }),
        ).toMatchObject({ status: 'pending', waiting_for: [second.id], depends_on: [first.id, second.id] });
        open();
        await reach(last.id, 'completed');
        expect(runs.slice(2)).toEqual([waiting.id, last.id]);
        expect(await messages(waiting.id, 'status')).toEqual([
          `Accepted; waits for ${first.id}, ${second.id}`,
          `ingest ${first.id} is completed`,
          `ingest ${second.id} is completed; this job may start`,
          'Attempt 1 started',
          'Completed',
        ]);
      });

      it('a dependency that fails or is cancelled ends what waits for it, to the last one, with the reason', async () => {
        const first = await create('ingest');
        const waiting = await after(first.id);
        const last = await after(waiting.id);
        const ended = new Promise<void>((resolve) => {
          service.subscribe(last.id, () => resolve());
        });
        await startRunner(async () => {
          throw new TaskError('no_files', 'there is nothing in this folder');
        });
        await reach(first.id, 'failed');
        const cause = `depends on ingest ${first.id}, which failed: there is nothing in this folder`;
        expect(await reach(waiting.id, 'cancelled')).toMatchObject({
          attempt: 0,
          error: { code: 'dependency_failed', message: cause, job_id: first.id },
        });
        expect((await reach(last.id, 'cancelled')).error).toMatchObject({
          message: `depends on process ${waiting.id}, which was cancelled: ${cause}`,
        });
        await ended;
        await expect(after(first.id)).rejects.toThrow(/is failed and will not complete/);
        const alone = await create('ingest');
        const waits = await after(alone.id);
        await service.requestCancel(alone.id);
        await reach(waits.id, 'cancelled');
      });

      it('jobs that end at the same moment free what waits for all of them; other users’ jobs are unknown', async () => {
        const rounds = await Promise.all(
          Array.from({ length: 5 }, async () => {
            const sources = await Promise.all([create('plan'), create('plan'), create('plan')]);
            return after(...sources.map(({ id }) => id));
          }),
        );
        await startRunner(finish);
        await startRunner(finish);
        for (const { id } of rounds) await reach(id, 'completed');
        const foreign = await service.create({
          userId: await insertUser(environment.db),
          type: 'plan',
          parameters: {},
        });
        await expect(after(foreign.job.id)).rejects.toThrow(/no job .* of yours/);
        await expect(after(randomUUID())).rejects.toThrow(/no job .* of yours/);
      });

      it('a waiting job is not taken, whatever asks for it, and can be cancelled', async () => {
        const never = await create('ingest');
        const waiting = await after(never.id);
        const claim = sql`update processing_jobs set status = 'running', worker_id = 'x', lease_until = now()
          where id = ${waiting.id}`;
        await expect(claim.execute(environment.db.kysely)).rejects.toThrow(/waits for/);
        expect(await service.requestCancel(waiting.id)).toMatchObject({ status: 'cancelled' });
        expect((await service.get(never.id))?.status).toBe('pending');
      });
    });

    describe('retries', () => {
      it('is a new job that names the old one, and there is one of it only', async () => {
        const job = await create('plan', { a: 1 });
        await service.requestCancel(job.id);
        const again = { userId, type: 'plan' as const, parameters: job.parameters, retryOf: job.id };
        const made = await Promise.allSettled([1, 2, 3].map(() => service.create(again)));
        const retries = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value.job] : []));
        expect(retries).toHaveLength(1);
        expect(retries[0]).toMatchObject({ retry_of: job.id, parameters: { a: 1 }, status: 'pending' });
        await expect(service.create(again)).rejects.toThrow(/was retried already/);
        expect((await service.get(job.id))?.status).toBe('cancelled');
      });
    });

    describe('quotas', () => {
      const setQuota = (values: { pending_jobs?: number; running_jobs?: number }) =>
        environment.db.kysely
          .insertInto('user_quotas')
          .values({ user_id: userId, updated_at: new Date(), ...values })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
          .execute();

      it('no more jobs of a user run at once than allowed, on all runners together; the others get on', async () => {
        await setQuota({ running_jobs: 2 });
        const other = await insertUser(environment.db);
        let now = 0;
        let most = 0;
        let foreign = 0;
        let inCompany = (): void => {};
        const company = new Promise<void>((resolve) => {
          inCompany = resolve;
        });
        const task: Task = async (context) => {
          if (context.userId !== userId) foreign += 1;
          else most = Math.max(most, ++now);
          // The first one waits for company, so that a slow machine does not hide what is allowed.
          if (now >= 2) inCompany();
          await Promise.race([company, new Promise((resolve) => setTimeout(resolve, 5_000))]);
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (context.userId === userId) now -= 1;
          await finish(context);
        };
        const jobs = await Promise.all(Array.from({ length: 12 }, () => create()));
        const theirs = await Promise.all(
          Array.from({ length: 4 }, () => service.create({ userId: other, type: 'plan', parameters: {} })),
        );
        // Two runners with two places each: without the quota four would run.
        await startRunner(task);
        await startRunner(task);
        for (const { job } of theirs) await reach(job.id, 'completed');
        for (const { id } of jobs) expect(await reach(id, 'completed')).toMatchObject({ held: false });
        expect(foreign).toBe(4);
        expect(most).toBe(2);
      });

      it('no more jobs wait than allowed, also of requests at the same moment; a repeated request is none', async () => {
        const limits = { pendingJobs: 3, runningJobs: null, storageBytes: null };
        const strict = createJobService({
          db: environment.db,
          quotas: { viewer: limits, operator: limits, admin: limits },
        });
        const input = (key: string) => ({
          userId,
          type: 'plan' as const,
          parameters: {},
          idempotencyKey: key,
        });
        const made = await Promise.allSettled(
          ['a', 'b', 'c', 'd', 'e'].map((key) => strict.create(input(key))),
        );
        expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
        const refused = made.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
        expect(refused.reason).toBeInstanceOf(QuotaExceededError);
        const first = made.find(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<{
          job: JobRow;
        }>;
        const { job } = first.value;
        expect(await strict.create(input(String(job.idempotency_key)))).toMatchObject({
          replayed: true,
          job: { id: job.id },
        });
        await setQuota({ pending_jobs: 4 });
        await strict.create(input('f'));
        await expect(strict.create(input('g'))).rejects.toThrow(/as many as you may/);
        await strict.requestCancel(job.id);
        await strict.create(input('g'));
      });
    });

    describe('running', () => {
      it('completes with the result; its writes and the state appear together', async () => {
        const job = await create('ingest', { a: 1 });
        let seen: Partial<TaskContext> = {};
        await startRunner(async (context) => {
          seen = { ...context };
          await context.finalize(async (transaction) => {
            await transaction
              .insertInto('provenance_edges')
              .values({ job_id: context.jobId, relation: 'used', entity_kind: 'job', entity_id: 'x' })
              .execute();
            context.log('info', 'written inside finalize');
            return { files: 3, big: 12n };
          });
          context.log('info', 'written after it');
        });
        const done = await reach(job.id, 'completed');
        expect(seen).toMatchObject({ jobId: job.id, userId, attempt: 1, parameters: { a: 1 } });
        expect(done).toMatchObject({
          progress: 1,
          attempt: 1,
          result: { files: 3, big: '12' },
          error: null,
          lease_until: null,
        });
        expect(done.completed_at?.getTime()).toBeGreaterThanOrEqual(done.started_at?.getTime() ?? Number.NaN);
        expect(await messages(job.id, 'status')).toEqual(['Accepted', 'Attempt 1 started', 'Completed']);
        const lines = await waitFor('log', async () => {
          const found = await messages(job.id, 'log');
          return found.length === 2 && found;
        });
        expect(lines).toEqual(['written inside finalize', 'written after it']);
      });

      it('two runners never run one job twice, and no more at once than allowed', async () => {
        const runs: string[] = [];
        let now = 0;
        let most = 0;
        const task: Task = async (context) => {
          runs.push(context.jobId);
          most = Math.max(most, ++now);
          await new Promise((resolve) => setTimeout(resolve, 15));
          now -= 1;
          await finish(context);
        };
        const ids = await Promise.all(Array.from({ length: 40 }, async () => (await create()).id));
        const first = await startRunner(task);
        const second = await startRunner(task);
        await waitFor(
          'all jobs done',
          async () => (await service.list({ status: 'completed', skip: 0, limit: 1 })).total === 40,
        );
        expect(first.workerId).not.toBe(second.workerId);
        expect([...runs].sort()).toEqual([...ids].sort());
        expect(most).toBeLessThanOrEqual(2 * environment.config.jobConcurrency);
        const workers = await sql<{ worker_id: string; attempt: number }>`
          select worker_id, attempt from processing_jobs`.execute(environment.db.kysely);
        expect(new Set(workers.rows.map((row) => row.worker_id)).size).toBe(2);
        expect(workers.rows.every((row) => row.attempt === 1)).toBe(true);
      });

      it('takes jobs in the order of their creation', async () => {
        const runs: string[] = [];
        const ids: string[] = [];
        for (let i = 0; i < 6; i++) ids.push((await create()).id);
        await startRunner(
          async (context) => {
            runs.push(context.jobId);
            await finish(context);
          },
          { config: { ...environment.config, jobConcurrency: 1 } },
        );
        await reach(ids[5], 'completed');
        expect(runs).toEqual(ids);
      });

      it('runs a job soon after its creation without waiting for the sweep', async () => {
        await startRunner(finish, { sweepIntervalMs: 60_000 });
        const job = await create();
        // Gives up after 15 s, long before the sweep.
        await reach(job.id, 'completed');
      });

      it('finds a job that nobody announced by the sweep', async () => {
        await startRunner(finish);
        const silent = createJobService({ db: environment.db });
        const { job } = await silent.create({ userId, type: 'plan', parameters: {} });
        await reach(job.id, 'completed');
      });

      it('writes progress at most four times a second, never falling, the last before the end', async () => {
        const job = await create();
        const heard: JobEventRow[] = [];
        service.subscribe(job.id, (event) => {
          if (event.kind === 'progress') heard.push(event);
        });
        await startRunner(async (context) => {
          for (let i = 0; i <= 100; i++) {
            context.progress(i === 50 ? 0.1 : i / 100, `epoch ${i}`);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          context.progress(Number.NaN, 'not a number');
          await finish(context);
        });
        await reach(job.id, 'completed');
        const fractions = heard.map((event) => (event.data as { progress: number }).progress);
        expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
        expect(fractions.at(-1)).toBe(1);
        // The loop takes a good second (timers of 10 ms run late): 4 per second, plus the first and the last.
        const seconds = (heard.at(-1)!.time.getTime() - heard[0].time.getTime()) / 1000;
        expect(heard.length).toBeGreaterThan(2);
        expect(heard.length).toBeLessThanOrEqual(4 * seconds + 2);
        expect(heard.at(-1)?.message).toBe('epoch 100');
      });
    });

    describe('failures', () => {
      it('a TaskError is the user’s answer and is not tried again', async () => {
        const job = await create();
        await startRunner(async () => {
          throw new TaskError('no_data', 'No observations in the window', [
            { field: 'start_time', message: 'too early' },
          ]);
        });
        const failed = await reach(job.id, 'failed');
        expect(failed).toMatchObject({
          attempt: 1,
          result: null,
          error: {
            code: 'no_data',
            message: 'No observations in the window',
            errors: [{ field: 'start_time', message: 'too early' }],
          },
        });
      });

      it('an unknown error is tried again with a wait, then fails without showing its inside', async () => {
        const job = await create();
        const starts: number[] = [];
        await startRunner(
          async () => {
            starts.push(performance.now());
            throw new Error('password=hunter2 at /secret/path');
          },
          { retryBaseSeconds: 0.1 },
        );
        const failed = await reach(job.id, 'failed');
        expect(starts).toHaveLength(3);
        expect(starts[1] - starts[0]).toBeGreaterThan(90);
        expect(starts[2] - starts[1]).toBeGreaterThan(390);
        expect(failed.error).toMatchObject({ code: 'internal_error' });
        expect(JSON.stringify([failed, await service.events(job.id, undefined, 100)])).not.toContain(
          'hunter2',
        );
        const stacks = logged
          .filter((line) => line.message === 'task failed')
          .map((line) => (line.fields.err as Error).stack);
        expect(stacks).toHaveLength(3);
        expect(stacks[0]).toContain('hunter2');
      });

      it('succeeds in the second attempt after an unknown error in the first', async () => {
        const job = await create();
        await startRunner(async (context) => {
          if (context.attempt === 1) {
            context.progress(0.9, 'almost');
            throw new Error('flaky');
          }
          await finish(context);
        });
        expect(await reach(job.id, 'completed')).toMatchObject({
          attempt: 2,
          result: { attempt: 2 },
          error: null,
        });
      });

      it('a task that returns without a result has failed; a second finalize is refused', async () => {
        const [lazy, eager] = [await create('plan'), await create('ingest')];
        let second: unknown;
        const task: Task = async (context) => {
          if (context.jobId === lazy.id) return;
          await finish(context);
          second = await finish(context).catch((error: unknown) => error);
        };
        await startRunner(task);
        expect((await reach(lazy.id, 'failed')).error).toMatchObject({ code: 'task_incomplete' });
        await reach(eager.id, 'completed');
        await waitFor('second finalize', async () => second !== undefined);
        expect(String(second)).toContain('twice');
      });

      it('an error inside finalize undoes its writes', async () => {
        const job = await create();
        await startRunner((context) =>
          context.finalize(async (transaction) => {
            await transaction
              .insertInto('provenance_edges')
              .values({ job_id: context.jobId, relation: 'used', entity_kind: 'job', entity_id: 'x' })
              .execute();
            throw new TaskError('late', 'too late');
          }),
        );
        expect((await reach(job.id, 'failed')).error).toMatchObject({ code: 'late' });
        const edges = await environment.db.kysely.selectFrom('provenance_edges').selectAll().execute();
        expect(edges).toEqual([]);
      });
    });

    describe('cancel', () => {
      it('a pending job at once, and it never runs', async () => {
        const job = await create();
        expect(await service.requestCancel(job.id)).toMatchObject({ status: 'cancelled', started_at: null });
        let ran = false;
        await startRunner(async () => {
          ran = true;
        });
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(ran).toBe(false);
        expect((await service.get(job.id))?.completed_at).toBeInstanceOf(Date);
      });

      it('a running job by its signal', async () => {
        const job = await create();
        await startRunner((context) => untilAborted(context.signal), { cancelGraceMs: 30_000 });
        await reach(job.id, 'running');
        const start = performance.now();
        expect(await service.requestCancel(job.id)).toMatchObject({
          status: 'running',
          cancel_requested: true,
        });
        expect(await reach(job.id, 'cancelled')).toMatchObject({ attempt: 1, error: null });
        // By the signal, long before the task would be abandoned; a machine at work on other things is slow.
        expect(performance.now() - start).toBeLessThan(3_000);
        expect(await messages(job.id, 'status')).toEqual([
          'Accepted',
          'Attempt 1 started',
          'Cancel requested',
          'Cancelled',
        ]);
      });

      it('a job of another process, seen with the next heartbeat', async () => {
        const job = await create();
        await startRunner((context) => untilAborted(context.signal));
        await reach(job.id, 'running');
        const elsewhere = createJobService({ db: environment.db });
        await elsewhere.requestCancel(job.id);
        await reach(job.id, 'cancelled');
      });

      it('a task that ignores its signal is abandoned after the grace; what it writes later does not count', async () => {
        const job = await create();
        let late: unknown;
        let wake: () => void = () => {};
        const asleep = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const runner = await startRunner(async (context) => {
          await asleep;
          context.progress(0.7, 'zombie');
          context.log('error', 'zombie');
          late = await finish(context).catch((error: unknown) => error);
        });
        await reach(job.id, 'running');
        const start = performance.now();
        await service.requestCancel(job.id);
        await reach(job.id, 'cancelled');
        expect(performance.now() - start).toBeGreaterThan(280);
        await waitFor('free slot', async () => runner.running.length === 0);
        wake();
        await waitFor('zombie refused', async () => late !== undefined);
        expect(late).toMatchObject({ name: 'JobAbortedError' });
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(await service.get(job.id)).toMatchObject({ status: 'cancelled', progress: 0, result: null });
        expect(JSON.stringify(await service.events(job.id, undefined, 100))).not.toContain('zombie');
      });

      it('wins over a result that comes after it', async () => {
        const job = await create();
        const elsewhere = createJobService({ db: environment.db });
        await startRunner(
          async (context) => {
            await elsewhere.requestCancel(context.jobId);
            await finish(context);
          },
          { sweepIntervalMs: 60_000 },
        );
        expect(await reach(job.id, 'cancelled', 'completed')).toMatchObject({
          status: 'cancelled',
          result: null,
        });
      });

      it('changes nothing once the job has ended', async () => {
        const job = await create();
        await startRunner(finish);
        await reach(job.id, 'completed');
        expect(await service.requestCancel(job.id)).toMatchObject({
          status: 'completed',
          cancel_requested: false,
        });
      });
    });

    describe('dead and stopping workers', () => {
      /** A running job as a killed worker leaves it. */
      async function leftover(attempt: number, leaseSeconds: number): Promise<JobRow> {
        const job = await create();
        await sql`update processing_jobs set status = 'running', attempt = ${attempt}, worker_id = 'dead',
          lease_until = now() + make_interval(secs => ${leaseSeconds}) where id = ${job.id}`.execute(
          environment.db.kysely,
        );
        return job;
      }

      it('a lease that ran out gives the job to the next attempt', async () => {
        const job = await leftover(1, -1);
        await startRunner(finish);
        expect(await reach(job.id, 'completed')).toMatchObject({ attempt: 2, result: { attempt: 2 } });
        expect(await messages(job.id, 'status')).toContain('Worker died, attempt 1');
      });

      it('the last attempt fails with worker_lost; a cancel asked before is done', async () => {
        const [last, cancelled] = [await leftover(3, -1), await leftover(1, -1)];
        await sql`update processing_jobs set cancel_requested = true where id = ${cancelled.id}`.execute(
          environment.db.kysely,
        );
        await startRunner(finish);
        expect((await reach(last.id, 'failed')).error).toMatchObject({ code: 'worker_lost' });
        expect((await reach(cancelled.id, 'cancelled')).error).toBeNull();
      });

      it('a live lease of another worker is left alone, but not at the start of the only process', async () => {
        const job = await leftover(1, 3600);
        const runner = await startRunner(finish);
        await new Promise((resolve) => setTimeout(resolve, 250));
        expect(await service.get(job.id)).toMatchObject({ status: 'running', attempt: 1, worker_id: 'dead' });
        await runner.stop();
        // Only where no other process can hold a job.
        if (environment.createRunner !== undefined) return;
        await startRunner(finish, { exclusive: true });
        expect(await reach(job.id, 'completed')).toMatchObject({ attempt: 2 });
      });

      it('an old attempt can neither finalize nor report once a new one runs', async () => {
        const job = await create();
        const outcomes: string[] = [];
        let wakeFirst: () => void = () => {};
        const firstAsleep = new Promise<void>((resolve) => {
          wakeFirst = resolve;
        });
        // Heartbeats of the first runner come too late: its process was stopped (a laptop asleep).
        await startRunner(
          async (context) => {
            if (context.attempt === 1) await firstAsleep;
            context.log('info', `written by attempt ${context.attempt}`);
            await finish(context).then(
              () => outcomes.push(`attempt ${context.attempt} finalized`),
              (error: Error) => outcomes.push(`attempt ${context.attempt} refused: ${error.name}`),
            );
          },
          {
            sweepIntervalMs: 600_000,
            config: { ...environment.config, leaseSeconds: 600, jobConcurrency: 1 },
          },
        );
        await reach(job.id, 'running');
        await sql`update processing_jobs set lease_until = now() - interval '1 second' where id = ${job.id}`.execute(
          environment.db.kysely,
        );
        const other = createJobService({ db: environment.db });
        const rescuer = await startRunner(
          async (context) => {
            wakeFirst();
            await waitFor('the old attempt ended', async () => outcomes.length > 0);
            await finish(context);
          },
          { service: other },
        );
        const done = await reach(job.id, 'completed');
        expect(outcomes).toEqual(['attempt 1 refused: JobAbortedError']);
        expect(done).toMatchObject({ attempt: 2, worker_id: rescuer.workerId, result: { attempt: 2 } });
        expect(await messages(job.id, 'log')).toEqual([]);
      });

      it('a runner that finds its lease lost gives up its attempt and frees the slot', async () => {
        const job = await create();
        let reason: unknown;
        const runner = await startRunner(async (context) => {
          await untilAborted(context.signal).catch((error: unknown) => {
            reason = error;
          });
        });
        await reach(job.id, 'running');
        await sql`update processing_jobs set attempt = 7 where id = ${job.id}`.execute(environment.db.kysely);
        await waitFor('signal', async () => reason !== undefined);
        expect(reason).toMatchObject({ reason: 'lease_lost' });
        await waitFor('free slot', async () => runner.running.length === 0);
        expect(await service.get(job.id)).toMatchObject({ status: 'running', attempt: 7 });
      });

      it('renews the lease of a task that runs longer than it', async () => {
        const job = await create();
        let end: () => void = () => {};
        const gate = new Promise<void>((resolve) => {
          end = resolve;
        });
        const short = { ...environment.config, leaseSeconds: 1 };
        const task: Task = async (context) => {
          await gate;
          await finish(context);
        };
        await startRunner(task, { config: short });
        await startRunner(task, { config: short });
        await new Promise((resolve) => setTimeout(resolve, 2500));
        end();
        expect(await reach(job.id, 'completed')).toMatchObject({ attempt: 1 });
      });

      it('leaves a task alone that tidies up after its result, however long', async () => {
        const job = await create();
        let tidied: boolean | undefined;
        const task: Task = async (context) => {
          await finish(context);
          await new Promise((resolve) => setTimeout(resolve, 1500));
          tidied = !context.signal.aborted;
        };
        await startRunner(task, { config: { ...environment.config, leaseSeconds: 1 } });
        await reach(job.id, 'completed');
        await waitFor('the end of the task', async () => tidied !== undefined);
        expect(tidied).toBe(true);
        expect(logged.map(({ message }) => message)).not.toContain(
          'task did not stop in time and was abandoned',
        );
      });

      it('stop hands running jobs back without counting the attempt, also of a task that does not listen', async () => {
        const [listening, deaf] = [await create('plan'), await create('ingest')];
        const runner = await startRunner((context) =>
          context.jobId === listening.id ? untilAborted(context.signal) : new Promise(() => {}),
        );
        await reach(listening.id, 'running');
        await reach(deaf.id, 'running');
        const start = performance.now();
        await runner.stop(400);
        expect(performance.now() - start).toBeLessThan(10_000);
        for (const { id } of [listening, deaf]) {
          expect(await service.get(id)).toMatchObject({
            status: 'pending',
            attempt: 1,
            max_attempts: 4,
            error: null,
          });
        }
        await create();
        await new Promise((resolve) => setTimeout(resolve, 150));
        expect((await service.list({ status: 'running', skip: 0, limit: 1 })).total).toBe(0);
        await startRunner(finish);
        expect(await reach(listening.id, 'completed')).toMatchObject({ attempt: 2 });
      });
    });
  });
}
