import {
  openDatabase,
  type RunningServer,
  type RunningWorker,
  type ServerConfig,
  startServer,
  startWorker,
  type Task,
  type TaskRegistry,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, testConfig, waitFor } from '../helpers.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { freePort } from '../services/process.js';
import { type RedisServer, startRedis } from '../services/redis.js';

const PASSWORD = 'correct horse battery';

describe('two API processes, a worker, the task monitor', () => {
  const folder = temporaryFolder();
  const logLines: string[] = [];
  const logStream = { write: (line: string) => void logLines.push(line) };
  let postgres: PostgresServer;
  let redis: RedisServer;
  let base: ServerConfig;
  let first: RunningServer;
  let second: RunningServer;
  let worker: RunningWorker;
  let admin: string;
  let operator: string;
  let endJob = (): void => {};

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    base = testConfig(folder.path, {
      databaseUrl: await postgres.createDatabase(),
      redisUrl: redis.url,
      port: 0,
      bcryptCost: 4,
      queues: [],
    });
    first = await startServer({ ...base, monitorPort: await freePort() }, { logStream });
    // The port of the first one's monitor is in use: the second goes on without.
    second = await startServer(
      { ...base, monitorPort: Number(new URL(first.monitorUrl ?? '').port) },
      { logStream },
    );
    const task: Task = async (context) => {
      context.progress(0.25, 'a quarter');
      await new Promise<void>((resolve, reject) => {
        endJob = resolve;
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      });
      await context.finalize(async () => ({ done: true }));
    };
    const registry: TaskRegistry = { plan: task, ingest: task, process: task, catalog: task };
    worker = await startWorker(
      { ...base, queues: ['plan'], jobConcurrency: 1 },
      { port: 0, logStream, registry },
    );
    admin = await logIn('root');
    operator = await logIn('olga');
  });
  afterAll(async () => {
    await Promise.all([worker.close(500), first.close(), second.close()]);
    await Promise.all([postgres.remove(), redis.remove()]);
    folder.remove();
  });

  async function logIn(username: string): Promise<string> {
    const json = { 'content-type': 'application/json' };
    await fetch(`${first.url}/auth/register`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ username, email: `${username}@example.org`, password: PASSWORD }),
    });
    const answer = await fetch(`${second.url}/auth/token`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ username, password: PASSWORD }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    return access_token;
  }

  const plan = (token: string, more: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${first.url}/ops/plan`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: JSON.stringify({
        start_time: '2025-01-01T00:00:00Z',
        end_time: '2025-01-02T00:00:00Z',
        satellites: ['GRACE-C', 'GRACE-D'],
        degree_max: 20,
        ...more,
      }),
    });

  const monitor = (
    path: string,
    user?: string,
    password = PASSWORD,
    init: RequestInit = {},
  ): Promise<Response> =>
    fetch(`${first.monitorUrl}${path}`, {
      ...init,
      ...(user !== undefined && {
        headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      }),
    });

  it('a job sent to one API is run by the worker, and the other API streams its progress within a second', async () => {
    const created = await plan(operator);
    expect(created.status).toBe(201);
    const job = (await created.json()) as { id: string; priority: number };
    expect(job.priority).toBe(5);
    const stream = await fetch(`${second.url}/ops/jobs/${job.id}/events`, {
      headers: { authorization: `Bearer ${operator}`, accept: 'text/event-stream' },
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) text += Buffer.from(chunk).toString();
    })();
    await waitFor('progress', async () => text.includes('a quarter'), 10_000);
    const metrics = await (await fetch(`${second.url}/metrics`)).text();
    expect(metrics).toContain('gravity_queue_depth{queue="plan",state="running"} 1');
    expect(metrics).toContain('gravity_queue_depth{queue="arcs",state="pending"} 0');
    expect(metrics).toContain('gravity_workers{queue="plan"} 1');
    expect(metrics).toContain('gravity_workers{queue="process"} 0');
    const begin = performance.now();
    endJob();
    await reading;
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(text).toContain('event: end\ndata: {"status":"completed"}');
  });

  it('takes a priority that is not among the parameters; above 5 only from admins', async () => {
    const refused = await plan(operator, { priority: 4 });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ errors: [{ field: 'priority' }] });
    for (const priority of [0, 11, 2.5]) expect((await plan(admin, { priority })).status).toBe(422);
    const jobs: { id: string; priority: number; parameters: object }[] = [];
    for (const [token, priority] of [
      [admin, 1],
      [operator, 10],
    ] as const) {
      const answer = await plan(token, { priority });
      expect(answer.status).toBe(201);
      jobs.push((await answer.json()) as (typeof jobs)[number]);
    }
    expect(jobs.map(({ priority }) => priority)).toEqual([1, 10]);
    expect(jobs[0]?.parameters).toEqual(jobs[1]?.parameters);
    expect(jobs[0]?.parameters).not.toHaveProperty('priority');
    const key = { 'idempotency-key': 'with-priority' };
    expect((await plan(operator, { priority: 6 }, key)).status).toBe(201);
    expect((await plan(operator, { priority: 6 }, key)).headers.get('idempotency-replayed')).toBe('true');
    expect((await plan(operator, { priority: 7 }, key)).status).toBe(422);
  });

  it('shows the queues to admins only, and lets nobody change them', async () => {
    for (const [path, user, password, status] of [
      ['/', undefined, PASSWORD, 401],
      ['/api/queues', undefined, PASSWORD, 401],
      ['/static/js/nothing.js', undefined, PASSWORD, 401],
      ['/', 'root', 'wrong password', 401],
      ['/', 'nobody', PASSWORD, 401],
      ['/', 'olga', PASSWORD, 403],
      ['/api/queues', 'olga', PASSWORD, 403],
      ['/', 'root', PASSWORD, 200],
    ] as const) {
      const answer = await monitor(path, user, password);
      expect([path, user, answer.status]).toEqual([path, user, status]);
      if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(answer.headers.get('x-frame-options')).toBeTruthy();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const page = await (await monitor('/', 'root')).text();
    expect(page).toContain('Gravity task monitor');
    for (const [, asset] of page.matchAll(/(?:src|href)="(static\/[^"]+)"/g)) {
      expect((await monitor(`/${asset}`, 'root')).status).toBe(200);
    }
    const { queues } = (await (await monitor('/api/queues?activeQueue=plan', 'root')).json()) as {
      queues: { name: string; readOnlyMode: boolean; jobs: { name: string; returnValue: unknown }[] }[];
    };
    expect(queues.map(({ name }) => name)).toEqual(['plan', 'ingest', 'process', 'catalog', 'arcs']);
    const history = queues[0]?.jobs.map(({ returnValue }) => returnValue);
    expect(history).toContainEqual({ status: 'completed', attempt: 1 });
    for (const path of [
      '/api/queues/plan/pause',
      '/api/queues/plan/clean/completed',
      '/api/queues/plan/empty',
    ]) {
      expect((await monitor(path, 'root', PASSWORD, { method: 'PUT' })).status).toBe(405);
    }
    await monitor('/api/queues/pause', 'root', PASSWORD, { method: 'PUT' });
    const after = (await (await monitor('/api/queues', 'root')).json()) as {
      queues: { isPaused: boolean }[];
    };
    expect(after.queues.every(({ isPaused }) => !isPaused)).toBe(true);
    expect(logLines.join('')).toContain('the task monitor could not be started');
    expect(second.monitorUrl).toBeUndefined();
  });

  it('notices at once that an admin is none any more, and ends guessing', async () => {
    const db = await openDatabase(base);
    try {
      expect((await monitor('/', 'root')).status).toBe(200);
      await sql`update users set disabled = true where username = 'root'`.execute(db.kysely);
      expect((await monitor('/', 'root')).status).toBe(401);
      await sql`update users set disabled = false, role = 'viewer' where username = 'root'`.execute(
        db.kysely,
      );
      expect((await monitor('/', 'root')).status).toBe(403);
      await sql`update users set role = 'admin' where username = 'root'`.execute(db.kysely);
      expect((await monitor('/', 'root')).status).toBe(200);
    } finally {
      await db.close();
    }
    const statuses: number[] = [];
    for (let index = 0; index < 12; index++)
      statuses.push((await monitor('/', 'olga', `guess ${index}`)).status);
    expect(statuses.slice(0, 9).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(-2)).toEqual([429, 429]);
  });

  it('a worker says what it misses', async () => {
    const { databaseUrl: _url, redisUrl: _redis, ...embedded } = base;
    await expect(startWorker({ ...embedded, queues: ['plan'] })).rejects.toThrow(/DATABASE_URL/);
    const { redisUrl: _none, ...withoutRedis } = base;
    await expect(startWorker({ ...withoutRedis, queues: ['plan'] })).rejects.toThrow(/REDIS_URL/);
    await expect(startWorker({ ...base, queues: [] })).rejects.toThrow(/GRAVITY_QUEUES/);
  });
});
