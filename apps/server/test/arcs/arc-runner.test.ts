import { ArcRefusedError, type ArcRunner, createArcComputer, type ObjectStore } from '@gravity/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers.js';
import {
  insertJob,
  keysOf,
  openTestServer,
  type ProcessResult,
  runJob,
  type TestServer,
} from '../process/support.js';
import { createMemoryTransport, type MemoryTransport } from './memory-transport.js';
import {
  arcRows,
  ENGINE,
  requestCancel,
  runAttempt,
  runDistributed,
  startArcs,
  stubParameters,
  stubSource,
  stubTask,
  type WorkerOptions,
} from './support.js';

let server: TestServer;
let transport: MemoryTransport;
let runners: ArcRunner[];
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());
beforeEach(() => {
  transport = createMemoryTransport();
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop(2000)));
  await server.db.kysely.deleteFrom('process_arcs').execute();
});

function start(marks: readonly (number | undefined)[], options: WorkerOptions = {}): ArcRunner {
  const computer = { engineModule: ENGINE, arcSource: stubSource(marks), ...options.computer };
  const runner = startArcs(server, transport, { ...options, computer });
  runners.push(runner);
  return runner;
}

const shas = ({ products }: ProcessResult) => products.map(({ kind, sha256 }) => `${kind} ${sha256}`);
const workersOf = async (id: string) => (await arcRows(server, id)).map(({ result }) => result?.worker);

describe('arcs of a job', () => {
  it('are shared by two workers; bad arcs, counts and bytes are those of a run in one process', async () => {
    const marks = [3, 404, undefined, 2, 1000, 1001, 7, 1002];
    const parameters = stubParameters(8, { iterations: 2 });
    const embedded = await runJob<ProcessResult>(server, 'process', stubTask(marks), parameters);

    const both = [start(marks), start(marks)];
    const job = await runDistributed(server, transport, stubTask(marks), parameters);
    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const { workerId, running } of both) if (running.length > 0) seen.add(workerId);
    }, 20);
    const result = await job.done;
    clearInterval(watch);
    expect(seen.size).toBe(2);
    expect(result.recipe_hash).toBe(embedded.result.recipe_hash);
    expect(shas(result)).toEqual(shas(embedded.result));
    expect(result.skipped_arcs).toEqual(embedded.result.skipped_arcs);
    expect(result.quality).toEqual(embedded.result.quality);
    const fractions = job.progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(
      job.progress.some(({ message }) => /pass 1 of 2: \d of 8 arcs done, \d at work/.test(message)),
    ).toBe(true);
    // Nothing is left of it.
    expect(await arcRows(server, job.id)).toEqual([]);
    expect(await keysOf(server, 'processed-data', 'checkpoints/')).toEqual([]);
    expect(await keysOf(server, 'processed-data', 'passes/')).toEqual([]);
  });

  it('go on while the one who sums them is dead, and are not done twice', async () => {
    // Milliseconds that the arcs take.
    const marks = [1, 3000, 2, 3000];
    const parameters = stubParameters(4);
    start(marks);
    const id = await insertJob(server, 'process', parameters);
    const first = runAttempt(server, transport, stubTask(marks), parameters, id);
    await waitFor('one arc done', async () =>
      (await arcRows(server, id)).some((row) => row.status === 'completed'),
    );
    first.abort.abort(new Error('killed'));
    await expect(first.done).rejects.toThrow('killed');
    await server.db.kysely
      .updateTable('processing_jobs')
      .set({ status: 'pending', lease_until: null, updated_at: new Date() })
      .where('id', '=', id)
      .execute();
    await waitFor('all arcs done', async () =>
      (await arcRows(server, id)).every((row) => row.status === 'completed'),
    );
    expect((await arcRows(server, id)).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
    await server.db.kysely
      .updateTable('processing_jobs')
      .set({
        status: 'running',
        attempt: 2,
        lease_until: new Date(Date.now() + 60_000),
        updated_at: new Date(),
      })
      .where('id', '=', id)
      .execute();
    const again = Date.now();
    const second = runAttempt(server, transport, stubTask(marks), parameters, id, 2);
    expect((await second.done).quality.arcs_used).toBe(4);
    // To do one of the slow ones again would take as long as it does.
    expect(Date.now() - again).toBeLessThan(3000);
  });

  it('that fail again and again end the job with the arc, its time and the last error', async () => {
    const marks = [1, 500, 2000];
    start(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(3));
    await expect(job.done).rejects.toMatchObject({
      code: 'arc_failed',
      message:
        'arc 2 of 3 (2023-06-01T01:00:00Z to 2023-06-01T02:00:00Z) could not be computed: the machine is on fire',
    });
    expect(transport.sent.filter(({ data }) => data.arc === 1)).toHaveLength(3);
    expect(await arcRows(server, job.id)).toEqual([]);
    await waitFor('the other arc given up', async () => runners[0].running.length === 0, 2000);
  });

  it('are computed by the one who sums when a checkpoint is lost', async () => {
    const marks = [1, 2, 3];
    const put: ObjectStore['put'] = async (bucket, key, data, options) => {
      const stored = await server.objects.put(bucket, key, data, options);
      if (key.endsWith('/00001')) await server.objects.delete(bucket, key);
      return stored;
    };
    const objects: ObjectStore = Object.assign(Object.create(server.objects), { put });
    start(marks, { computer: { objects } });
    const embedded = await runJob<ProcessResult>(server, 'process', stubTask(marks), stubParameters(3));
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(3));
    expect(shas(await job.done)).toEqual(shas(embedded.result));
    expect(job.logs.join()).toContain('arc 2 is computed again');
  });
});

describe('a cancel', () => {
  it('stops computations that never look up on all machines within seconds, without any message', async () => {
    const marks = [666, 666, 666];
    const both = [start(marks), start(marks)];
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(3));
    await waitFor('two arcs at work', async () => both.every(({ running }) => running.length === 1));
    transport.cut();
    await requestCancel(server, job.id);
    const asked = Date.now();
    // The heartbeat notices and the thread, which hears nothing, is ended after a second.
    await waitFor('both given up', async () => both.every(({ running }) => running.length === 0), 3500);
    expect(Date.now() - asked).toBeLessThan(3500);
    job.abort.abort(new Error('cancelled'));
    await expect(job.done).rejects.toThrow('cancelled');
    expect(await arcRows(server, job.id)).toEqual([]);
    expect(await keysOf(server, 'processed-data', 'passes/')).toEqual([]);
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Two computations would take all of it or more; collecting garbage and polling take some.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(300);
  });

  it('is heard at once where messages come through', async () => {
    const marks = [666];
    const heard = new Set<(id: string) => void>();
    const runner = start(marks, {
      heartbeatMs: 60_000,
      bus: {
        onCancel: (listener) => {
          heard.add(listener);
          return () => heard.delete(listener);
        },
      },
    });
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(1));
    await waitFor('an arc at work', async () => runner.running.length === 1);
    await requestCancel(server, job.id);
    for (const listener of heard) listener(job.id);
    await waitFor('given up', async () => runner.running.length === 0, 2000);
    job.abort.abort(new Error('cancelled'));
    await expect(job.done).rejects.toThrow('cancelled');
  });
});

describe('workers', () => {
  it('hand back at a stop what they were at, uncounted, and another one does it', async () => {
    const marks = [1500, 1];
    const first = start(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(2));
    await waitFor('an arc at work', async () => first.running.length === 1);
    const stopped = Date.now();
    await first.stop(5000);
    expect(Date.now() - stopped).toBeLessThan(1500);
    expect((await arcRows(server, job.id))[0]).toMatchObject({
      status: 'pending',
      attempt: 1,
      max_attempts: 4,
    });
    start(marks);
    expect((await job.done).quality.arcs_used).toBe(2);
  });

  it('finish a job while the queue is away, and after it has lost everything', async () => {
    const marks = [1000, 2, 3, 1000, 4, 5];
    start(marks);
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(6));
    await waitFor('an arc at work', async () => runners[0].running.length === 1);
    transport.cut();
    transport.flush();
    await waitFor('arcs done without the queue', async () => {
      return (await arcRows(server, job.id)).filter(({ status }) => status === 'completed').length >= 3;
    });
    transport.mend();
    expect((await job.done).quality.arcs_used).toBe(6);
  });

  it('are sent again what the queue has lost', async () => {
    const marks = [1, 2];
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(2));
    await waitFor('sent', async () => transport.sent.length === 2);
    transport.flush();
    start(marks, { pollIntervalMs: 60_000 });
    expect((await job.done).quality.arcs_used).toBe(2);
    expect(transport.sent.length).toBeGreaterThan(2);
  });

  it('that would get other bits leave arcs to those that get the right ones', async () => {
    const marks = [1, 2, 3];
    const refusing = start(marks, {
      createComputer: () => ({
        compute: (work) =>
          Promise.reject(new ArcRefusedError(String(work.payload.requires), 'another machine')),
        close: async () => {},
      }),
    });
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(3));
    await waitFor('one handed back', async () =>
      (await arcRows(server, job.id)).some(({ max_attempts }) => max_attempts === 4),
    );
    const fitting = start(marks);
    const ended = waitFor('ended rows', async () => {
      const workers = await workersOf(job.id);
      return workers.some((worker) => worker !== undefined) && workers;
    });
    expect((await ended).every((worker) => worker === undefined || worker === fitting.workerId)).toBe(true);
    expect((await job.done).quality.arcs_used).toBe(3);
    expect(refusing.running).toEqual([]);
  });

  it('end arcs of dead workers and remove those of ended jobs', async () => {
    const marks = [1, 2];
    const job = await runDistributed(server, transport, stubTask(marks), stubParameters(2));
    await waitFor('rows', async () => (await arcRows(server, job.id)).length === 2);
    await server.db.kysely
      .updateTable('process_arcs')
      .set({
        status: 'running',
        attempt: 1,
        worker_id: 'dead',
        lease_until: new Date(Date.now() - 1000),
        updated_at: new Date(),
      })
      .where('arc', '=', 1)
      .execute();
    start(marks);
    expect((await job.done).quality.arcs_used).toBe(2);

    const left = await insertJob(server, 'process', {}, 'completed');
    await server.db.kysely
      .updateTable('processing_jobs')
      .set({ updated_at: new Date(Date.now() - 60_000) })
      .where('id', '=', left)
      .execute();
    await server.objects.put('processed-data', 'checkpoints/left/1', Buffer.from('x'));
    await server.db.kysely
      .insertInto('process_arcs')
      .values({
        job_id: left,
        pass: 1,
        arc: 0,
        status: 'completed',
        inputs_hash: 'x',
        checkpoint_key: 'checkpoints/left/1',
        payload: '{}',
        rank: 0,
        updated_at: new Date(),
      })
      .execute();
    await waitFor('the leftovers gone', async () => (await arcRows(server, left)).length === 0);
    expect(await keysOf(server, 'processed-data', 'checkpoints/left/')).toEqual([]);
  });
});

describe('a computer', () => {
  const work = (payload: Record<string, unknown>) => ({
    inputsHash: 'x',
    checkpointKey: 'x',
    payload: {
      requires: 'another software',
      backend: 'wasm',
      threads: 1,
      passKey: 'x',
      passSha256: 'x',
      index: 0,
      last: true,
      startGpsSeconds: 0,
      endGpsSeconds: 1,
      ...payload,
    },
  });
  const refusal = async (payload: Record<string, unknown>, threads = 1) => {
    const computer = createArcComputer({
      ...server,
      config: { linearAlgebraBackend: 'auto', threads },
      engineModule: ENGINE,
    });
    try {
      return await computer
        .compute(work(payload), new AbortController().signal, () => {})
        .catch((error) => error);
    } finally {
      await computer.close();
    }
  };

  it('refuses what it would compute with other bits, and says why', async () => {
    expect(await refusal({})).toMatchObject({
      name: 'ArcRefusedError',
      message: expect.stringMatching(/^asked for another software, this process has .*WebAssembly SIMD/),
    });
    expect(await refusal({ backend: 'openblas', threads: 64 })).toMatchObject({
      name: 'ArcRefusedError',
      message: expect.stringContaining('GRAVITY_THREADS'),
    });
    expect(await refusal({ threads: 'many' })).toMatchObject({
      message: 'the arc was handed out by another version of the software',
    });
  });
});
