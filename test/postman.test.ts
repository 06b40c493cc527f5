import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, simulateDay, temporaryFolder } from './support/mission.js';
import { type ServerProcess, spawnServer } from './support/server-process.js';

const DEGREE = 4;
const COLLECTION = new URL('../postman_collection.json', import.meta.url).pathname;
const NEWMAN = createRequire(import.meta.url).resolve('newman/bin/newman.js');

interface Report {
  readonly run: {
    readonly stats: Record<'requests' | 'assertions', { readonly total: number; readonly failed: number }>;
    readonly failures: readonly {
      readonly source?: { readonly name: string };
      readonly error: { readonly message: string };
    }[];
    readonly executions: readonly {
      readonly item: { readonly name: string };
      readonly assertions?: readonly { readonly assertion: string }[];
    }[];
  };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  const level1b = join(folder.path, 'level1b');
  // a sample every 30 s is enough for degree 4, and quick
  await simulateDay(level1b, DEGREE, ['--orbit-sampling', '30', '--ranging-sampling', '30']);
  server = await spawnServer({ dataDir: join(folder.path, 'data'), fileSources: [level1b] });
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await folder?.remove();
});

/** Runs one folder of the collection; resolves with the report newman writes and its exit code. */
async function runFolder(name: string, variables: Readonly<Record<string, string>>) {
  const file = join(folder.path, 'newman.json');
  const child = spawn(
    process.execPath,
    [
      ...[NEWMAN, 'run', COLLECTION, '--folder', name, '--timeout-request', '20000'],
      ...['--reporters', 'json', '--reporter-json-export', file],
      ...Object.entries(variables).flatMap(([key, value]) => ['--env-var', `${key}=${value}`]),
    ],
    { stdio: 'ignore' },
  );
  const [code] = await once(child, 'close');
  return { code, run: (JSON.parse(await readFile(file, 'utf8')) as Report).run };
}

test('newman goes from registration to a published product, every request as the collection expects', async () => {
  const collection = JSON.parse(await readFile(COLLECTION, 'utf8')) as {
    item: { name: string; item: { name: string }[] }[];
  };
  const steps = collection.item.find(({ name }) => name === 'The main job')?.item ?? [];
  const { code, run } = await runFolder('The main job', {
    baseUrl: server.url,
    data_source: `file:${join(folder.path, 'level1b')}`,
    start_time: DAY.start,
    end_time: DAY.end,
    degree_max: String(DEGREE),
  });
  expect(run.failures.map(({ source, error }) => `${source?.name}: ${error.message}`)).toEqual([]);
  expect(code).toBe(0);
  // every step was sent, in the order of the folder; those that wait more than once
  const sent = run.executions.map(({ item }) => item.name);
  expect(sent.filter((name, i) => name !== sent[i - 1])).toEqual(steps.map(({ name }) => name));
  // status and request id of each request, and the end of the four jobs
  expect(run.stats.assertions.total).toBeGreaterThanOrEqual(2 * steps.length + 4);
  const told = run.executions.flatMap(({ assertions = [] }) => assertions.map((a) => a.assertion));
  for (const type of ['ingest', 'plan', 'process', 'catalog']) expect(told).toContain(`${type} completed`);
}, 60_000);

test('newman fails where the server says no', async () => {
  const { code, run } = await runFolder('The main job', { baseUrl: server.url, password: 'short' });
  expect(code).toBe(1);
  expect(run.failures.map(({ source }) => source?.name)).toContain('Register a user');
}, 60_000);
