import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GravityClient, Job } from '@gravity/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.js';
import { finished, hashes, startIngest, startProcess } from '../support/journey.js';
import { simulateDay, temporaryFolder } from '../support/mission.js';
import { runCommand, type ServerProcess, signIn, spawnServer } from '../support/server-process.js';

const DEGREE = 20;
const ARC_HOURS = 4;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: Cluster;
let embedded: Record<string, string>;
const level1b = () => join(folder.path, 'level1b');

/** Ingest and process, on whatever the client leads to. */
async function run(client: GravityClient): Promise<{ job: Job; products: Record<string, string> }> {
  await finished(client, startIngest(client, level1b()));
  const job = await finished(client, startProcess(client, DEGREE, ARC_HOURS));
  return { job, products: await hashes(client, job) };
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
  const server: ServerProcess = await spawnServer({
    dataDir: join(folder.path, 'embedded'),
    fileSources: [level1b()],
  });
  embedded = (await run(await signIn(server.url))).products;
  await server.stop();
  cluster = await startCluster();
}, 240_000);
afterAll(async () => {
  await cluster?.remove();
  await folder.remove();
});

describe('PostgreSQL, Redis and S3 with two workers', () => {
  let client: GravityClient;
  let job: Job;

  test('give the very bytes of the embedded run', async () => {
    const api = await cluster.startApi({ fileSources: [level1b()] });
    await cluster.startWorker({ fileSources: [level1b()] });
    await cluster.startWorker({ fileSources: [level1b()] });
    client = await signIn(api.url);
    const distributed = await run(client);
    job = distributed.job;
    expect(Object.keys(distributed.products).length).toBeGreaterThanOrEqual(5);
    expect(distributed.products).toEqual(embedded);
  });

  test('both workers had arcs', async () => {
    const workers = new Set<string>();
    const { logs } = await client.transport.json<{
      logs: { message: string; data: { worker?: string } | null }[];
    }>(`/ops/jobs/${job.id}/logs?limit=1000`);
    for (const { data } of logs) if (data?.worker) workers.add(data.worker);
    expect(workers.size).toBe(2);
  });

  test('products are downloaded whole, and are catalogued', async () => {
    const [product] = await client.products({ job_id: job.id, kind: 'coefficients' });
    const path = await client.download(product, join(folder.path, 'downloads'));
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(product.sha256);
    await finished(
      client,
      client.catalog({
        product_ids: [product.id],
        metadata: { mission: 'GRACE-FO', processing_center: 'test', version: '1' },
        publish: true,
        archive: true,
      }),
    );
    expect(await client.product(product.id)).toMatchObject({ status: 'published', archived: true });
  });

  test('the checker finds database and object store in agreement', async () => {
    const { stdout } = await runCommand(['check', '--json'], { env: cluster.env });
    expect(JSON.parse(stdout)).toMatchObject({ consistent: true, examples: [] });
  });
});
