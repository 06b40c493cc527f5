import type { GravityClient, Job } from '@gravity/cli';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.js';
import { DAY } from '../support/mission.js';
import { runCommand, signIn } from '../support/server-process.js';

const JOBS = 1000;
const CANCELLED = 100;
const request = {
  start_time: DAY.start,
  end_time: DAY.end,
  satellites: [...DAY.satellites],
  degree_max: 20,
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.remove());

/** Runs `work` for each index, `width` at a time. */
async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

test('1,000 jobs over two API instances, 100 of them cancelled: every one has one end', async () => {
  const apis = [await cluster.startApi(), await cluster.startApi()];
  const clients: GravityClient[] = [];
  for (const { url } of apis) clients.push(await signIn(url));
  const ids: string[] = [];
  await inParallel(JOBS, 16, async (index) => {
    ids[index] = (await clients[index % 2].plan(request)).id;
  });
  // from the instance that did not take the job, while no worker runs
  await inParallel(CANCELLED, 16, async (index) => {
    const chosen = index * 10;
    expect((await clients[(chosen + 1) % 2].cancel(ids[chosen])).status).toBe('cancelled');
  });
  for (let worker = 0; worker < 3; worker++) {
    await cluster.startWorker({ queues: 'plan', env: { GRAVITY_JOB_CONCURRENCY: '4' } });
  }
  const count = async (status: string): Promise<number> =>
    (await clients[0].transport.json<{ total: number }>(`/ops/jobs?status=${status}&limit=1`)).total;
  await expect.poll(() => count('completed'), { timeout: 120_000, interval: 500 }).toBe(JOBS - CANCELLED);
  expect(await count('cancelled')).toBe(CANCELLED);
  expect(new Set(ids).size).toBe(JOBS);
  let attempts = 0;
  for (let skip = 0; skip < JOBS; skip += 500) {
    const { jobs } = await clients[1].transport.json<{ jobs: (Job & { attempt: number })[] }>(
      `/ops/jobs?skip=${skip}&limit=500`,
    );
    for (const { attempt } of jobs) attempts += attempt;
  }
  // nobody died, so nothing was started twice
  expect(attempts).toBe(JOBS - CANCELLED);
  const { stdout } = await runCommand(['check', '--json'], { env: cluster.env });
  expect(JSON.parse(stdout)).toMatchObject({ consistent: true });
});
