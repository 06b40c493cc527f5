import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GravityClient, Job } from '@gravity/cli';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster, type WorkerProcess } from '../support/cluster.js';
import { ended, finished, hashes, inTheMiddle, startIngest, startProcess } from '../support/journey.js';
import { simulateDay, temporaryFolder } from '../support/mission.js';
import { runCommand, type ServerProcess, signIn } from '../support/server-process.js';

// Enough work per arc to be hit in its middle.
const DEGREE = 30;
const ARC_HOURS = 4;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: Cluster;
let api: ServerProcess;
let client: GravityClient;
let undisturbed: Record<string, string>;
let workers: WorkerProcess[];
const level1b = () => join(folder.path, 'level1b');
const startWorker = () => cluster.startWorker({ fileSources: [level1b()] });

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
  cluster = await startCluster();
  api = await cluster.startApi({ fileSources: [level1b()] });
  workers = [await startWorker(), await startWorker()];
  client = await signIn(api.url);
  await finished(client, startIngest(client, level1b()));
  undisturbed = await hashes(client, await finished(client, startProcess(client, DEGREE, ARC_HOURS)));
  expect(Object.keys(undisturbed).length).toBeGreaterThanOrEqual(5);
}, 240_000);
afterAll(async () => {
  await cluster?.remove();
  await folder.remove();
});

/** One job in whose middle something breaks: it ends with the result of an undisturbed one, once. */
async function survives(breakIt: () => Promise<void>, timeoutMs = 120_000): Promise<Job> {
  const { id } = await startProcess(client, DEGREE, ARC_HOURS);
  await inTheMiddle(client, id, 0.2);
  await breakIt();
  const job = await ended(() => client, id, timeoutMs);
  expect(job).toMatchObject({ status: 'completed' });
  expect(await hashes(client, job)).toEqual(undisturbed);
  return job;
}

test('kill -9 of both workers, one after the other, in the middle of arcs', async () => {
  await survives(async () => {
    const victims = workers;
    workers = [await startWorker(), await startWorker()];
    for (const victim of victims) {
      await victim.kill();
      await sleep(500);
    }
  });
});

test('kill -9 of the API', async () => {
  await survives(async () => {
    await api.kill();
    api = await cluster.startApi({ fileSources: [level1b()] });
    client = await signIn(api.url);
  });
});

test('kill -9 and restart of Redis, and all its data gone', async () => {
  await survives(async () => {
    await cluster.redis.kill();
    await sleep(3000);
    await cluster.redis.start();
    const redis = new Redis(cluster.redis.url);
    await redis.flushall();
    redis.disconnect();
  });
});

test('PostgreSQL restarted as after a power cut', async () => {
  await survives(async () => {
    await cluster.postgres.kill();
    await sleep(3000);
    await cluster.postgres.start();
  });
});

test('the S3 server refuses connections for 60 s', async () => {
  const began = Date.now();
  await survives(async () => {
    await cluster.s3Proxy.cut();
    await sleep(60_000);
    await cluster.s3Proxy.mend();
  }, 180_000);
  expect(Date.now() - began).toBeGreaterThan(60_000);
});

test('after all that, rows and objects agree and no job is left', async () => {
  const { jobs } = await client.transport.json<{ jobs: Job[] }>('/ops/jobs?limit=100');
  expect(jobs.map(({ type, status }) => `${type} ${status}`).sort()).toEqual([
    'ingest completed',
    ...Array.from({ length: 6 }, () => 'process completed'),
  ]);
  const { stdout } = await runCommand(['check', '--json'], { env: cluster.env });
  const report = JSON.parse(stdout);
  console.log(`checker: ${stdout.replaceAll(/\s+/g, ' ')}`);
  expect(report).toMatchObject({ consistent: true, examples: [] });
  for (const worker of workers) expect(await worker.stop()).toBe(0);
});
