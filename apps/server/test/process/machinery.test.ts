import { pathToFileURL } from 'node:url';
import { createProcessTask, decodeCheckpoint, encodeCheckpoint, splitArcs, type Task } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers.js';
import {
  contextOf,
  insertJob,
  keysOf,
  openTestServer,
  type ProcessResult,
  runJob,
  type TestServer,
} from './support.js';

const HOUR = 3600;
const START = 738_849_618;
const ENGINE = new URL('./stub-engine.mjs', import.meta.url).href;
const PARAMETERS = {
  algorithm: 'variational',
  degree_max: 4,
  regularization: { kaula: 0, tikhonov: 0 },
  output_products: ['coefficients'],
  start_time: '2023-06-01T00:00:00Z',
  end_time: '2023-06-01T04:00:00Z',
  satellites: ['SIM-A', 'SIM-B'],
  arc_length_hours: 1,
  iterations: 1,
  background_models: { earth_rotation: { model: 'constant' } },
};

/** A task on the stub engine; the first range rate of each arc tells the engine what to do. */
function stubTask(marks: readonly (number | undefined)[]): Task {
  const epochs = (start: number) => Float64Array.from({ length: 120 }, (_, i) => start + 30 * i);
  return createProcessTask({
    engineModule: ENGINE,
    arcSource: () => ({
      inputs: async () => [
        {
          id: 'file',
          fileName: 'file.txt',
          product: 'table_orbit',
          satellite: 'SIM-A',
          sha256: 'a'.repeat(64),
        },
      ],
      async load(arc) {
        const mark = marks[Math.round((arc.startGpsSeconds - START) / HOUR)];
        const gpsSeconds = epochs(arc.startGpsSeconds);
        const orbit = {
          frame: 'celestial' as const,
          gpsSeconds,
          position: new Float64Array(360),
          velocity: new Float64Array(360),
        };
        return {
          observations: {
            ...arc,
            satellites: ['SIM-A', 'SIM-B'].map((satellite) => ({ satellite, orbit })),
            ...(mark !== undefined && {
              ranging: { instrument: 'stub', gpsSeconds, rangeRate: new Float64Array(120).fill(mark) },
            }),
          },
          missing: mark === undefined ? ['no ranging of SIM-A/SIM-B'] : [],
          excluded: [{ satellite: 'SIM-A', product: 'table_orbit', reason: 'phase break', count: 2 }],
          usedFiles: ['file'],
        };
      },
    }),
  });
}

/** Processor time of this process and its threads within a time, ms. */
async function cpuMilliseconds(milliseconds: number): Promise<number> {
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return process.cpuUsage(before).user / 1000;
}

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

describe('arcs', () => {
  it('cut the interval without holes, a short rest joining the last', () => {
    expect(splitArcs(0, 86400, 6)).toHaveLength(4);
    const arcs = splitArcs(0, 90000 + 100, 24);
    expect(arcs).toEqual([
      { startGpsSeconds: 0, endGpsSeconds: 86400 },
      { startGpsSeconds: 86400, endGpsSeconds: 90100 },
    ]);
    expect(splitArcs(0, 86400 + 600, 24)).toEqual([{ startGpsSeconds: 0, endGpsSeconds: 87000 }]);
    expect(splitArcs(10, 500, 24)).toEqual([{ startGpsSeconds: 10, endGpsSeconds: 500 }]);
  });

  it('that fail or lack data are left out with a reason', async () => {
    const { result } = await runJob<ProcessResult>(
      server,
      'process',
      stubTask([1, 404, undefined, 2]),
      PARAMETERS,
    );
    expect(result.quality.arcs_used).toBe(2);
    expect(result.skipped_arcs.map(({ reason }) => reason)).toEqual([
      'orbit diverged',
      'no ranging of SIM-A/SIM-B',
    ]);
  });

  it('that all fail end the job with the reasons', async () => {
    await expect(
      runJob(server, 'process', stubTask([404, undefined, 404, undefined]), PARAMETERS),
    ).rejects.toMatchObject({ code: 'no_usable_arcs', message: expect.stringContaining('orbit diverged') });
  });
});

describe('cancel', () => {
  it('stops a computation that never looks up, within seconds', async () => {
    const id = await insertJob(server, 'process', PARAMETERS);
    const { context, job } = contextOf(server, id, PARAMETERS);
    const running = stubTask([1, 2, 666, 1])(context);
    const ended = running.then(
      () => undefined,
      (error: unknown) => error,
    );
    await waitFor(
      'two arcs done',
      async () => (await keysOf(server, 'processed-data', 'checkpoints/')).length === 2,
    );
    // On a machine with other work a busy thread still gets a good part of a processor; an idle process none.
    await waitFor('the busy thread', async () => (await cpuMilliseconds(500)) > 150);

    await server.db.kysely
      .updateTable('processing_jobs')
      .set({ cancel_requested: true, updated_at: new Date() })
      .where('id', '=', id)
      .execute();
    const asked = Date.now();
    job.abort.abort(new Error('cancelled'));
    expect(await ended).toMatchObject({ message: 'cancelled' });
    expect(Date.now() - asked).toBeLessThan(3000);

    await waitFor('an idle process', async () => (await cpuMilliseconds(500)) < 50, 5000);
    expect(await keysOf(server, 'processed-data', 'checkpoints/')).toEqual([]);
    expect(await keysOf(server, 'products', id)).toEqual([]);
  });

  it('that comes before the rows leaves no objects behind', async () => {
    const id = await insertJob(server, 'process', PARAMETERS);
    const { context } = contextOf(server, id, PARAMETERS);
    let storedKeys: string[] = [];
    const finalize: typeof context.finalize = async (write) => {
      storedKeys = await keysOf(server, 'products', id);
      await server.db.kysely
        .updateTable('processing_jobs')
        .set({ cancel_requested: true, updated_at: new Date() })
        .where('id', '=', id)
        .execute();
      return context.finalize(write);
    };
    await expect(stubTask([1, 2, 3, 4])({ ...context, finalize })).rejects.toThrow('fenced out');
    expect(storedKeys).toHaveLength(2);
    expect(await keysOf(server, 'products', id)).toEqual([]);
  });
});

describe('checkpoints', () => {
  const normals = {
    startGpsSeconds: START,
    endGpsSeconds: START + HOUR,
    parameterCount: 2,
    matrix: Float64Array.of(1 / 3, 2, 99, Math.PI),
    rightHandSide: Float64Array.of(1e-300, -0.1),
    weightedSquareSum: 0.1 + 0.2,
    observationCount: 7,
    compression: { applied: false, rows: 7, truncation: 0 },
    arcParameterCount: 1,
    residuals: [{ type: 'range_rate' as const, count: 7, rejected: 0, rms: 1e-9, max: 3e-9 }],
    orbitIterations: 2,
  };

  it('give back the same doubles', () => {
    const bytes = encodeCheckpoint(normals, 'inputs');
    const decoded = decodeCheckpoint(bytes, 'inputs');
    expect(decoded).toEqual({ ...normals, matrix: Float64Array.of(1 / 3, 2, 0, Math.PI) });
    expect(encodeCheckpoint(decoded, 'inputs')).toEqual(bytes);
  });

  it('are refused when made of other inputs, cut or changed', () => {
    const bytes = encodeCheckpoint(normals, 'inputs');
    expect(() => decodeCheckpoint(bytes, 'others')).toThrow('other inputs');
    expect(() => decodeCheckpoint(bytes.subarray(0, bytes.length - 8), 'inputs')).toThrow('incomplete');
    const changed = bytes.slice();
    changed[changed.length - 1] ^= 1;
    expect(() => decodeCheckpoint(changed, 'inputs')).toThrow('changed');
    expect(() => decodeCheckpoint(Buffer.from('no checkpoint'), 'inputs')).toThrow('no checkpoint');
  });
});

describe('worker', () => {
  it('that cannot start fails the job instead of hanging it', async () => {
    const broken = createProcessTask({
      engineModule: pathToFileURL('/nonexistent/engine.mjs').href,
      arcSource: () => ({
        inputs: async () => [
          { id: 'f', fileName: 'f', product: 'table_orbit', satellite: 'SIM-A', sha256: 'b'.repeat(64) },
        ],
        load: () => Promise.reject(new Error('not reached')),
      }),
    });
    await expect(runJob(server, 'process', broken, PARAMETERS)).rejects.toThrow('/nonexistent/engine.mjs');
  });
});
