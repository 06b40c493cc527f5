import { createHash, randomUUID } from 'node:crypto';
import { catalogTask } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUser } from '../helpers.js';
import { bytesOf, insertJob, keysOf, openTestServer, runJob, type TestServer } from '../process/support.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A product as a process job leaves it. */
async function insertProduct(userId = server.userId): Promise<string> {
  const id = randomUUID();
  const jobId = await insertJob(server, 'process', {}, 'completed', userId);
  const bytes = Buffer.from(`coefficients of ${id}\n`);
  const objectKey = `${jobId}/${sha256(bytes)}/field.gfc`;
  await server.objects.put('products', objectKey, bytes);
  await server.db.kysely
    .insertInto('gravity_products')
    .values({
      id,
      job_id: jobId,
      user_id: userId,
      kind: 'coefficients',
      file_name: 'field.gfc',
      media_type: 'text/plain',
      object_key: objectKey,
      bytes: bytes.length,
      sha256: sha256(bytes),
      recipe_hash: 'c'.repeat(64),
      degree_max: 30,
      time_start: '2023-06-01T00:00:00Z',
      time_end: '2023-06-04T00:00:00Z',
      satellites: ['GRACE-C', 'GRACE-D'],
      status: 'draft',
      metadata: JSON.stringify({ mission: 'GRACE-FO', format: 'ICGEM' }),
      quality: JSON.stringify({}),
    })
    .execute();
  return id;
}

const product = (id: string) =>
  server.db.kysely.selectFrom('gravity_products').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const request = (ids: readonly string[], more: Record<string, unknown> = {}) => ({
  product_ids: ids,
  metadata: { mission: 'GRACE-FO', processing_center: 'Test Centre', version: '1.0' },
  publish: false,
  archive: false,
  ...more,
});

describe('catalog', () => {
  it('merges metadata and stores a STAC 1.1.0 item with the checksum', async () => {
    const id = await insertProduct();
    await runJob(server, 'catalog', catalogTask, request([id]));
    const row = await product(id);
    expect(row.status).toBe('draft');
    expect(row.metadata).toMatchObject({ format: 'ICGEM', processing_center: 'Test Centre', version: '1.0' });
    const item = JSON.parse(
      (await bytesOf(server, 'products', `${row.object_key}.stac.json`)).toString('utf8'),
    );
    expect(item).toEqual(row.stac);
    expect(item).toMatchObject({ type: 'Feature', stac_version: '1.1.0', id });
    expect(item.properties).toMatchObject({
      start_datetime: '2023-06-01T00:00:00Z',
      end_datetime: '2023-06-04T00:00:00Z',
      'gravity:degree_max': 30,
    });
    // Multihash of SHA-256: 0x12 0x20, then the digest (STAC file extension).
    expect(item.assets.data['file:checksum']).toBe(`1220${row.sha256}`);
    expect(item.assets.data.href).toContain(`/products/${id}/content`);
  });

  it('publishes once: the time of the first publication stays', async () => {
    const id = await insertProduct();
    await runJob(server, 'catalog', catalogTask, request([id], { publish: true }));
    const first = await product(id);
    expect(first.status).toBe('published');
    await runJob(server, 'catalog', catalogTask, request([id], { publish: true }));
    expect((await product(id)).published_at).toEqual(first.published_at);
    await runJob(server, 'catalog', catalogTask, request([id]));
    expect((await product(id)).status).toBe('published');
  });

  it('archives an immutable copy; the second time nothing changes', async () => {
    const id = await insertProduct();
    await runJob(server, 'catalog', catalogTask, request([id], { archive: true }));
    const row = await product(id);
    const key = `archive/2023/${row.sha256}/field.gfc`;
    expect(row.archive_key).toBe(key);
    expect(sha256(await bytesOf(server, 'products', key))).toBe(row.sha256);
    const before = await server.objects.head('products', `${key}.stac.json`);
    await runJob(
      server,
      'catalog',
      catalogTask,
      request([id], { archive: true, metadata: { mission: 'other', processing_center: 'x', version: '2' } }),
    );
    expect((await product(id)).archived_at).toEqual(row.archived_at);
    expect(await server.objects.head('products', `${key}.stac.json`)).toEqual(before);
    expect(await keysOf(server, 'products', `archive/2023/${row.sha256}/`)).toHaveLength(2);
  });

  it('refuses the products of others as if they did not exist, and writes nothing', async () => {
    const own = await insertProduct();
    const stranger = await insertUser(server.db);
    const foreign = await insertProduct(stranger);
    const missing = randomUUID();
    await expect(
      runJob(server, 'catalog', catalogTask, request([own, foreign, missing], { publish: true })),
    ).rejects.toMatchObject({
      code: 'product_not_found',
      message: expect.stringMatching(new RegExp(`${foreign}, ${missing}`)),
      errors: [{ field: 'product_ids[1]' }, { field: 'product_ids[2]' }],
    });
    expect((await product(own)).status).toBe('draft');
    expect(
      await server.objects.head('products', `${(await product(own)).object_key}.stac.json`),
    ).toBeUndefined();
  });

  it('lets an admin catalogue all products', async () => {
    const id = await insertProduct();
    const admin = await insertUser(server.db);
    await server.db.kysely.updateTable('users').set({ role: 'admin' }).where('id', '=', admin).execute();
    await runJob(server, 'catalog', catalogTask, request([id], { publish: true }), { userId: admin });
    expect((await product(id)).status).toBe('published');
  });

  it('refuses a product whose bytes have changed', async () => {
    const good = await insertProduct();
    const bad = await insertProduct();
    await server.objects.put('products', (await product(bad)).object_key, Buffer.from('something else'));
    await expect(
      runJob(server, 'catalog', catalogTask, request([good, bad], { publish: true })),
    ).rejects.toMatchObject({ code: 'checksum_mismatch', message: expect.stringContaining(bad) });
    expect((await product(good)).status).toBe('draft');
  });

  it('names wrong fields', async () => {
    const wrong = { product_ids: ['x'], metadata: { mission: 5 }, publish: 'yes', archive: false };
    await expect(runJob(server, 'catalog', catalogTask, wrong)).rejects.toMatchObject({
      code: 'invalid_parameters',
      errors: [{ field: 'product_ids[0]' }, { field: 'metadata.mission' }, { field: 'publish' }],
    });
  });
});
