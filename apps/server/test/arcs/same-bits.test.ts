import { type ArcRunner, createProcessTask, loadStaticField } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturbed, insertMission, ROTATION, SATELLITES } from '../process/simulated-data.js';
import { openTestServer, type ProcessResult, runJob, type TestServer } from '../process/support.js';
import { createMemoryTransport } from './memory-transport.js';
import { runDistributed, startArcs } from './support.js';

const DEGREE = 12;
const PARAMETERS = {
  algorithm: 'variational',
  degree_max: DEGREE,
  regularization: { kaula: 0, tikhonov: 0 },
  output_products: ['coefficients', 'grids', 'uncertainties', 'covariance', 'normals'],
  start_time: '2023-06-01T00:00:00Z',
  // The last arc has no data.
  end_time: '2023-06-02T06:00:00Z',
  satellites: [...SATELLITES],
  arc_length_hours: 6,
  background_models: {
    earth_rotation: {
      model: 'constant',
      rate: ROTATION.rate,
      angle_at_epoch: ROTATION.angleAtEpoch,
      epoch_gps_seconds: ROTATION.epochGpsSeconds,
    },
  },
  grid: { step_degrees: 10 },
  // Residuals are evaluated between the passes, on other machines too.
  observations: {
    noise_model: { method: 'autocovariance', max_order: 4 },
    variance_components: { scope: 'arc', max_iterations: 1 },
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  const { field } = await loadStaticField({ name: 'GGM05C', maxDegree: DEGREE, mjd: 60000 }, () =>
    Promise.reject(new Error('not asked for')),
  );
  await insertMission(server, disturbed(field), 1);
});
afterAll(() => server.close());

describe('a simulated day with two passes', () => {
  it('gives the same bytes by two workers as in one process, on another number of threads too', async () => {
    const task = createProcessTask();
    const embedded = await runJob<ProcessResult>(server, 'process', task, PARAMETERS);
    const transport = createMemoryTransport();
    const runners: ArcRunner[] = [1, 2].map((threads) =>
      startArcs(server, transport, { computer: { config: { linearAlgebraBackend: 'auto', threads } } }),
    );
    const job = await runDistributed(server, transport, task, PARAMETERS);
    const result = await job.done;
    await Promise.all(runners.map((runner) => runner.stop()));
    const bytes = ({ products }: ProcessResult) =>
      Object.fromEntries(products.map(({ file_name, sha256 }) => [file_name, sha256]));
    expect(Object.keys(bytes(result)).length).toBeGreaterThanOrEqual(6);
    expect(bytes(result)).toEqual(bytes(embedded.result));
    expect(result.recipe_hash).toBe(embedded.result.recipe_hash);
    expect(result.quality).toEqual(embedded.result.quality);
    expect(result.skipped_arcs).toEqual(embedded.result.skipped_arcs);
    expect(result.skipped_arcs).toHaveLength(1);
    expect(
      job.logs.filter((line) =>
        /^info: pass [12] of at most 2, arc \d of 5: (computed|skipped) in/.test(line),
      ),
    ).toHaveLength(10);
    expect(
      job.logs.filter((line) => /residuals of pass 1 of .*, arc \d of 5: (computed|skipped) in/.test(line)),
    ).toHaveLength(5);
  });
});
