import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, manual, openHarness, sha256 } from './http-harness.js';

let harness: Harness;
let user: { readonly id: string; readonly token: string };
let viewer: { readonly token: string };
const LIMIT = 50_000;
beforeAll(async () => {
  harness = await openHarness({ uploadLimitBytes: LIMIT });
  const admin = await harness.addUser('first');
  user = await harness.addUser('alice');
  viewer = await harness.addUser('victor');
  const me = await harness.request('GET', '/auth/me', { token: viewer.token });
  const demoted = await harness.request('PATCH', `/users/${me.body.id}`, {
    token: admin.token,
    json: { role: 'viewer' },
  });
  expect(demoted.status, demoted.text).toBe(200);
});
afterAll(() => harness.close());

const data = Buffer.from('one record\n'.repeat(500));
const octets = { 'content-type': 'application/octet-stream' };
const ask = (json: unknown, token = user.token) => harness.request('POST', '/ops/uploads', { token, json });
const pathOf = (url: string) => url.slice(harness.config.baseUrl.length);

describe('uploads by a signed link', () => {
  it('takes exactly the file announced, without a token, and gives it as a data source', async () => {
    const link = await ask({ file_name: '../day one.txt', bytes: data.length, sha256: sha256(data) });
    expect(link.status, link.text).toBe(201);
    expect(link.body).toMatchObject({
      file_name: 'day_one.txt',
      method: 'PUT',
      data_source: `upload:${link.body.upload_id}`,
      headers: { 'content-length': String(data.length) },
    });
    const left = Date.parse(link.body.expires_at) - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
    const json = {
      ...manual.ingest,
      data_source: link.body.data_source,
      data_type: 'table',
      table: { kind: 'orbit', frame: 'celestial', time_scale: 'GPS', satellite: 'GRACE-A' },
    };
    const before = await harness.request('POST', '/ops/ingest', { token: user.token, json });
    expect(before.status).toBe(422);
    expect(before.body.errors[0]).toMatchObject({ field: 'data_source', message: /unknown upload/ });
    const sent = await harness.request('PUT', pathOf(link.body.url), { payload: data, headers: octets });
    expect(sent.status, sent.text).toBe(200);
    expect(sent.body).toMatchObject({ bytes: data.length, sha256: sha256(data) });
    expect((await harness.request('POST', '/ops/ingest', { token: user.token, json })).status).toBe(201);
    // it is the user's own
    const other = await harness.addUser(`other${Date.now()}`);
    expect((await harness.request('POST', '/ops/ingest', { token: other.token, json })).status).toBe(422);
  });

  it('stores nothing of another length or content, nor under a changed link', async () => {
    const link = await ask({ file_name: 'x.txt', bytes: data.length, sha256: sha256(data) });
    const url = pathOf(link.body.url);
    const put = (address: string, payload: Buffer) =>
      harness.request('PUT', address, { payload, headers: octets });
    expect((await put(url, data.subarray(1))).status).toBe(400);
    expect((await put(url, Buffer.concat([data, data]))).status).toBe(413);
    const altered = await put(url, Buffer.from(data).fill('y', 0, 1));
    expect(altered.status).toBe(422);
    expect(altered.body.errors[0].field).toBe('sha256');
    for (const changed of [
      url.replace(`bytes=${data.length}`, `bytes=${data.length + 1}`),
      url.replace(`bytes=${data.length}&`, ''),
      url.replace(/sha256=\w+&/, ''),
      url.replace('x.txt', 'y.txt'),
    ]) {
      expect(changed).not.toBe(url);
      expect((await put(changed, data)).status, changed).toBe(403);
    }
    const stored: string[] = [];
    for await (const { key } of harness.objects.entries('temp', `uploads/${link.body.upload_id}`))
      stored.push(key);
    expect(stored).toEqual([]);
    expect((await put(url, data)).status).toBe(200);
  });

  it.each([
    ['too large', { file_name: 'a', bytes: LIMIT + 1 }, 413, undefined],
    ['no size', { file_name: 'a' }, 422, 'bytes'],
    ['no bytes', { file_name: 'a', bytes: 0 }, 422, 'bytes'],
    ['a size as text', { file_name: 'a', bytes: '10' }, 422, 'bytes'],
    ['no name', { bytes: 10 }, 422, 'file_name'],
    ['a name that is none', { file_name: '../..', bytes: 10 }, 422, 'file_name'],
    ['a bad checksum', { file_name: 'a', bytes: 10, sha256: 'ABC' }, 422, 'sha256'],
    ['an unknown field', { file_name: 'a', bytes: 10, key: 'b' }, 422, 'key'],
    ['a list', [], 422, undefined],
  ])('refuses %s', async (_what, json, status, field) => {
    const answer = await ask(json);
    expect(answer.status, answer.text).toBe(status);
    if (field !== undefined) expect(answer.body.errors[0].field).toBe(field);
  });

  it('refuses what is no JSON, a body that is too long for one, and a viewer', async () => {
    const send = (payload: string) =>
      harness.request('POST', '/ops/uploads', {
        token: user.token,
        payload,
        headers: { 'content-type': 'application/json' },
      });
    expect((await send('{')).status).toBe(400);
    expect((await send('')).status).toBe(400);
    expect((await send(JSON.stringify({ file_name: 'x'.repeat(20_000), bytes: 1 }))).status).toBe(413);
    expect((await ask({ file_name: 'a', bytes: 1 }, viewer.token)).status).toBe(403);
  });

  it('is described', async () => {
    const api = await harness.request('GET', '/openapi.json');
    const { requestBody, responses } = api.body.paths['/ops/uploads'].post;
    expect(Object.keys(requestBody.content)).toEqual([
      'application/octet-stream',
      'multipart/form-data',
      'application/json',
    ]);
    const { schemas } = api.body.components;
    expect(requestBody.content['application/json'].schema.$ref).toBe(
      '#/components/schemas/UploadLinkRequest',
    );
    expect(schemas.UploadLinkRequest.required).toEqual(['file_name', 'bytes']);
    expect(JSON.stringify(responses['201'])).toContain('#/components/schemas/UploadLink"');
  });
});
