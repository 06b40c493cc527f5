import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, manual, openHarness, sha256 } from './http-harness.js';

let harness: Harness;
let admin = { id: '', token: '' };
let user = { id: '', token: '' };
let other = { id: '', token: '' };
beforeAll(async () => {
  harness = await openHarness();
  admin = await harness.addUser('admin');
  user = await harness.addUser('user');
  other = await harness.addUser('other');
});
afterAll(() => harness.close());

describe('the four operations', () => {
  it.each(['plan', 'ingest', 'process', 'catalog'] as const)(
    'takes the %s request of the manual as it is printed',
    async (type) => {
      const answer = await harness.request('POST', `/ops/${type}`, { token: user.token, json: manual[type] });
      expect(answer.status, answer.text).toBe(201);
      expect(answer.headers.location).toBe(`/ops/jobs/${answer.body.id}`);
      expect(answer.body).toMatchObject({
        type,
        status: 'pending',
        progress: 0,
        user_id: user.id,
        job_id: answer.body.id,
        result: null,
        error: null,
      });
      expect(answer.body.parameters).toMatchObject(manual[type]);
      // Visible before the reply.
      const job = await harness.request('GET', answer.headers.location as string, { token: user.token });
      expect(job.status).toBe(200);
      expect(job.body).toEqual(answer.body);
    },
  );

  it('fills in the defaults and resolves aliases', async () => {
    const plan = await harness.request('POST', '/ops/plan', {
      token: user.token,
      json: {
        start_time: '2023-01-01T00:00:00+01:00',
        end_time: '2023-01-02T00:00:00Z',
        satellites: ['GRACE-FO-1', 'gracefo-2'],
        degree_max: 180,
      },
    });
    expect(plan.body.parameters).toEqual({
      start_time: '2023-01-01T00:00:00+01:00',
      end_time: '2023-01-02T00:00:00Z',
      satellites: ['GRACE-C', 'GRACE-D'],
      degree_max: 180,
      time_step: 5,
      processing_mode: 'standard',
      output_format: 'spherical_harmonic',
      arc_length_hours: 24,
    });
    const process = await harness.request('POST', '/ops/process', {
      token: user.token,
      json: manual.process,
    });
    expect(process.body.parameters).toMatchObject({ degree_min: 2, iterations: 2 });
  });

  it('takes every optional field of process', async () => {
    const plan = await harness.request('POST', '/ops/plan', { token: user.token, json: manual.plan });
    const json = {
      ...manual.process,
      degree_max: 2,
      output_products: ['coefficients', 'grids', 'uncertainties', 'covariance', 'maps'],
      plan_id: plan.body.id,
      start_time: '2023-01-01T00:00:00Z',
      end_time: '2024-01-02T00:00:00Z',
      satellites: ['SIM-A', 'SIM-B'],
      arc_length_hours: 0.5,
      degree_min: 2,
      iterations: 5,
      background_models: {
        static_field: 'GGM05C',
        static_field_degree: 180,
        earth_rotation: { model: 'constant', rate: 7.292115e-5, angle_at_epoch: 0, epoch_gps_seconds: 7e8 },
      },
      observations: {
        ranging: 'LRI1B',
        sigma_range_rate: 1e-8,
        sigma_position: 0.01,
        position_sampling_seconds: 60,
        use_accelerometer: false,
      },
      parametrization: {
        accelerometer_bias: 'linear',
        accelerometer_scale: true,
        ranging_empirical: 'bias_trend',
      },
      grid: { step_degrees: 0.5, smoothing_radius_km: 300 },
    };
    const answer = await harness.request('POST', '/ops/process', { token: user.token, json });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.parameters).toEqual(json);
    const iers = { ...manual.process, background_models: { earth_rotation: { model: 'iers2010' } } };
    expect((await harness.request('POST', '/ops/process', { token: user.token, json: iers })).status).toBe(
      201,
    );
  });

  it('takes an allowed folder, also as a file URL', async () => {
    mkdirSync(join(harness.sources, 'inside'), { recursive: true });
    for (const data_source of [`file:${harness.sources}/inside`, `file://${harness.sources}`]) {
      const json = { ...manual.ingest, data_source };
      const answer = await harness.request('POST', '/ops/ingest', { token: user.token, json });
      expect(answer.status, answer.text).toBe(201);
    }
  });

  it('answers under /v1 with links under /v1', async () => {
    const answer = await harness.request('POST', '/v1/ops/plan', { token: user.token, json: manual.plan });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/ops/jobs/${answer.body.id}`);
    const job = await harness.request('GET', `/v1/ops/jobs/${answer.body.id}`, { token: user.token });
    expect(job.body.links.events).toBe(`/v1/ops/jobs/${answer.body.id}/events`);
    expect((await harness.request('GET', '/v1/health')).status).toBe(200);
  });
});

describe('Idempotency-Key', () => {
  const post = (json: unknown, key: string, type = 'plan', token = user.token) =>
    harness.request('POST', `/ops/${type}`, { token, json, headers: { 'idempotency-key': key } });

  it('gives the same job for the same request, whatever the order of its fields', async () => {
    const first = await post(manual.plan, 'k1');
    const reversed = Object.fromEntries(Object.entries(manual.plan).reverse());
    const second = await post(reversed, 'k1');
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.status).toBe(201);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.body.id).toBe(first.body.id);
  });

  it('refuses another request with the same key', async () => {
    await post(manual.plan, 'k2');
    const before = await harness.state();
    for (const answer of [
      await post({ ...manual.plan, degree_max: 61 }, 'k2'),
      await post(manual.process, 'k2', 'process'),
    ]) {
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toEqual([
        { field: 'Idempotency-Key', message: 'was used before with another request' },
      ]);
    }
    expect(await harness.state()).toEqual(before);
  });

  it('keeps the keys of users apart', async () => {
    const mine = await post(manual.plan, 'k3');
    const theirs = await post(manual.plan, 'k3', 'plan', other.token);
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('makes one job out of twenty requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(manual.plan, 'k4')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
  });
});

describe('jobs', () => {
  it('lists own jobs in pages, by status and type; an admin sees all', async () => {
    const list = (query: string, token = user.token) =>
      harness.request('GET', `/ops/jobs${query}`, { token });
    const all = await list('');
    expect(all.body).toMatchObject({ skip: 0, limit: 100 });
    expect(all.body.jobs).toHaveLength(all.body.total);
    expect(all.body.jobs.every((job: { user_id: string }) => job.user_id === user.id)).toBe(true);
    const paged = [...(await list('?limit=3')).body.jobs, ...(await list('?skip=3&limit=1000')).body.jobs];
    expect(paged.map(({ id }) => id)).toEqual(all.body.jobs.map(({ id }: { id: string }) => id));
    expect((await list('?status=running&skip=0&limit=100')).body.jobs).toEqual([]);
    const catalogs = (await list('?type=catalog&status=pending')).body;
    expect(catalogs.total).toBe(1);
    expect((await list('', admin.token)).body.total).toBeGreaterThan(all.body.total);
  });

  it('cancels a waiting job once', async () => {
    const { body } = await harness.request('POST', '/ops/plan', { token: user.token, json: manual.plan });
    const url = `/ops/jobs/${body.id}`;
    const cancelled = await harness.request('DELETE', url, { token: user.token });
    expect(cancelled.status).toBe(200);
    expect(cancelled.body.status).toBe('cancelled');
    const again = await harness.request('DELETE', url, { token: user.token });
    expect(again.status).toBe(409);
    expect(again.body.detail).toMatch(/is cancelled and cannot be cancelled/);
  });

  it('lets an admin see and cancel the job of another', async () => {
    const { body } = await harness.request('POST', '/ops/plan', { token: user.token, json: manual.plan });
    expect((await harness.request('GET', `/ops/jobs/${body.id}`, { token: admin.token })).status).toBe(200);
    expect(
      (await harness.request('DELETE', `/ops/jobs/${body.id}`, { token: admin.token })).body.status,
    ).toBe('cancelled');
  });

  it('pages events and logs; a job that has not started has an empty log', async () => {
    const { body } = await harness.request('POST', '/ops/plan', { token: user.token, json: manual.plan });
    const url = `/ops/jobs/${body.id}`;
    const logs = await harness.request('GET', `${url}/logs`, { token: user.token });
    expect(logs.body).toEqual({ logs: [], next_after: null });
    const rows = (['debug', 'info', 'warning', 'error'] as const).map((level) => ({
      job_id: body.id,
      kind: 'log' as const,
      level,
      message: `a ${level}`,
      time: new Date(),
    }));
    await harness.db.kysely.insertInto('job_events').values(rows).execute();
    const messages = async (query: string) =>
      (await harness.request('GET', `${url}/logs${query}`, { token: user.token })).body.logs.map(
        ({ message }: { message: string }) => message,
      );
    expect(await messages('?level=warning')).toEqual(['a warning', 'a error']);
    const first = await harness.request('GET', `${url}/logs?limit=3`, { token: user.token });
    expect(await messages(`?after=${first.body.next_after}`)).toEqual(['a error']);
    const events = await harness.request('GET', `${url}/events?limit=2`, { token: user.token });
    expect(events.body.events).toHaveLength(2);
    const rest = await harness.request('GET', `${url}/events?after=${events.body.next_after}`, {
      token: user.token,
    });
    expect(rest.body.events).toHaveLength(3);
    expect(rest.body.next_after).toBeNull();
  });
});

describe('uploads and signed links', () => {
  it('stores a bare body and takes it as a data source', async () => {
    const data = Buffer.from('some records\n'.repeat(1000));
    const answer = await harness.request('POST', `/ops/uploads?name=orbit.txt&sha256=${sha256(data)}`, {
      token: user.token,
      payload: data,
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body).toMatchObject({ file_name: 'orbit.txt', bytes: data.length, sha256: sha256(data) });
    const json = {
      ...manual.ingest,
      data_source: answer.body.data_source,
      data_type: 'table',
      table: { kind: 'orbit', frame: 'celestial', time_scale: 'GPS', satellite: 'GRACE-A' },
    };
    expect((await harness.request('POST', '/ops/ingest', { token: user.token, json })).status).toBe(201);
    const field = { ...manual.process, background_models: { static_field: answer.body.data_source } };
    expect((await harness.request('POST', '/ops/process', { token: user.token, json: field })).status).toBe(
      201,
    );
    const stolen = await harness.request('POST', '/ops/process', { token: other.token, json: field });
    expect(stolen.body.errors[0].field).toBe('background_models.static_field');
  });

  it('stores JSON and anything else byte for byte', async () => {
    const answer = await harness.request('POST', '/ops/uploads?name=stac.json', {
      token: user.token,
      payload: '{ "a": 1 }',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.sha256).toBe(sha256('{ "a": 1 }'));
  });

  it('stores the file of a form, with a harmless name', async () => {
    const data = 'x,y\n1,2\n';
    const payload = [
      '--b',
      'content-disposition: form-data; name="file"; filename="..\\..\\da ta.csv"',
      'content-type: text/csv',
      '',
      data,
      '--b--',
      '',
    ].join('\r\n');
    const answer = await harness.request('POST', '/ops/uploads', {
      token: user.token,
      payload,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body).toMatchObject({ file_name: 'da_ta.csv', bytes: data.length, sha256: sha256(data) });
  });

  it('serves and takes objects by links of the store, for their method and time only', async () => {
    const path = (url: string) => url.slice(harness.config.baseUrl.length);
    const put = path(await harness.objects.presign('PUT', 'temp', 'made/by link.txt', 60));
    const stored = await harness.request('PUT', put, {
      payload: 'hello',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(stored.status, stored.text).toBe(200);
    expect(stored.body).toMatchObject({ bucket: 'temp', key: 'made/by link.txt', sha256: sha256('hello') });
    const get = path(await harness.objects.presign('GET', 'temp', 'made/by link.txt', 60));
    expect((await harness.request('GET', get)).text).toBe('hello');
    expect((await harness.request('HEAD', get)).headers['content-length']).toBe('5');
    expect((await harness.request('GET', put)).status).toBe(403);
    expect((await harness.request('GET', get.replace('by%20link', 'by%20luck'))).status).toBe(403);
    const short = path(await harness.objects.presign('GET', 'temp', 'made/by link.txt', 1));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const expired = await harness.request('GET', short);
    expect(expired.status).toBe(403);
    expect(expired.body.detail).toMatch(/expired/);
  });
});
