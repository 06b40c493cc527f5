import {
  createJobRunner,
  createJobService,
  createMemoryState,
  type Database,
  type JobRow,
  type JobRunner,
  openDatabase,
  openObjectStore,
  type Task,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { seedDatabase } from '../../../../test/support/database-template.js';
import { insertUser, temporaryFolder, testConfig, waitFor } from '../helpers.js';

const HEARTBEAT_MS = 200;
const folder = temporaryFolder();
const config = testConfig(folder.path, { leaseSeconds: 2, jobConcurrency: 1 });
let db: Database;
let userId: string;
const runners: JobRunner[] = [];

beforeAll(async () => {
  if (config.databaseUrl === undefined) seedDatabase(config.dataDir);
  db = await openDatabase(config);
  userId = await insertUser(db);
});
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop(100)));
  await sql`delete from processing_jobs`.execute(db.kysely);
});
afterAll(async () => {
  await db.close();
  folder.remove();
});

/** One of several processes on the database: each has its own service and runner. */
async function startRunner(task: Task): Promise<void> {
  const runner = createJobRunner({
    config,
    db,
    objects: await openObjectStore(config),
    service: createJobService({ db }),
    registry: { plan: task, ingest: task, process: task, catalog: task },
    exclusive: false,
    sweepIntervalMs: HEARTBEAT_MS,
  });
  runners.push(runner);
  await runner.start();
}
const create = async (): Promise<string> =>
  (await createJobService({ db }).create({ userId, type: 'plan', parameters: {} })).job.id;
const read = (id: string): Promise<JobRow> =>
  db.kysely.selectFrom('processing_jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** What all times in the database look like after the clock went by so much. */
const putClock = (hours: number) =>
  sql`update processing_jobs set lease_until = lease_until - make_interval(hours => ${hours}),
    run_after = run_after - make_interval(hours => ${hours})`.execute(db.kysely);

describe('a clock of the database that jumps by an hour', () => {
  it('does not give a running job to a second worker', async () => {
    let runs = 0;
    let end = (): void => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const task: Task = async (context) => {
      runs += 1;
      await gate;
      await context.finalize(async () => ({}));
    };
    const id = await create();
    await startRunner(task);
    await startRunner(task);
    await waitFor('the job to run', async () => (await read(id)).status === 'running');
    for (const hours of [1, -1, 1, 1, -1, 1]) {
      await putClock(hours);
      // at another moment between two heartbeats each time
      await sleep(1.7 * HEARTBEAT_MS);
    }
    end();
    await waitFor('the end', async () => (await read(id)).status === 'completed');
    expect(await read(id)).toMatchObject({ attempt: 1 });
    expect(runs).toBe(1);
  });

  it('put back, it does not keep the job of a dead worker, nor a next attempt, for that hour', async () => {
    const [orphan, paused, soon] = [await create(), await create(), await create()];
    await sql`update processing_jobs set status = 'running', attempt = 1, worker_id = 'dead',
      lease_until = now() + interval '2 s' where id = ${orphan}`.execute(db.kysely);
    await sql`update processing_jobs set run_after = now() + interval '8 s', attempt = 1
      where id = ${paused}`.execute(db.kysely);
    await putClock(-1);
    await sql`update processing_jobs set run_after = now() + interval '8 min', attempt = 1
      where id = ${soon}`.execute(db.kysely);
    await startRunner((context) => context.finalize(async () => ({})));
    for (const id of [paused, orphan]) {
      await waitFor(`job ${id}`, async () => (await read(id)).status === 'completed');
      expect(await read(id)).toMatchObject({ attempt: 2 });
    }
    expect(await read(soon)).toMatchObject({ status: 'pending' });
  });
});

describe('a clock of this process that jumps by an hour', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('neither forgets the counters of the rate limits nor keeps them longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const state = createMemoryState();
    await state.add('rate', 60_000);
    for (const hours of [1, -2]) {
      vi.setSystemTime(Date.now() + hours * 3_600_000);
      const { count, remainingMilliseconds } = await state.add('rate', 60_000);
      expect(count).toBe(hours === 1 ? 2 : 3);
      expect(remainingMilliseconds).toBeGreaterThan(50_000);
      expect(remainingMilliseconds).toBeLessThanOrEqual(60_000);
    }
  });
});
