import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, type GravityClient, type Job } from '@gravity/cli';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DAY, simulateDay, temporaryFolder } from './support/mission.js';
import { runCommand, type ServerProcess, signIn, spawnServer } from './support/server-process.js';

const DEGREE = 20;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess | undefined;
const level1b = () => join(folder.path, 'level1b');

beforeAll(async () => {
  folder = await temporaryFolder();
  // orbits at 1 s: enough work to be killed in the middle of
  await simulateDay(level1b(), DEGREE, ['--orbit-sampling', '1']);
});
afterAll(() => folder.remove());
afterEach(async () => {
  await server?.kill();
  server = undefined;
});

const start = async (name: string): Promise<GravityClient> => {
  server = await spawnServer({
    dataDir: join(folder.path, name),
    fileSources: [level1b()],
    env: { GRAVITY_CHECKPOINT_SECONDS: '0' },
  });
  return signIn(server.url);
};
const ingest = (client: GravityClient) =>
  client.ingest({
    data_source: `file:${level1b()}`,
    data_type: 'l1b',
    satellites: DAY.satellites,
    start_time: DAY.start,
    end_time: DAY.end,
    validate_data: true,
  });
const compute = (client: GravityClient) =>
  client.process({
    algorithm: 'variational',
    degree_max: DEGREE,
    regularization: { kaula: 0, tikhonov: 0 },
    output_products: ['coefficients'],
    start_time: DAY.start,
    end_time: DAY.end,
    satellites: DAY.satellites,
    arc_length_hours: 6,
  });

/** Returns once the job is in the middle of its work. */
async function inTheMiddle(client: GravityClient, id: string, from: number): Promise<void> {
  for (;;) {
    const job = await client.job(id);
    if (job.status !== 'running' && job.status !== 'pending')
      throw new Error(`${job.type} is ${job.status} already`);
    if (job.progress >= from && job.progress < 0.95) return;
    await sleep(20);
  }
}

/** Kills the server with a job in its middle, starts it again and waits for the job's end. */
async function killAndReturn(name: string, client: GravityClient, id: string, from: number) {
  await inTheMiddle(client, id, from);
  await server!.kill();
  const later = await start(name);
  return { job: (await followJob(later, id)) as Job & { attempt: number }, client: later };
}

/** Database and object store agree once the server has been stopped. */
async function expectConsistent(name: string): Promise<void> {
  expect(await server!.stop()).toBe(0);
  server = undefined;
  const { code, stdout } = await runCommand(['check', '--data-dir', join(folder.path, name), '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ consistent: true, examples: [] });
  expect(code).toBe(0);
}

test('a server killed during ingest and during process ends both with the result of an undisturbed one', async () => {
  let client = await start('undisturbed');
  const whole = await followJob(client, (await ingest(client)).id);
  const product = (await followJob(client, (await compute(client)).id)).result as { content_hash: string };
  await expectConsistent('undisturbed');

  client = await start('killed');
  const first = await killAndReturn('killed', client, (await ingest(client)).id, 0.3);
  expect(first.job.attempt).toBe(2);
  const { items } = await first.client.transport.json<{ items: { sha256: string; records: number }[] }>(
    '/files',
  );
  const expected = (whole.result as { files: { sha256: string; records: number }[] }).files
    .filter((file) => file.records > 0)
    .map(({ sha256, records }) => ({ sha256, records }));
  const byHash = (a: { sha256: string }, b: { sha256: string }) => a.sha256.localeCompare(b.sha256);
  expect(items.map(({ sha256, records }) => ({ sha256, records })).sort(byHash)).toEqual(
    expected.sort(byHash),
  );

  const second = await killAndReturn('killed', first.client, (await compute(first.client)).id, 0.3);
  expect(second.job.attempt).toBe(2);
  const result = second.job.result as { content_hash: string; arcs_from_checkpoints: number };
  // arcs finished before the kill are not computed again, and change nothing
  expect(result.arcs_from_checkpoints).toBeGreaterThan(0);
  expect(result.content_hash).toBe(product.content_hash);
  await expectConsistent('killed');
}, 240_000);

test('a cancelled computation stops within seconds and leaves no product', async () => {
  const client = await start('undisturbed');
  const job = await compute(client);
  await inTheMiddle(client, job.id, 0.05);
  const asked = performance.now();
  await client.cancel(job.id);
  await expect(followJob(client, job.id)).rejects.toThrow('process was cancelled');
  expect((performance.now() - asked) / 1000).toBeLessThan(10);
  expect(await client.products({ job_id: job.id })).toEqual([]);
  await expectConsistent('undisturbed');
});
