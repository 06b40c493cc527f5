import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, type GravityClient, type Job } from '@gravity/cli';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { finished, inTheMiddle, startIngest, startProcess } from './support/journey.js';
import { simulateDay, temporaryFolder } from './support/mission.js';
import { runCommand, type ServerProcess, signIn, spawnServer } from './support/server-process.js';

const DEGREE = 20;
const HOUR = 3600;
const PRELOAD = new URL('./support/clock-preload.mjs', import.meta.url);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
const level1b = () => join(folder.path, 'level1b');
const dataDir = () => join(folder.path, 'data');

/** Puts the clock of the server, its database and its workers on or back; takes effect within 20 ms. */
function putClock(seconds: number): void {
  const path = join(folder.path, 'offset');
  writeFileSync(`${path}.new`, String(seconds));
  renameSync(`${path}.new`, path);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
  putClock(0);
  server = await spawnServer({
    dataDir: dataDir(),
    fileSources: [level1b()],
    env: {
      NODE_OPTIONS: `--import=${PRELOAD.href}`,
      CLOCK_OFFSET_FILE: join(folder.path, 'offset'),
      GRAVITY_LEASE_SECONDS: '5',
      GRAVITY_CHECKPOINT_SECONDS: '0',
    },
  });
});
afterAll(async () => {
  await server?.kill();
  await folder.remove();
});

afterEach(() => putClock(0));

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function post(path: string, body: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
const statusOfMe = async ({ access_token }: Tokens): Promise<number> =>
  (await fetch(`${server.url}/auth/me`, { headers: { authorization: `Bearer ${access_token}` } })).status;
const eventsOf = async (client: GravityClient, id: string) =>
  (
    await client.transport.json<{ events: { kind: string; message: string; time: string }[] }>(
      `/ops/jobs/${id}/events?limit=1000`,
    )
  ).events;

test('a running job goes on through jumps of the clock, in one attempt, and its progress is told all the time', async () => {
  const client = await signIn(server.url);
  await finished(client, startIngest(client, level1b()));
  const undisturbed = (await finished(client, startProcess(client, DEGREE, 6))) as Job & { attempt: number };
  const job = await startProcess(client, DEGREE, 6);
  await inTheMiddle(client, job.id, 0.1);
  // half an hour: the token of this client is to live on
  for (const seconds of [0.4 * HOUR, 0, -HOUR]) {
    putClock(seconds);
    await sleep(50);
    const before = (await eventsOf(client, job.id)).length;
    await expect
      .poll(async () => (await eventsOf(client, job.id)).length, { timeout: 20_000, interval: 200 })
      .toBeGreaterThan(before);
  }
  const done = (await followJob(client, job.id)) as Job & { attempt: number };
  putClock(0);
  expect(done).toMatchObject({ status: 'completed', attempt: 1 });
  const hashOf = ({ result }: Job) => (result as { content_hash: string }).content_hash;
  expect(hashOf(done)).toBe(hashOf(undisturbed));
  const starts = (await eventsOf(client, job.id)).filter(({ message }) =>
    /^Attempt \d+ started/.test(message),
  );
  expect(starts).toHaveLength(1);
});

test('an hour on, access tokens are expired and refresh tokens are not; put back, both are taken', async () => {
  await signIn(server.url, 'traveller');
  const login = { username: 'traveller', password: 'a long enough password' };
  const first = (await (await post('/auth/token', login)).json()) as Tokens;
  putClock(HOUR);
  await sleep(50);
  expect(await statusOfMe(first)).toBe(401);
  const refreshed = await post('/auth/refresh', { refresh_token: first.refresh_token });
  expect(refreshed.status).toBe(200);
  const second = (await refreshed.json()) as Tokens;
  expect(await statusOfMe(second)).toBe(200);
  putClock(0);
  await sleep(50);
  // issued in what is now the future
  expect(await statusOfMe(second)).toBe(200);
  expect(await statusOfMe(first)).toBe(200);
  // a spent refresh token stays spent
  expect((await post('/auth/refresh', { refresh_token: first.refresh_token })).status).toBe(401);
});

test('the chain of the audit log verifies, with all rows of before, between and after', async () => {
  const client = await signIn(server.url);
  const began = Date.now();
  for (const seconds of [HOUR, -HOUR, 0]) {
    putClock(seconds);
    await sleep(50);
    await post('/auth/token', { username: `nobody${seconds + HOUR}`, password: 'wrong' });
    await sleep(400);
  }
  await client.jobs();
  expect(await server.stop()).toBe(0);
  const { stdout, code } = await runCommand(['audit', 'verify', '--data-dir', dataDir(), '--json']);
  expect(code, stdout).toBe(0);
  const report = JSON.parse(stdout) as { intact: boolean; rows: number };
  expect(report.intact).toBe(true);
  const exported = await runCommand(['audit', 'export', '--data-dir', dataDir()]);
  const rows = exported.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string; status: number; time: string });
  expect(rows).toHaveLength(report.rows);
  // each with the time its clock had
  const refused = rows.filter(({ action, status }) => action === 'login' && status === 401);
  const hours = refused.map(({ time }) => Math.round((Date.parse(time) - began) / HOUR / 1000));
  expect(hours.sort((a, b) => a - b)).toEqual([-1, 0, 1]);
  const check = await runCommand(['check', '--data-dir', dataDir(), '--json']);
  expect(JSON.parse(check.stdout)).toMatchObject({ consistent: true, examples: [] });
});
