import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.js';
import { finished, startIngest, startProcess } from '../support/journey.js';
import { simulateDay, temporaryFolder } from '../support/mission.js';
import { signIn } from '../support/server-process.js';

const DEGREE = 20;
/** 24 arcs each. */
const ARC_HOURS = 1;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: Cluster;
const level1b = () => join(folder.path, 'level1b');

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.remove();
  await folder.remove();
});

/** Writes down the order in which arcs end, until both jobs have none left. */
async function orderOfArcs(database: pg.Client, jobs: readonly string[], over: () => boolean) {
  const order: string[] = [];
  const seen = new Set<string>();
  while (!over()) {
    const { rows } = await database.query(
      `select job_id, pass, arc, worker_id from process_arcs where status = 'completed' and pass = 1
       order by completed_at`,
    );
    for (const { job_id, arc } of rows as { job_id: string; arc: number }[]) {
      const key = `${job_id} ${arc}`;
      if (seen.has(key)) continue;
      seen.add(key);
      order.push(jobs.indexOf(job_id) === 0 ? 'A' : 'B');
    }
    await sleep(20);
  }
  return order.join('');
}

test('three workers share their time between the jobs of two users', async () => {
  const api = await cluster.startApi({ fileSources: [level1b()] });
  const [first, second] = [await signIn(api.url, 'first'), await signIn(api.url, 'second')];
  // so that both are known before the first arc is taken; one of them has room for both jobs
  await cluster.startWorker({ queues: 'plan,ingest', fileSources: [level1b()] });
  await finished(first, startIngest(first, level1b()));
  const jobs = [await startProcess(first, DEGREE, ARC_HOURS), await startProcess(second, DEGREE, ARC_HOURS)];
  for (let worker = 0; worker < 3; worker++) await cluster.startWorker({ queues: 'process,arcs' });
  const database = new pg.Client({ connectionString: cluster.env.DATABASE_URL });
  await database.connect();
  let over = false;
  const watching = orderOfArcs(
    database,
    jobs.map(({ id }) => id),
    () => over,
  );
  const results = await Promise.all([finished(first, jobs[0]), finished(second, jobs[1])]);
  over = true;
  const order = await watching;
  await database.end();
  // the same data, parameters and software give the same field, whoever asks
  const [a, b] = results.map(({ result }) => (result as { content_hash: string }).content_hash);
  expect(a).toBe(b);
  // From the first arc of the later job on: by the time either has ten more, the other has at least five.
  const shared = order.slice(Math.max(order.indexOf('A'), order.indexOf('B')));
  for (const [job, other] of ['AB', 'BA']) {
    const tenth = shared.split(job, 10).join(job).length;
    const ofOther = shared.slice(0, tenth).split(other).length - 1;
    expect(ofOther, `${order}: ${other} beside ten of ${job}`).toBeGreaterThanOrEqual(5);
  }
});
