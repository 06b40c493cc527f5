import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GravityClient } from '@gravity/cli';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../apps/server/test/services/postgres.js';
import { ended, finished, hashes, inTheMiddle, startIngest, startProcess } from '../support/journey.js';
import { simulateDay, temporaryFolder } from '../support/mission.js';
import {
  accessToken,
  runCommand,
  type ServerProcess,
  signIn,
  spawnServer,
} from '../support/server-process.js';

const DEGREE = 30;
const ARC_HOURS = 4;
/** Twice the lease of 5 s set here; by default a lease is 60 s. */
const OUTAGE_MS = 10_000;
/** An answer in time: the connection is refused at once. */
const QUICK_MS = 3_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let postgres: PostgresServer;
let server: ServerProcess;
let client: GravityClient;
let token: string;
let env: Record<string, string>;
const level1b = () => join(folder.path, 'level1b');
const dataDir = () => join(folder.path, 'data');

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
  postgres = await startPostgres();
  env = {
    DATABASE_URL: await postgres.createDatabase(),
    GRAVITY_DATA_DIR: dataDir(),
    GRAVITY_LEASE_SECONDS: '5',
    GRAVITY_CHECKPOINT_SECONDS: '0',
    GRAVITY_LOG_LEVEL: 'fatal',
  };
  server = await spawnServer({ dataDir: dataDir(), fileSources: [level1b()], env });
  client = await signIn(server.url);
  token = await accessToken(server.url);
}, 240_000);
afterAll(async () => {
  await server?.kill();
  await postgres?.remove();
  await folder.remove();
});

interface Timed {
  readonly status: number;
  readonly id: string;
  readonly retryAfter: string | null;
  readonly milliseconds: number;
  readonly body: Record<string, unknown>;
}

async function ask(method: 'GET' | 'POST', path: string, json?: unknown): Promise<Timed> {
  const began = performance.now();
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const body = (await answer.json()) as Record<string, unknown>;
  return {
    status: answer.status,
    id: answer.headers.get('x-request-id') ?? '',
    retryAfter: answer.headers.get('retry-after'),
    milliseconds: performance.now() - began,
    body,
  };
}
const makeLink = () => ask('POST', '/ops/uploads', { file_name: 'a.txt', bytes: 10 });

test('PostgreSQL away for longer than a lease: 503 at once, then all goes on by itself, and nothing is lost', async () => {
  await finished(client, startIngest(client, level1b()));
  const undisturbed = await hashes(client, await finished(client, startProcess(client, DEGREE, ARC_HOURS)));
  const job = await startProcess(client, DEGREE, ARC_HOURS);
  await inTheMiddle(client, job.id, 0.2);
  const accepted: string[] = [];
  for (let count = 0; count < 30; count++) {
    const { status, id } = await makeLink();
    expect(status).toBe(201);
    accepted.push(id);
  }
  await postgres.kill();

  const refused: string[] = [];
  const back = performance.now() + OUTAGE_MS;
  while (performance.now() < back) {
    const answers = await Promise.all([ask('GET', '/auth/me'), ask('GET', '/ops/jobs'), makeLink()]);
    for (const { status, retryAfter, milliseconds, body } of answers) {
      expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '5' });
      expect(milliseconds).toBeLessThan(QUICK_MS);
      expect(body).toMatchObject({ type: 'urn:gravity-processing-backend:problem:unavailable' });
    }
    refused.push(answers[2].id);
    await sleep(300);
  }
  const health = await ask('GET', '/health');
  expect(health).toMatchObject({
    status: 503,
    body: { status: 'down', checks: { database: { status: 'down' } } },
  });
  expect((await ask('GET', '/health/ready')).status).toBe(503);
  expect((await ask('GET', '/health/live')).status).toBe(200);

  await postgres.start();
  const up = performance.now();
  while ((await ask('GET', '/health')).status !== 200) await sleep(100);
  expect((await makeLink()).status).toBe(201);
  expect(performance.now() - up).toBeLessThan(10_000);
  const done = await ended(() => client, job.id, 120_000);
  expect(done).toMatchObject({ status: 'completed' });
  expect(await hashes(client, done)).toEqual(undisturbed);
  console.log(`attempt ${(done as { attempt?: number }).attempt} completed the job`);

  // the process is still the same one
  expect(server.child.exitCode).toBeNull();
  expect(await server.stop()).toBe(0);
  const exported = await runCommand(['audit', 'export'], { env });
  const rows = exported.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { request_id: string; status: number });
  const statusesOf = (id: string) => rows.filter((row) => row.request_id === id).map(({ status }) => status);
  for (const id of accepted) expect(statusesOf(id)).toEqual([201]);
  for (const id of refused) expect(statusesOf(id)).toEqual([503]);
  const verified = await runCommand(['audit', 'verify', '--json'], { env });
  expect(JSON.parse(verified.stdout)).toMatchObject({ findings: [], intact: true, rows: rows.length });
  const check = await runCommand(['check', '--json'], { env });
  expect(JSON.parse(check.stdout)).toMatchObject({ consistent: true, examples: [] });
}, 240_000);
