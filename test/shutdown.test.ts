import { readdir } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, type GravityClient } from '@gravity/cli';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { finished, inTheMiddle, startIngest, startProcess } from './support/journey.js';
import { simulateDay, temporaryFolder } from './support/mission.js';
import {
  accessToken,
  runCommand,
  type ServerProcess,
  signIn,
  spawnServer,
} from './support/server-process.js';

const DEGREE = 20;
const CHUNK = Buffer.alloc(100_000, 'a');
/** What open requests and running jobs are given, one after the other, and some seconds. */
const GRACE_SECONDS = 25;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess | undefined;
const level1b = () => join(folder.path, 'level1b');
const dataDir = () => join(folder.path, 'data');

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
});
afterAll(() => folder.remove());
afterEach(() => server?.kill());

async function start(): Promise<{ client: GravityClient; token: string; url: string }> {
  server = await spawnServer({
    dataDir: dataDir(),
    fileSources: [level1b()],
    env: { GRAVITY_CHECKPOINT_SECONDS: '0' },
  });
  const { url } = server;
  return { client: await signIn(url), token: await accessToken(url), url };
}

/** An upload whose body is sent bit by bit. */
function slowUpload(
  url: string,
  token: string,
): { sending: ClientRequest; answer: Promise<IncomingMessage> } {
  const sending = request(`${url}/ops/uploads?name=slow.txt`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', resolve).once('error', reject);
  });
  answer.catch(() => undefined);
  return { sending, answer };
}

/** Sends until the server is seen to write it down. */
async function underWay(sending: ClientRequest): Promise<void> {
  while ((await temporaryFiles()).length === 0) {
    sending.write(CHUNK);
    await sleep(50);
  }
  sending.write(CHUNK);
}

const filesIn = async (path: string): Promise<string[]> =>
  (await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
const temporaryFiles = () => filesIn(join(dataDir(), 'objects', '.tmp'));

async function bodyOf(answer: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of answer) text += chunk;
  return JSON.parse(text);
}

async function expectConsistent(): Promise<void> {
  const { stdout } = await runCommand(['check', '--data-dir', dataDir(), '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ consistent: true, examples: [] });
}

test('SIGTERM: the upload under way is finished, the job handed back and completed after the restart', async () => {
  const { client, token, url } = await start();
  await finished(client, startIngest(client, level1b()));
  const undisturbed = await finished(client, startProcess(client, DEGREE, 6));
  const job = await startProcess(client, DEGREE, 6);
  const { sending, answer } = slowUpload(url, token);
  await underWay(sending);
  await inTheMiddle(client, job.id, 0.2);
  const asked = performance.now();
  const stopped = server?.stop();
  await sleep(500);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  for (let part = 0; part < 10; part++) {
    sending.write(CHUNK);
    await sleep(100);
  }
  sending.end();
  const stored = await answer;
  expect(stored.statusCode).toBe(201);
  const { data_source } = await bodyOf(stored);
  expect(await stopped).toBe(0);
  expect((performance.now() - asked) / 1000).toBeLessThan(GRACE_SECONDS);
  expect(await temporaryFiles()).toEqual([]);
  await expectConsistent();

  const again = await start();
  const resumed = await followJob(again.client, job.id);
  expect(resumed).toMatchObject({ status: 'completed', attempt: 2 });
  const hashOf = ({ result }: { result: unknown }) => (result as { content_hash: string }).content_hash;
  expect(hashOf(resumed as { result: unknown })).toBe(hashOf(undisturbed as { result: unknown }));
  // the upload is there to be used: it is found, and is no table
  const table = { kind: 'orbit', frame: 'celestial', time_scale: 'GPS', satellite: 'GRACE-C' };
  const ingest = { data_source, data_type: 'table', table, satellites: ['GRACE-C'] };
  const interval = { start_time: '2021-07-17T00:00:00Z', end_time: '2021-07-18T00:00:00Z' };
  const used = await fetch(`${again.url}/ops/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${again.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...ingest, ...interval, validate_data: true }),
  });
  expect(used.status, await used.text()).toBe(201);
  expect(await server?.stop()).toBe(0);
  await expectConsistent();
}, 240_000);

test('SIGTERM: an upload that does not end is cut off after the grace time, and nothing of it is left', async () => {
  const { token, url } = await start();
  const before = await filesIn(join(dataDir(), 'objects'));
  const { sending, answer } = slowUpload(url, token);
  await underWay(sending);
  const asked = performance.now();
  const stopped = server?.stop();
  await expect(answer).rejects.toThrow();
  expect(await stopped).toBe(0);
  expect((performance.now() - asked) / 1000).toBeLessThan(GRACE_SECONDS);
  expect(await filesIn(join(dataDir(), 'objects'))).toEqual(before);
  await expectConsistent();
});

test('SIGKILL in the middle of an upload: the next start sweeps away what is left of it', async () => {
  const { token, url } = await start();
  const before = await filesIn(join(dataDir(), 'objects'));
  const { sending, answer } = slowUpload(url, token);
  await underWay(sending);
  await server?.kill();
  await expect(answer).rejects.toThrow();
  expect(await temporaryFiles()).toHaveLength(1);
  await start();
  expect(await temporaryFiles()).toEqual([]);
  expect(await filesIn(join(dataDir(), 'objects'))).toEqual(before);
  expect(await server?.stop()).toBe(0);
  await expectConsistent();
});
