import { type ArcRunner, type BullTransport, claimArc, openBullTransport, submitArcs } from '@gravity/server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChildScript, startScript } from '../child.js';
import { waitFor } from '../helpers.js';
import {
  insertJob,
  openTestServer,
  type ProcessResult,
  runJob,
  type TestServer,
} from '../process/support.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { type RedisServer, startRedis } from '../services/redis.js';
import { describeArcMoves } from './arc-moves-contract.js';
import {
  arcRows,
  ENGINE,
  requestCancel,
  runDistributed,
  startArcs,
  stubParameters,
  stubSource,
  stubTask,
} from './support.js';

const LEASE_SECONDS = 2;

let postgres: PostgresServer;
let redis: RedisServer;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
});
afterAll(async () => {
  await Promise.all([postgres?.remove(), redis?.remove()]);
});

const openOnPostgres = async (): Promise<TestServer> =>
  openTestServer({ databaseUrl: await postgres.createDatabase(), leaseSeconds: LEASE_SECONDS });

describe('arcs on PostgreSQL', () => {
  describeArcMoves(openOnPostgres);

  it('are claimed once each by many connections at once', async () => {
    const server = await openOnPostgres();
    const jobId = await insertJob(server, 'process', {});
    const tickets = Array.from({ length: 60 }, (_, arc) => ({
      pass: 1,
      arc,
      inputsHash: 'x',
      checkpointKey: 'x',
      payload: {},
    }));
    await submitArcs(server.db.kysely, { jobId, attempt: 1 }, tickets);
    const claimed = await Promise.all(
      Array.from({ length: 80 }, (_, i) => claimArc(server.db.kysely, `w${i}`, 60)),
    );
    const arcs = claimed.flatMap((row) => (row ? [row.arc] : []));
    // "Skip locked" may pass over an arc that another connection takes back; none is given twice.
    expect(new Set(arcs).size).toBe(arcs.length);
    expect(arcs.length).toBe(60);
    await server.close();
  });
});

describe('workers in processes of their own', () => {
  let server: TestServer;
  let transport: BullTransport;
  let databaseUrl: string;
  const runners: ArcRunner[] = [];
  const children: ChildScript[] = [];

  beforeAll(async () => {
    databaseUrl = await postgres.createDatabase();
    server = await openTestServer({ databaseUrl, redisUrl: redis.url, leaseSeconds: LEASE_SECONDS });
    transport = await openBullTransport(server.config);
  });
  afterAll(async () => {
    await transport?.close();
    await server?.close();
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await Promise.all(runners.splice(0).map((runner) => runner.stop(2000)));
  });

  const here = (marks: readonly (number | undefined)[]): ArcRunner => {
    const computer = { engineModule: ENGINE, arcSource: stubSource(marks) };
    const runner = startArcs(server, transport, { computer });
    runners.push(runner);
    return runner;
  };

  async function elsewhere(
    marks: readonly (number | undefined)[],
  ): Promise<ChildScript & { readonly id: string }> {
    const settings = {
      dataDir: server.config.dataDir,
      databaseUrl,
      redisUrl: redis.url,
      marks,
      leaseSeconds: LEASE_SECONDS,
    };
    const child = startScript('./arcs/arc-child.mjs', JSON.stringify(settings));
    children.push(child);
    await child.line((lines) => lines.some((line) => line.startsWith('worker ')));
    return { ...child, id: child.lines[0].slice('worker '.length) };
  }

  it('killed in the middle of an arc: another does it, once, and the bytes are those of one process', async () => {
    const marks = [1300, 1301, 1302, 404, 1303, undefined, 1304];
    const parameters = stubParameters(marks.length);
    const embedded = await runJob<ProcessResult>(server, 'process', stubTask(marks), parameters);
    const child = await elsewhere(marks);
    here(marks);
    const job = await runDistributed(server, transport, stubTask(marks), parameters);
    const mine = (rows: Awaited<ReturnType<typeof arcRows>>) =>
      rows.find((row) => row.status === 'running' && row.worker_id === child.id);
    const victim = await waitFor('an arc at work in the child', async () =>
      mine(await arcRows(server, job.id)),
    );
    await child.kill();
    let last: Awaited<ReturnType<typeof arcRows>> = [];
    const again = await waitFor('the arc done again', async () => {
      last = await arcRows(server, job.id);
      const row = last.find(({ arc }) => arc === victim.arc);
      return row?.status === 'completed' && row;
    });
    expect(again.attempt).toBe(2);
    expect(again.result?.worker).toBe(runners[0].workerId);
    const result = await job.done;
    expect(last).toHaveLength(marks.length);
    expect(result.products.map(({ sha256 }) => sha256)).toEqual(
      embedded.result.products.map(({ sha256 }) => sha256),
    );
  });

  it('all stop within two seconds of a cancel', async () => {
    const marks = [666, 666];
    const child = await elsewhere(marks);
    const runner = here(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(2));
    await waitFor(
      'both at work',
      async () => runner.running.length === 1 && /\d$/.test(child.lines.at(-1) ?? ''),
    );
    await requestCancel(server, job.id);
    const asked = Date.now();
    // As the runner of the parent does on the message of the service.
    job.abort.abort(new Error('cancelled'));
    await expect(job.done).rejects.toThrow('cancelled');
    await waitFor(
      'both idle',
      async () => runner.running.length === 0 && child.lines.at(-1) === 'at work ',
      3000,
    );
    // The threads never look up: they are ended after a second's grace.
    expect(Date.now() - asked).toBeLessThan(3000);
    expect(await arcRows(server, job.id)).toEqual([]);
  });

  it('finish a job although Redis loses everything in its middle', async () => {
    const marks = [1200, 1201, 2, 3, 4, 5, 6, 7];
    here(marks);
    await elsewhere(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(marks.length));
    await waitFor('an arc at work', async () => runners[0].running.length === 1);
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    expect((await job.done).quality.arcs_used).toBe(marks.length);
  });

  it('finish a job while Redis is away', async () => {
    const marks = [1200, 1201, 2, 3, 4];
    here(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(marks.length));
    await waitFor('an arc at work', async () => runners[0].running.length === 1);
    await redis.kill();
    expect((await job.done).quality.arcs_used).toBe(marks.length);
    await redis.start();
  });

  it('go on after PostgreSQL was started again', async () => {
    const marks = [1200, 1201, 2, 3, 4];
    here(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(marks.length));
    await waitFor('an arc at work', async () => runners[0].running.length === 1);
    await postgres.kill();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await postgres.start();
    expect((await job.done).quality.arcs_used).toBe(marks.length);
  });
});
