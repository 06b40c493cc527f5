import { createHash } from 'node:crypto';
import {
  GetBucketLifecycleConfigurationCommand,
  HeadObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  checkConsistency,
  type ObjectStore,
  openObjectStore,
  type S3Settings,
  startStorageMaintenance,
} from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { openHarness } from '../http-harness.js';
import { hasMoto, type S3Server, startMoto } from '../services/s3.js';
import { objectStoreContract } from './object-store-contract.js';

const hashOf = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

// moto's server knows lifecycle, conditions and encryption; the files of a machine without Python are s3rver's
describe.skipIf(!hasMoto())('S3 (moto)', () => {
  const folder = temporaryFolder();
  let server: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    server = await startMoto();
    client = new S3Client({
      endpoint: server.settings.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: server.settings.accessKey, secretAccessKey: server.settings.secretKey },
    });
  });
  afterAll(async () => {
    await server.remove();
    folder.remove();
  });
  const open = (settings: Partial<S3Settings> = {}): Promise<ObjectStore> =>
    openObjectStore(testConfig(folder.path, { s3: { ...server.settings, retrySeconds: 10, ...settings } }));
  const lifecycle = async (bucket: string) =>
    (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules ?? [];

  objectStoreContract('moto', () => open());

  it('lets the store expire temp after 7 and processed-data after 90 days and give up unfinished uploads', async () => {
    const store = await open({ bucketPrefix: 'life-' });
    expect(store.expiresObjects).toBe(true);
    const rules = async (bucket: string) =>
      (await lifecycle(bucket)).map((rule) => [
        rule.ID,
        rule.Status,
        rule.Expiration?.Days,
        rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
      ]);
    const abort = ['gravity-abort-multipart', 'Enabled', undefined, 2];
    expect(await rules('life-temp')).toEqual([['gravity-expire', 'Enabled', 7, undefined], abort]);
    expect(await rules('life-processed-data')).toEqual([['gravity-expire', 'Enabled', 90, undefined], abort]);
    expect(await rules('life-products')).toEqual([abort]);
    expect(await rules('life-raw-data')).toEqual([abort]);
  });

  it('keeps the rules of others and mends its own', async () => {
    const theirs = {
      ID: 'theirs',
      Status: 'Enabled',
      Filter: { Prefix: 'logs/' },
      Expiration: { Days: 3 },
    } as const;
    const old = {
      ID: 'gravity-expire',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      Expiration: { Days: 1 },
    } as const;
    await open({ bucketPrefix: 'mend-' });
    await client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: 'mend-temp',
        LifecycleConfiguration: { Rules: [theirs, old] },
      }),
    );
    await open({ bucketPrefix: 'mend-' });
    const rules = await lifecycle('mend-temp');
    expect(rules.map(({ ID, Expiration }) => [ID, Expiration?.Days])).toEqual([
      ['theirs', 3],
      ['gravity-expire', 7],
      ['gravity-abort-multipart', undefined],
    ]);
    expect(rules[0].Filter?.Prefix).toBe('logs/');
  });

  it('signs links that work with nothing else, under the address that clients use', async () => {
    const store = await open();
    await store.put('products', 'a b/field+1.gfc', Buffer.from('coefficients'));
    const link = await store.presign('GET', 'products', 'a b/field+1.gfc', 60);
    const answer = await fetch(link);
    expect(await answer.text()).toBe('coefficients');
    const put = await fetch(await store.presign('PUT', 'temp', 'by-link', 60), {
      method: 'PUT',
      body: 'sent',
    });
    expect(put.status).toBe(200);
    expect(await store.head('temp', 'by-link')).toMatchObject({ bytes: 4, sha256: hashOf('sent') });
    const elsewhere = await open({ publicEndpoint: 'https://data.example.org' });
    const url = new URL(await elsewhere.presign('GET', 'products', 'x', 60));
    expect(url.origin).toBe('https://data.example.org');
    expect(url.pathname).toBe('/products/x');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
  });

  it('signs the size, the checksum and the encryption of an upload', async () => {
    const store = await open({ serverSideEncryption: 'aws:kms', kmsKeyId: 'key-1' });
    const content = Buffer.from('some records');
    const sha256 = hashOf(content);
    const { url, headers } = await store.presignUpload('temp', 'signed', 60, {
      bytes: content.length,
      sha256,
    });
    expect(headers).toEqual({
      'content-length': '12',
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
    });
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';').sort()).toEqual(
      [...Object.keys(headers), 'host'].sort(),
    );
    const { 'content-length': _length, ...rest } = headers;
    expect((await fetch(url, { method: 'PUT', body: content, headers: rest })).status).toBe(200);
    expect(await store.head('temp', 'signed')).toMatchObject({ bytes: 12, sha256 });
  });

  it.each([
    ['AES256', undefined],
    ['aws:kms', 'arn:aws:kms:us-east-1:123456789012:key/abc'],
  ] as const)('encrypts every object it writes: %s', async (serverSideEncryption, kmsKeyId) => {
    const store = await open({ serverSideEncryption, ...(kmsKeyId !== undefined && { kmsKeyId }) });
    const large = Buffer.alloc(17 << 20, 7);
    await store.put('temp', 'enc/small', Buffer.from('x'));
    await store.put('temp', 'enc/large', large);
    await store.copy({ bucket: 'temp', key: 'enc/small' }, { bucket: 'products', key: 'enc/copy' });
    for (const [Bucket, Key] of [
      ['temp', 'enc/small'],
      ['temp', 'enc/large'],
      ['products', 'enc/copy'],
    ]) {
      const answer = await client.send(new HeadObjectCommand({ Bucket, Key }));
      expect(answer.ServerSideEncryption, Key).toBe(serverSideEncryption);
      expect(answer.SSEKMSKeyId, Key).toBe(kmsKeyId);
    }
    expect((await store.head('temp', 'enc/large'))?.sha256).toBe(hashOf(large));
  });

  it('archives once, whoever else writes at the same time', async () => {
    const store = await open();
    const contents = Array.from({ length: 6 }, (_, index) => Buffer.from(`content ${index}`));
    const outcomes = await Promise.allSettled(
      contents.map((data) => store.put('products', 'archive/race', data)),
    );
    const written = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(written).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'immutable' });
    }
    const again = await store.head('products', 'archive/race');
    expect(again?.sha256).toBe((written[0] as PromiseFulfilledResult<{ sha256: string }>).value.sha256);
  });

  it('takes uploads past the server, and compares what was put beside the rows', async () => {
    const objects = await open({ bucketPrefix: 'http-' });
    const harness = await openHarness({}, { objects });
    try {
      const user = await harness.addUser('alice');
      const data = Buffer.from('a b c\n'.repeat(1000));
      const link = await harness.request('POST', '/ops/uploads', {
        token: user.token,
        json: { file_name: 'day.txt', bytes: data.length, sha256: hashOf(data) },
      });
      expect(link.status, link.text).toBe(201);
      expect(link.body.url.startsWith(server.settings.endpoint)).toBe(true);
      const { 'content-length': _length, ...headers } = link.body.headers;
      const put = await fetch(link.body.url, { method: 'PUT', body: data, headers });
      expect(put.status, await put.text()).toBe(200);
      const json = {
        data_source: link.body.data_source,
        data_type: 'l1b',
        satellites: ['GRACE-A'],
        start_time: '2025-01-01T00:00:00Z',
        end_time: '2025-01-31T23:59:59Z',
        validate_data: true,
      };
      expect((await harness.request('POST', '/ops/ingest', { token: user.token, json })).status).toBe(201);
      await client.send(new PutObjectCommand({ Bucket: 'http-raw-data', Key: 'stray', Body: 'x' }));
      const report = await checkConsistency(harness.db, objects);
      expect(report).toMatchObject({ orphanObjects: 1, examples: ['raw-data/stray belongs to no row'] });
    } finally {
      await harness.close();
    }
  });

  it('leaves expiry to the store and removes what killed writers left', async () => {
    const store = await open();
    await store.put('temp', 'stays', Buffer.from('x'));
    const errors: unknown[] = [];
    const maintenance = startStorageMaintenance(store, { onError: (error) => errors.push(error) });
    await maintenance.stop();
    expect(errors).toEqual([]);
    expect(await store.head('temp', 'stays')).toBeDefined();
  });
});
