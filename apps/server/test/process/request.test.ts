import { gzipSync } from 'node:zlib';
import { writeGfc } from '@gravity/formats';
import { emptyGeopotential } from '@gravity/geodesy';
import {
  createProcessTask,
  describeSpans,
  loadEarthOrientation,
  loadStaticField,
  parseProcessParameters,
  processTask,
  resolveEarthRotation,
} from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUser } from '../helpers.js';
import { insertJob, openTestServer, runJob, type TestServer } from './support.js';

/** Exactly what the contract asks for. */
const FOUR_FIELDS = {
  algorithm: 'variational',
  degree_max: 10,
  regularization: { kaula: 1e-5, tikhonov: 0 },
  output_products: ['coefficients', 'grids', 'uncertainties'],
};
const INTERVAL = {
  start_time: '2023-06-01T00:00:00Z',
  end_time: '2023-06-02T00:00:00Z',
  satellites: ['GRACE-C', 'GRACE-D'],
};
const noUserField = () => Promise.reject(new Error('not asked for'));

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

/** A task that ends as soon as it asks for observations, and tells of whom. */
const probe = createProcessTask({
  arcSource: () => ({
    inputs: async (target) => {
      throw new Error(JSON.stringify(target));
    },
    load: () => Promise.reject(new Error('not reached')),
  }),
});

describe('what is processed', () => {
  it('without a plan: says what to do', async () => {
    await expect(runJob(server, 'process', processTask, FOUR_FIELDS)).rejects.toMatchObject({
      code: 'no_plan',
      message: expect.stringMatching(/POST \/ops\/plan.*plan_id/),
    });
  });

  it('is the latest completed plan of the caller, no one else’s', async () => {
    await insertJob(server, 'plan', { ...INTERVAL, arc_length_hours: 12 }, 'completed');
    const later = { ...INTERVAL, end_time: '2023-06-03T00:00:00Z' };
    const planId = await insertJob(server, 'plan', later, 'completed');
    const stranger = await insertUser(server.db);
    await insertJob(server, 'plan', { ...later, satellites: ['GRACE-A'] }, 'completed', stranger);
    await expect(runJob(server, 'process', probe, FOUR_FIELDS)).rejects.toThrow(
      JSON.stringify({
        startGpsSeconds: 738_849_618,
        endGpsSeconds: 738_849_618 + 2 * 86400,
        satellites: ['GRACE-C', 'GRACE-D'],
        arcLengthHours: 24,
        planId,
      }),
    );
    // The stranger's own is found for the stranger.
    await expect(runJob(server, 'process', probe, FOUR_FIELDS, { userId: stranger })).rejects.toThrow(
      'GRACE-A',
    );
  });

  it('is the plan that is named, the request’s own fields taking precedence', async () => {
    const planId = await insertJob(server, 'plan', { ...INTERVAL, arc_length_hours: 12 }, 'completed');
    await insertJob(server, 'plan', { ...INTERVAL, satellites: ['GRACE-A', 'GRACE-B'] }, 'completed');
    const request = { ...FOUR_FIELDS, plan_id: planId, satellites: ['grace-fo-1'] };
    await expect(runJob(server, 'process', probe, request)).rejects.toThrow(
      /"satellites":\["GRACE-C"\],"arcLengthHours":12/,
    );
    const unknown = { ...FOUR_FIELDS, plan_id: '00000000-0000-4000-8000-000000000000' };
    await expect(runJob(server, 'process', probe, unknown)).rejects.toMatchObject({ code: 'plan_not_found' });
  });

  it('needs observations', async () => {
    await expect(
      runJob(server, 'process', processTask, { ...FOUR_FIELDS, ...INTERVAL }),
    ).rejects.toMatchObject({
      code: 'no_observations',
      message: expect.stringContaining('2023-06-01T00:00:00Z to 2023-06-02T00:00:00Z'),
    });
  });

  it('must fit into memory: it is refused before anything is loaded', async () => {
    const small = { ...server, config: { ...server.config, memoryLimitBytes: 4e9 } };
    const request = { ...FOUR_FIELDS, ...INTERVAL, degree_max: 180 };
    await expect(runJob(small, 'process', processTask, request)).rejects.toMatchObject({
      code: 'insufficient_memory',
      message: expect.stringMatching(
        /degree_max: degree 180 \(32757 parameters\) needs about \d+\.\d GB of memory, allowed are 4\.0 GB; degree \d+ fits .*GRAVITY_MEMORY_LIMIT_BYTES/,
      ),
      errors: [{ field: 'degree_max', message: expect.stringContaining('degree 180') }],
    });
    // With room it gets as far as asking for observations.
    const large = { ...server, config: { ...server.config, memoryLimitBytes: 40e9 } };
    await expect(runJob(large, 'process', processTask, request)).rejects.toMatchObject({
      code: 'no_observations',
    });
  });

  it('must be an interval', async () => {
    const request = { ...FOUR_FIELDS, ...INTERVAL, end_time: INTERVAL.start_time };
    await expect(runJob(server, 'process', probe, request)).rejects.toMatchObject({
      code: 'invalid_interval',
    });
  });
});

describe('parameters', () => {
  it('have the documented defaults', () => {
    expect(parseProcessParameters(FOUR_FIELDS)).toMatchObject({
      degreeMin: 2,
      iterations: 2,
      backgroundModels: { staticField: 'GGM05C', earthRotation: { model: 'iers2010' } },
      observations: {
        ranging: 'auto',
        sigmaRangeRate: 2e-7,
        sigmaPosition: 0.02,
        positionSamplingSeconds: 30,
        useAccelerometer: true,
      },
      parametrization: { accelerometerScale: false, rangingEmpirical: 'none' },
    });
  });

  it('that are wrong are all named', () => {
    const wrong = {
      ...FOUR_FIELDS,
      degree_max: 'sixty',
      regularization: { kaula: -1, tikhonov: 0 },
      output_products: ['coefficients', 'movies'],
      observations: { sigma_rangerate: 1 },
      start_time: '2023-06-31T00:00:00Z',
      grid: { step_degrees: 7 },
    };
    let error: { errors?: { field: string }[] } = {};
    try {
      parseProcessParameters(wrong);
    } catch (caught) {
      error = caught as typeof error;
    }
    expect(error.errors?.map(({ field }) => field).sort()).toEqual([
      'degree_max',
      'end_time',
      'grid.step_degrees',
      'observations.sigma_rangerate',
      'output_products',
      'regularization.kaula',
      'start_time',
    ]);
  });
  // As above for jobs that did not come over HTTP.
  it.each([
    ['regularization.weight', { regularization: { kaula: 0, tikhonov: 0, weight: 'l_curve' } }],
    ['regularization.reference', { regularization: { kaula: 0, tikhonov: 0, reference: 'GGM05C' } }],
    ['regularization.lambda', { regularization: { kaula: 1e-9, tikhonov: 0, lambda: 1 } }],
    ['observations.noise_model', { observations: { noise_model: 'pink' } }],
    ['observations.noise_model', { observations: { noise_model: 'autocovariance', ranging: 'none' } }],
    ['observations.noise_model.method', { observations: { noise_model: {} } }],
    [
      'observations.noise_model.max_order',
      { observations: { noise_model: { method: 'autocovariance', max_order: 99 } } },
    ],
    ['observations.noise_model.scope', { observations: { noise_model: { method: 'white', scope: 'arc' } } }],
    ['observations.variance_components', { observations: { variance_components: 'yes' } }],
    [
      'observations.variance_components.tolerance',
      { observations: { variance_components: { tolerance: 0 } } },
    ],
    ['output_products', { degree_max: 151, output_products: ['normals'] }],
  ])('that are wrong are named: %s of %j', (field, change) => {
    expect(() => parseProcessParameters({ ...FOUR_FIELDS, ...change })).toThrow(
      expect.objectContaining({
        code: 'invalid_parameters',
        errors: [expect.objectContaining({ field })],
      }),
    );
  });
});

describe('a degree beyond the data', () => {
  it('is refused before anything is loaded, and near the limit warned of', async () => {
    const free = { regularization: { kaula: 0, tikhonov: 0 } };
    // A day has sixteen to seventeen revolutions.
    await expect(
      runJob(server, 'process', probe, { ...FOUR_FIELDS, ...INTERVAL, ...free, degree_max: 60 }),
    ).rejects.toMatchObject({
      code: 'degree_beyond_data',
      message: expect.stringMatching(
        /degree 60 .* 17 revolutions .* orders to about 17; lower degree_max, .*kaula/,
      ),
      errors: [{ field: 'degree_max' }],
    });
    for (const request of [{ degree_max: 34, ...free }, { degree_max: 60 }]) {
      await expect(
        runJob(server, 'process', probe, { ...FOUR_FIELDS, ...INTERVAL, ...request }),
      ).rejects.toThrow('startGpsSeconds');
    }
  });
});

describe('static fields', () => {
  it('ship with the server: values of the published file', async () => {
    const { field, reference } = await loadStaticField(
      { name: 'GGM05C', maxDegree: 180, mjd: 60000 },
      noUserField,
    );
    // GGM05C.gfc as distributed by ICGEM (doi:10.5880/icgem.2016.002), exact decimals.
    expect(field.c[3]).toBe(-4.8416945732e-4);
    expect(field.s[(10 * 11) / 2 + 3]).toBe(-1.541281596805e-7);
    expect(field.c[(180 * 181) / 2 + 180]).toBe(-2.242445006314e-10);
    expect(field.gm).toBe(3.986004415e14);
    expect(reference.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that are unknown are answered with the known ones', async () => {
    const request = {
      ...FOUR_FIELDS,
      ...INTERVAL,
      background_models: { static_field: 'EGM1776', earth_rotation: { model: 'constant' } },
    };
    await expect(runJob(server, 'process', processTask, request)).rejects.toMatchObject({
      code: 'unknown_static_field',
      message: expect.stringMatching(/EGM1776.*GGM05C/),
    });
    await expect(
      loadStaticField({ name: 'GGM05C', maxDegree: 200, mjd: 60000 }, noUserField),
    ).rejects.toMatchObject({ code: 'static_field_degree' });
  });

  it('may be the user’s own file, packed or not, and no one else’s', async () => {
    const text = writeGfc({ ...emptyGeopotential(12, 3.986e14, 6378136, 'own', 'tide_free'), name: 'own' });
    await server.objects.put('raw-data', 'models/own.gfc.gz', gzipSync(text));
    await server.objects.put('temp', 'uploads/secret/own.gfc', Buffer.from(text));
    const request = (name: string) => ({
      ...FOUR_FIELDS,
      ...INTERVAL,
      background_models: { static_field: name, earth_rotation: { model: 'constant' } },
    });
    await expect(
      runJob(server, 'process', probe, request('object:raw-data/models/own.gfc.gz')),
    ).rejects.toThrow('startGpsSeconds');
    for (const name of [
      'object:temp/uploads/secret/own.gfc',
      'object:raw-data/models/none.gfc',
      'object:products/someone/else.gfc',
      'object:../raw-data/models/own.gfc.gz',
      'upload:secret',
    ]) {
      await expect(runJob(server, 'process', probe, request(name))).rejects.toMatchObject({
        code: 'model_file_not_found',
      });
    }
    await server.objects.put(
      'raw-data',
      'models/broken.gfc',
      Buffer.from(text.replace(/gfc +12 +3 .*/, 'gfc 12 3 x y')),
    );
    await expect(
      runJob(server, 'process', probe, request('object:raw-data/models/broken.gfc')),
    ).rejects.toMatchObject({
      code: 'invalid_static_field',
      message: expect.stringMatching(/broken\.gfc, line \d+/),
    });
  });
});

describe('Earth orientation', () => {
  it('is the published C04 series with its gap', async () => {
    const { table } = await loadEarthOrientation();
    const at = (mjd: number) => table.mjdUtc.indexOf(mjd);
    // Rows of the C04 files: 2008-01-01 (08 C04), 2018-06-01 (14 C04), 2023-06-01 (20 C04), as printed there.
    expect(table.ut1MinusUtcSeconds[at(54466)]).toBe(-0.2732775);
    expect(table.ut1MinusUtcSeconds[at(58270)]).toBe(0.0769859);
    expect(table.ut1MinusUtcSeconds[at(60096)]).toBe(-0.0460547);
    expect(table.xPole[at(60096)] * (648_000 / Math.PI)).toBeCloseTo(0.09635, 12);
    expect(table.dY[at(60096)] * (648_000 / Math.PI)).toBeCloseTo(-0.000133, 12);
    expect(describeSpans(table)).toBe('1999-12-24 to 2013-01-27, 2018-01-01 to 2023-08-28');
  });

  it('that does not cover the interval is refused with the dates', async () => {
    const request = {
      ...FOUR_FIELDS,
      ...INTERVAL,
      start_time: '2023-08-20T00:00:00Z',
      end_time: '2023-09-05T00:00:00Z',
    };
    await expect(runJob(server, 'process', processTask, request)).rejects.toMatchObject({
      code: 'eop_not_covered',
      message: expect.stringMatching(/2023-08-29 to 2023-09-05.*2018-01-01 to 2023-08-28/),
    });
    const inGap = { ...request, start_time: '2016-01-01T00:00:00Z', end_time: '2016-01-02T00:00:00Z' };
    await expect(runJob(server, 'process', processTask, inGap)).rejects.toMatchObject({
      code: 'eop_not_covered',
    });
  });

  it('may be a series of the user, where the one that ships does not reach', async () => {
    // Rows in the layout of the 14 C04 files; the values are made up.
    const rows = Array.from({ length: 12 }, (_, i) => {
      const day = String(i + 1).padStart(4);
      return `2026   1${day}  ${61041 + i}   0.100000   0.300000  0.0100000   0.0001000   0.000100   0.000100   0.000030   0.000030  0.0000100  0.0000100    0.000030    0.000030`;
    });
    const text = `EARTH ORIENTATION PARAMETER\n\n      Date      MJD      x          y        UT1-UTC       LOD         dX        dY\n${rows.join('\n')}\n`;
    await server.objects.put('raw-data', 'models/eop-2026.txt.gz', gzipSync(text));
    const request = (eop?: string) => ({
      ...FOUR_FIELDS,
      ...INTERVAL,
      start_time: '2026-01-05T00:00:00Z',
      end_time: '2026-01-06T00:00:00Z',
      background_models: { earth_rotation: { model: 'iers2010', ...(eop && { eop }) } },
    });
    await expect(runJob(server, 'process', probe, request())).rejects.toMatchObject({
      code: 'eop_not_covered',
    });
    await expect(
      runJob(server, 'process', probe, request('object:raw-data/models/eop-2026.txt.gz')),
    ).rejects.toThrow('startGpsSeconds');
    await expect(
      runJob(server, 'process', probe, request('object:raw-data/models/none.txt')),
    ).rejects.toMatchObject({
      code: 'model_file_not_found',
      errors: [{ field: 'background_models.earth_rotation.eop' }],
    });
    await server.objects.put('raw-data', 'models/broken.txt', Buffer.from(text.replace('61045', '6l045')));
    await expect(
      runJob(server, 'process', probe, request('object:raw-data/models/broken.txt')),
    ).rejects.toMatchObject({
      code: 'invalid_eop',
      message: expect.stringMatching(/broken\.txt.*line \d+/),
    });
  });

  it('is cut to the interval for the workers', async () => {
    const { spec, reference } = await resolveEarthRotation(
      { model: 'iers2010' },
      738_849_618,
      738_936_018,
      120,
    );
    if (spec.model !== 'iers2010') throw new Error('wrong model');
    expect(spec.eop.mjdUtc.length).toBeLessThan(12);
    expect(reference.source).toContain('20 C04');
  });
});
