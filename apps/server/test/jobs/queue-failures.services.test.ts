import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JobEventRow, JobRow, JobStatus, Task } from '@gravity/server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { insertUser, waitFor } from '../helpers.js';
import { type Installation, type JobProcess, startInstallation } from './job-process.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const finish: Task = (context) => context.finalize(async () => ({ attempt: context.attempt }));

describe('when parts fail', () => {
  let installation: Installation;
  let api: JobProcess;
  let userId: string;
  const children: ChildProcessWithoutNullStreams[] = [];

  beforeAll(async () => {
    installation = await startInstallation();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await installation.remove();
  });
  afterEach(() => installation.closeProcesses());

  async function openApi(): Promise<void> {
    api = await installation.open({ queues: [] });
    userId = await insertUser(api.db);
  }

  const create = async (type: 'plan' | 'ingest' = 'plan'): Promise<JobRow> =>
    (await api.service.create({ userId, type, parameters: {} })).job;

  const reach = (id: string, status: JobStatus, timeoutMs = 20_000): Promise<JobRow> =>
    waitFor(
      `job ${status}`,
      async () => {
        const job = await api.service.get(id).catch(() => undefined);
        return job?.status === status ? job : undefined;
      },
      timeoutMs,
    );

  async function spawnWorker(): Promise<{
    readonly child: ChildProcessWithoutNullStreams;
    readonly url: string;
    said(): string;
  }> {
    const child = spawn(process.execPath, [
      fileURLToPath(new URL('worker-child.mjs', import.meta.url)),
      installation.databaseUrl,
      installation.redis.url,
      installation.folder,
    ]);
    children.push(child);
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const url = await waitFor('worker ready', async () => /ready (\S+)/.exec(said)?.[1], 30_000);
    return { child, url, said: () => said };
  }

  it('a worker killed in the middle of a job: another one completes it as attempt 2', async () => {
    await openApi();
    const { child, url, said } = await spawnWorker();
    const job = await create();
    await waitFor('started', async () => said().includes(`started ${job.id} 1`));
    const health = await (await fetch(`${url}/health`)).json();
    expect(health).toMatchObject({ status: 'ok', running: 1, queues: ['plan', 'ingest'] });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('gravity_worker_running{queue="plan"} 1');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const other = await installation.open();
    const runner = await other.startRunner(finish);
    // A lease of 3 s, a sweep each 0.3 s.
    const done = await reach(job.id, 'completed', 15_000);
    expect(done).toMatchObject({ attempt: 2, worker_id: runner.workerId, result: { attempt: 2 } });
  });

  it('progress of another process is heard at once, a cancel ends its job within 2 s', async () => {
    await openApi();
    const { child, said } = await spawnWorker();
    const heard: { event: JobEventRow; at: number }[] = [];
    const job = await create('ingest');
    api.service.subscribe(job.id, (event) => heard.push({ event, at: Date.now() }));
    await waitFor('started', async () => said().includes(`started ${job.id} 1`));
    await waitFor('progress heard', async () => heard.some(({ event }) => event.kind === 'progress'), 2_000);
    for (const { event, at } of heard) {
      expect(event.time).toBeInstanceOf(Date);
      expect(at - event.time.getTime()).toBeLessThan(1_000);
    }
    const begin = performance.now();
    await api.service.requestCancel(job.id);
    await reach(job.id, 'cancelled');
    expect(performance.now() - begin).toBeLessThan(2_000);
    await waitFor('end heard', async () => heard.at(-1)?.event.message === 'Cancelled', 1_000);

    // SIGTERM: the job at work is handed back and taken by another process, without waiting for the lease.
    const second = await create('ingest');
    await waitFor('started', async () => said().includes(`started ${second.id} 1`));
    const other = await installation.open();
    child.kill('SIGTERM');
    await reach(second.id, 'pending');
    await other.startRunner(finish);
    expect(await reach(second.id, 'completed', 3_000)).toMatchObject({ attempt: 2, max_attempts: 4 });
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });

  it('a cancelled pending job leaves the queue', async () => {
    await openApi();
    const job = await create();
    const waiting = async () =>
      (await api.transport.depths()).find(({ queue }) => queue === 'plan')?.waiting ?? -1;
    await waitFor('sent', async () => (await waiting()) === 1);
    await api.service.requestCancel(job.id);
    await waitFor('withdrawn', async () => (await waiting()) === 0);
  });

  it('a job goes on while Redis is away, new ones are run from the database, then from the queue again', async () => {
    await openApi();
    const worker = await installation.open();
    let end = (): void => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    let first: string | undefined;
    await worker.startRunner(async (context) => {
      first ??= context.jobId;
      if (context.jobId === first) await gate;
      await finish(context);
    });
    const long = await create();
    await reach(long.id, 'running');
    await installation.redis.kill();
    const begin = performance.now();
    const during = await create();
    // The answer to the client does not wait for Redis.
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(await reach(during.id, 'completed')).toMatchObject({ attempt: 1 });
    end();
    expect(await reach(long.id, 'completed')).toMatchObject({ attempt: 1 });
    await installation.redis.start();
    await waitFor('back', async () => worker.transport.available && api.transport.available);
    const after = await create();
    expect(await reach(after.id, 'completed')).toMatchObject({ attempt: 1 });
    const plan = worker.transport.queues.find((queue) => queue.name === 'plan');
    const handed = await waitFor('delivery ended', async () =>
      (await plan?.getCompleted())?.find((one) => one.data.jobId === after.id),
    );
    expect(handed.returnvalue).toMatchObject({ status: 'completed', attempt: 1 });
    expect(worker.logged.filter((line) => line === 'connection to Redis lost')).toHaveLength(1);
  });

  it('a Redis that hangs does not keep jobs waiting', async () => {
    await openApi();
    const worker = await installation.open();
    await worker.startRunner(finish);
    const client = new Redis(installation.redis.url);
    await client.call('CLIENT', 'PAUSE', '60000', 'ALL');
    const job = await create();
    // Commands are given up after 5 s; from then on the database is looked at.
    expect(await reach(job.id, 'completed', 15_000)).toMatchObject({ attempt: 1 });
    client.disconnect();
    await installation.redis.kill();
    await installation.redis.start();
    await waitFor('back', async () => worker.transport.available && api.transport.available);
    const after = await create();
    expect(await reach(after.id, 'completed')).toMatchObject({ attempt: 1 });
  });

  it('a restart of PostgreSQL longer than the lease costs no attempt', async () => {
    await openApi();
    const worker = await installation.open({ leaseSeconds: 5 });
    let end = (): void => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    await worker.startRunner(async (context) => {
      await gate;
      context.log('info', 'without a database');
      await finish(context);
    });
    const job = await create();
    await reach(job.id, 'running');
    await installation.postgres.kill();
    // The result comes while the database is away.
    end();
    await sleep(6_000);
    await installation.postgres.start();
    expect(await reach(job.id, 'completed')).toMatchObject({ attempt: 1, result: { attempt: 1 } });
    expect(
      (await api.service.events(job.id, undefined, 100)).filter(({ kind }) => kind === 'log'),
    ).toMatchObject([{ message: 'without a database' }]);
    const next = await create();
    expect(await reach(next.id, 'completed')).toMatchObject({ attempt: 1 });
  });
});
