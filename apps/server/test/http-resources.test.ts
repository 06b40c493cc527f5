import { randomUUID } from 'node:crypto';
import { markSeries } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, manual, openHarness, sha256 } from './http-harness.js';

let harness: Harness;
let admin = { id: '', token: '' };
let owner = { id: '', token: '' };
let reader = { id: '', token: '' };
let jobId = '';
const content = 'product_type gravity_field\n'.repeat(200);
const drafts: string[] = [];
let published = '';
/** 2023-01-01T23:30:00Z; GPS is 18 s ahead. */
const START_GPS = 725_887_818;
const fileId = randomUUID();

async function addProduct(change: Record<string, unknown> = {}): Promise<string> {
  const id = randomUUID();
  await harness.objects.put('products', `solutions/${id}.gfc`, Buffer.from(content));
  await harness.db.kysely
    .insertInto('gravity_products')
    .values({
      id,
      job_id: jobId,
      user_id: owner.id,
      kind: 'coefficients',
      file_name: 'Lösung "1".gfc',
      media_type: 'text/plain; charset=utf-8',
      object_key: `solutions/${id}.gfc`,
      bytes: content.length,
      sha256: sha256(content),
      recipe_hash: sha256('recipe'),
      degree_max: 60,
      time_start: '2023-01-01T00:00:00Z',
      time_end: '2023-01-31T00:00:00Z',
      satellites: ['GRACE-C', 'GRACE-D'],
      status: 'draft',
      metadata: '{"a": 1}',
      quality: '{}',
      ...change,
    })
    .execute();
  return id;
}

beforeAll(async () => {
  harness = await openHarness();
  admin = await harness.addUser('admin');
  owner = await harness.addUser('owner');
  reader = await harness.addUser('reader');
  jobId = (await harness.request('POST', '/ops/process', { token: owner.token, json: manual.process })).body
    .id;
  // Several at the same microsecond: a cursor on time alone would lose or repeat some.
  const created_at = '2024-05-01T00:00:00.123456Z';
  for (let i = 0; i < 5; i++) drafts.push(await addProduct({ created_at }));
  published = await addProduct({
    status: 'published',
    published_at: new Date(),
    kind: 'map',
    satellites: ['SIM-A', 'SIM-B'],
    stac: '{"type": "Feature", "stac_version": "1.1.0"}',
  });
  await harness.db.kysely
    .insertInto('ingested_files')
    .values({
      id: fileId,
      sha256: sha256('file'),
      file_name: 'GPS1B_2023-01-01_C_04.txt',
      product: 'GPS1B',
      satellite: 'GRACE-C',
      records: 6,
      bytes: 100,
      object_key: 'x',
      columns: '[{"name": "range", "unit": "m", "kind": "number"}]',
      quality: '{"gaps": 0}',
      metadata: '{}',
      job_id: jobId,
      user_id: owner.id,
    })
    .execute();
  // Three GPS satellites at each of two epochs an hour apart.
  const start = Date.parse('2023-01-01T23:30:00Z');
  await harness.db.kysely
    .insertInto('satellite_observations')
    .values(
      [0, 0, 0, 1, 1, 1].map((hour, i) => ({
        time: new Date(start + hour * 3_600_000),
        gps_seconds: START_GPS + hour * 3600,
        satellite: 'GRACE-C',
        product: 'GPS1B',
        file_id: fileId,
        values: [i],
        labels: null,
        quality_flag: null,
      })),
    )
    .execute();
  await harness.db.kysely
    .insertInto('baseline_vectors')
    .values({
      time: new Date(start),
      gps_seconds: START_GPS,
      pair: 'GRACE-C/GRACE-D',
      product: 'KBR1B',
      file_id: fileId,
      range_rate: 0.25,
      biased_range: null,
      range_acceleration: null,
      ionosphere_correction: null,
      light_time_range: null,
      light_time_rate: null,
      light_time_acceleration: null,
      antenna_range: null,
      antenna_rate: null,
      antenna_acceleration: null,
      snr: [1, 2, 3, 4],
      quality_flag: null,
    })
    .execute();
  // as copyIn does
  await markSeries(
    harness.db.kysely,
    'satellite_observations',
    [0, 1].map((hour) => ({
      owner: 'GRACE-C',
      product: 'GPS1B',
      bucket: new Date(Date.parse('2023-01-01T23:00:00Z') + hour * 3_600_000).toISOString(),
    })),
  );
  await markSeries(harness.db.kysely, 'baseline_vectors', [
    { owner: 'GRACE-C/GRACE-D', product: 'KBR1B', bucket: '2023-01-01T23:00:00Z' },
  ]);
});
afterAll(() => harness.close());

const get = (url: string, token = owner.token, headers: Record<string, string> = {}) =>
  harness.request('GET', url, { token, headers });

/** All items of a cursor list, page by page. */
async function walk(url: string, token = owner.token): Promise<{ id: string }[]> {
  const items: { id: string }[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof get>> = await get(
      `${url}${cursor === null ? '' : `&cursor=${cursor}`}`,
      token,
    );
    expect(page.status, page.text).toBe(200);
    items.push(...page.body.items);
    cursor = page.body.next_cursor;
  } while (cursor !== null && items.length < 100);
  return items;
}

describe('products', () => {
  it('shows drafts to their owner and admins, published ones to every user', async () => {
    for (const draft of drafts.slice(0, 1)) {
      for (const part of ['', '/content', '/provenance', '/stac', '/url']) {
        expect((await get(`/products/${draft}${part}`, reader.token)).status, part).toBe(404);
      }
      expect((await get(`/products/${draft}/content`, admin.token)).status).toBe(200);
      expect((await get(`/products/${draft}`)).body).toMatchObject({
        id: draft,
        status: 'draft',
        metadata: { a: 1 },
      });
    }
    expect((await get(`/products/${published}/content`, reader.token)).text).toBe(content);
    expect((await walk('/products?limit=10', reader.token)).map(({ id }) => id)).toEqual([published]);
    expect(await walk('/products?limit=10', admin.token)).toHaveLength(6);
  });

  it('pages without loss or repetition, also over equal times', async () => {
    const ids = (await walk('/products?limit=2')).map(({ id }) => id);
    expect(ids).toHaveLength(6);
    expect(new Set(ids)).toEqual(new Set([...drafts, published]));
  });

  it('filters', async () => {
    const count = async (query: string) => (await walk(`/products?${query}`)).length;
    expect(await count('status=published')).toBe(1);
    expect(await count('kind=coefficients')).toBe(5);
    expect(await count('satellite=GRACE-FO-1')).toBe(5);
    expect(await count('satellite=SIM-A&kind=map')).toBe(1);
    expect(await count('degree_max=60')).toBe(6);
    expect(await count('degree_max=61')).toBe(0);
    expect(await count(`job_id=${jobId}`)).toBe(6);
  });

  it('answers 304 to a client that has the product, and 200 once it changed', async () => {
    const url = `/products/${published}`;
    const first = await get(url);
    const etag = first.headers.etag as string;
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await get(url, owner.token, { 'if-none-match': `"other", W/${etag}` });
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
    await harness.db.kysely
      .updateTable('gravity_products')
      .set({ metadata: '{"a": 2}' })
      .where('id', '=', published)
      .execute();
    expect((await get(url, owner.token, { 'if-none-match': etag })).status).toBe(200);
  });

  it('serves the file with name, checksum and ranges', async () => {
    const url = `/products/${published}/content`;
    const whole = await get(url);
    expect(whole.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(content.length),
      'x-checksum-sha256': sha256(content),
      'repr-digest': `sha-256=:${Buffer.from(sha256(content), 'hex').toString('base64')}:`,
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="L_sung _1_.gfc"; filename*=UTF-8''L%C3%B6sung%20%221%22.gfc`,
    });
    expect(whole.text).toBe(content);
    const n = content.length;
    for (const [range, from, to] of [
      ['bytes=0-9', 0, 10],
      ['bytes=10-', 10, n],
      ['bytes=-5', n - 5, n],
      [`bytes=${n - 1}-99999999`, n - 1, n],
      ['bytes=0-0', 0, 1],
    ] as const) {
      const part = await get(url, owner.token, { range });
      expect(part.status, range).toBe(206);
      expect(part.text).toBe(content.slice(from, to));
      expect(part.headers['content-range']).toBe(`bytes ${from}-${to - 1}/${n}`);
    }
    for (const range of ['bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-']) {
      expect((await get(url, owner.token, { range })).status, range).toBe(200);
    }
    for (const range of [`bytes=${n}-`, 'bytes=-0']) {
      const refused = await get(url, owner.token, { range });
      expect(refused.status, range).toBe(416);
      expect(refused.headers['content-range']).toBe(`bytes */${n}`);
    }
    const etag = whole.headers.etag as string;
    expect((await get(url, owner.token, { range: 'bytes=0-9', 'if-range': '"older"' })).status).toBe(200);
    expect((await get(url, owner.token, { range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    expect((await get(url, owner.token, { 'if-none-match': etag })).status).toBe(304);
  });

  it('gives a link that works without a token', async () => {
    const answer = await get(`/products/${published}/url?expires=60`);
    expect(Date.parse(answer.body.expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
    const path = answer.body.url.slice(harness.config.baseUrl.length);
    expect((await harness.request('GET', path)).text).toBe(content);
  });

  it('gives the STAC item when there is one', async () => {
    const stac = await get(`/products/${published}/stac`);
    expect(stac.headers['content-type']).toMatch(/^application\/geo\+json/);
    expect(stac.body).toEqual({ type: 'Feature', stac_version: '1.1.0' });
    expect((await get(`/products/${drafts[0]}/stac`)).status).toBe(404);
  });

  it('follows the provenance back to the files and the jobs that brought them', async () => {
    const ingest = await harness.request('POST', '/ops/ingest', { token: owner.token, json: manual.ingest });
    await harness.db.kysely
      .updateTable('ingested_files')
      .set({ job_id: ingest.body.id })
      .where('id', '=', fileId)
      .execute();
    await harness.db.kysely
      .insertInto('provenance_edges')
      .values([
        { job_id: jobId, relation: 'used', entity_kind: 'file', entity_id: fileId, sha256: sha256('file') },
        {
          job_id: jobId,
          relation: 'used',
          entity_kind: 'model',
          entity_id: 'GGM05C',
          data: '{"degree": 60}',
        },
        { job_id: jobId, relation: 'generated', entity_kind: 'product', entity_id: published },
      ])
      .execute();
    const { body } = await get(`/products/${published}/provenance`, reader.token);
    expect(body).toMatchObject({
      product_id: published,
      sha256: sha256(content),
      recipe_hash: sha256('recipe'),
    });
    expect(body.activities.map(({ job_id }: { job_id: string }) => job_id)).toEqual([jobId, ingest.body.id]);
    expect(body.activities[0]).toMatchObject({
      type: 'process',
      parameters: manual.process,
      used: [
        { kind: 'file', id: fileId, sha256: sha256('file') },
        { kind: 'model', id: 'GGM05C', data: { degree: 60 } },
      ],
      generated: [{ kind: 'product', id: published }],
    });
  });
});

describe('observations', () => {
  it('lists files with their quality', async () => {
    const { body } = await get('/files?product=GPS1B&satellite=GRACE-C');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({ id: fileId, records: 6, quality: { gaps: 0 } });
    expect(body.items[0]).not.toHaveProperty('object_key');
    expect((await get(`/files/${fileId}`)).body).toEqual(body.items[0]);
    expect((await get('/files?product=ACC1B')).body.items).toEqual([]);
  });

  it('counts records per day and hour, satellites and pairs', async () => {
    const interval = 'start_time=2023-01-01T00:00:00Z&end_time=2023-01-03T00:00:00Z';
    const days = (await get(`/observations/coverage?${interval}`)).body;
    expect(days.items).toEqual([
      { time: '2023-01-01T00:00:00.000Z', satellite: 'GRACE-C', product: 'GPS1B', count: 3 },
      { time: '2023-01-01T00:00:00.000Z', satellite: 'GRACE-C/GRACE-D', product: 'KBR1B', count: 1 },
      { time: '2023-01-02T00:00:00.000Z', satellite: 'GRACE-C', product: 'GPS1B', count: 3 },
    ]);
    const hours = (await get(`/observations/coverage?${interval}&bucket=hour&product=GPS1B`)).body;
    expect(hours.items.map(({ time }: { time: string }) => time)).toEqual([
      '2023-01-01T23:00:00.000Z',
      '2023-01-02T00:00:00.000Z',
    ]);
    const latest = (await get('/observations/coverage?satellite=GRACE-FO-1')).body;
    expect(latest.items.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(6);
  });

  it('pages through records that share an epoch', async () => {
    for (const limit of [1, 2, 4, 6, 100]) {
      const seen: number[] = [];
      let cursor: string | null = null;
      do {
        const more: string = cursor === null ? '' : `&cursor=${cursor}`;
        const { body } = await get(`/observations?satellite=GRACE-C&product=GPS1B&limit=${limit}${more}`);
        seen.push(...body.items.map(({ data }: { data: { values: number[] } }) => data.values[0]));
        cursor = body.next_cursor;
      } while (cursor !== null && seen.length < 20);
      expect(seen, `limit ${limit}`).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  it('reads pairs and names columns', async () => {
    const { body } = await get('/observations?satellite=GRACE-FO-1%2FGRACE-FO-2&product=KBR1B');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({
      gps_seconds: START_GPS,
      data: { range_rate: 0.25, snr: [1, 2, 3, 4] },
    });
    expect(body.files[0].columns).toEqual([{ name: 'range', unit: 'm', kind: 'number' }]);
  });
});

describe('audit trail', () => {
  it('holds one row per request, also for refused ones, and no secret', async () => {
    const before = (await get('/audit?limit=1', admin.token)).body.items[0].time;
    await harness.request('POST', '/auth/token', {
      json: { username: 'owner', password: 'my secret guess' },
    });
    await get('/ops/jobs/550e8400-e29b-41d4-a716-446655440000?token=abcdef', reader.token);
    await get('/nothing/here', reader.token);
    await harness.request('PUT', '/ops/plan', { token: reader.token });
    const { body, text } = await get(`/audit?start_time=${before}`, admin.token);
    const rows = body.items.map((row: Record<string, unknown>) => [
      row.action,
      row.method,
      row.resource,
      row.status,
      row.username,
    ]);
    const after = [
      ['listAudit', 'GET', '/audit', 200, 'admin'],
      ['login', 'POST', '/auth/token', 401, null],
      ['getJob', 'GET', '/ops/jobs/550e8400-e29b-41d4-a716-446655440000', 404, 'reader'],
      ['unknown', 'GET', '/nothing/here', 404, null],
      ['unknown', 'PUT', '/ops/plan', 405, null],
    ];
    // Requests of one millisecond come in any order; one or more of before may share it with the first.
    expect(rows.slice(0, 7)).toEqual(expect.arrayContaining(after));
    expect(rows.filter(([, , resource]: string[]) => resource === '/nothing/here')).toHaveLength(1);
    expect(text).not.toMatch(/secret guess|abcdef|eyJ/);
  });

  it('shows others only their own rows, in pages', async () => {
    await get('/auth/me', reader.token);
    const first = await get('/audit?limit=2', reader.token);
    expect(first.body.items.every((row: { user_id: string }) => row.user_id === reader.id)).toBe(true);
    const second = await get(`/audit?limit=2&cursor=${first.body.next_cursor}`, reader.token);
    const ids = [...first.body.items, ...second.body.items].map(({ request_id }) => request_id);
    expect(new Set(ids).size).toBe(ids.length);
    const foreign = await get(`/audit?user_id=${owner.id}`, reader.token);
    expect(foreign.body.items).toEqual([]);
    const mine = await get(`/audit?user_id=${owner.id}&action=createProcess&status=201`, admin.token);
    expect(mine.body.items).toHaveLength(1);
  });
});

it('says what may be asked for', async () => {
  const { body } = await get('/limits');
  expect(body.processing.degree_max).toEqual({ min: 2, max: 180 });
  const { limit_bytes, degree_max, bytes_by_degree } = body.processing.memory;
  expect(limit_bytes).toBe(harness.config.memoryLimitBytes);
  for (const { degree, bytes } of bytes_by_degree) expect(bytes <= limit_bytes).toBe(degree <= degree_max);
  expect(body.requests.body_bytes).toBe(harness.config.bodyLimitBytes);
  expect(body.queue.pending).toBeGreaterThan(0);
});
