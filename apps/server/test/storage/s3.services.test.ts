import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect, promisify } from 'node:util';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  boundObjectStore,
  type ObjectStore,
  openObjectStore,
  type S3Settings,
  startStorageMaintenance,
} from '@gravity/server';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { archive, createHarness, NO_LRI } from '../ingest/harness.js';
import { startProxy } from '../services/proxy.js';
import { hasMoto, startS3rver } from '../services/s3.js';
import { objectStoreContract } from './object-store-contract.js';

const folder = temporaryFolder();
const server = await startS3rver();
const proxy = await startProxy(server.port);
afterAll(async () => {
  await proxy.close();
  await server.remove();
  folder.remove();
});

const open = (settings: Partial<S3Settings> = {}): Promise<ObjectStore> =>
  openObjectStore(testConfig(folder.path, { s3: { ...server.settings, retrySeconds: 10, ...settings } }));
const throughProxy = { endpoint: `http://127.0.0.1:${proxy.port}` };
/** Asks the server without our code in between. */
const client = new S3Client({
  endpoint: server.settings.endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: server.settings.accessKey, secretAccessKey: server.settings.secretKey },
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
const spooled = () => readdirSync(join(folder.path, 'tmp'));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const hashOf = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

async function read(stream: Readable, onChunk?: (bytes: number) => Promise<void>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    await onChunk?.(bytes);
  }
  return Buffer.concat(parts);
}

objectStoreContract('S3 (s3rver)', () => open(), {
  listsByFolder: true,
  mixesWriters: true,
  // listings of several pages are moto's part, s3rver needs 15 s for them
  manyObjects: hasMoto() ? 60 : 1010,
});

describe('S3 over a bad connection', () => {
  const content = randomBytes(60_000_000);

  it('puts a stream whole although the connection is cut for seconds in the middle of the parts', async () => {
    const store = await open(throughProxy);
    const putting = store.put('temp', 'cut/put', Readable.from([content]));
    while (proxy.bytes() < 12_000_000) await pause(5);
    await proxy.cut();
    await pause(3000);
    await proxy.mend();
    expect(await putting).toMatchObject({ bytes: content.length, sha256: hashOf(content) });
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'temp', Key: 'cut/put' }));
    expect(hashOf((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(hashOf(content));
    expect(spooled()).toEqual([]);
  });

  it('gets an object whole although the connection is cut for seconds, and again', async () => {
    const store = await open(throughProxy);
    let cuts = 0;
    const received = await read(await store.get('temp', 'cut/put'), async (bytes) => {
      if ((cuts === 0 && bytes > 10_000_000) || (cuts === 1 && bytes > 30_000_000)) {
        cuts += 1;
        await proxy.cut();
        const mended = pause(cuts === 1 ? 2000 : 100).then(() => proxy.mend());
        if (cuts === 2) await mended;
      }
    });
    expect(cuts).toBe(2);
    expect(hashOf(received)).toBe(hashOf(content));
    // the same for a range
    cuts = 0;
    const range = await read(
      await store.get('temp', 'cut/put', { start: 1000, end: 49_999_999 }),
      async (bytes) => {
        if (cuts++ === 0 && bytes > 0) {
          await proxy.cut();
          await proxy.mend();
        }
      },
    );
    expect(range.equals(content.subarray(1000, 50_000_000))).toBe(true);
  });

  it('does not mix two contents when the object is replaced while the connection is cut', async () => {
    const store = await open(throughProxy);
    await store.put('temp', 'cut/replaced', content);
    let cut = false;
    const reading = read(await store.get('temp', 'cut/replaced'), async () => {
      if (cut) return;
      cut = true;
      await proxy.cut();
      await (await open()).put('temp', 'cut/replaced', randomBytes(content.length));
      await proxy.mend();
    });
    await expect(reading).rejects.toMatchObject({ code: 'changed' });
  });

  it('says that the store is unavailable after the time configured, without naming keys or objects', async () => {
    const store = await open({ ...throughProxy, retrySeconds: 2 });
    await proxy.cut();
    try {
      const calls: Record<string, () => Promise<unknown>> = {
        put: () => store.put('temp', 'down/x', Readable.from([Buffer.from('x')])),
        head: () => store.head('temp', 'down/x'),
        get: () => store.get('temp', 'down/x'),
        list: () => store.list('temp', 'down/')[Symbol.asyncIterator]().next(),
        delete: () => store.delete('temp', 'down/x'),
        copy: () => store.copy({ bucket: 'temp', key: 'down/x' }, { bucket: 'temp', key: 'down/y' }),
        open: () => open({ ...throughProxy, retrySeconds: 2 }),
      };
      const start = Date.now();
      for (const outcome of await Promise.allSettled(Object.values(calls).map((call) => call()))) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
        const { message } = (outcome as PromiseRejectedResult).reason as Error;
        expect(message).toContain(throughProxy.endpoint);
        expect(message).not.toContain(server.settings.secretKey);
        expect(message).not.toContain('down/x');
      }
      expect(Date.now() - start).toBeGreaterThan(1900);
      expect(Date.now() - start).toBeLessThan(8000);
      expect(spooled()).toEqual([]);
      const pinged = Date.now();
      await expect(store.ping()).rejects.toThrow();
      expect(Date.now() - pinged).toBeLessThan(3000);
    } finally {
      await proxy.mend();
    }
    await store.ping();
  });

  it('stops waiting when the signal says so', async () => {
    const controller = new AbortController();
    const store = boundObjectStore(await open({ ...throughProxy, retrySeconds: 60 }), {
      signal: controller.signal,
    });
    await proxy.cut();
    try {
      setTimeout(() => controller.abort(), 500);
      const start = Date.now();
      await expect(store.head('temp', 'x')).rejects.toMatchObject({ code: 'unavailable' });
      expect(Date.now() - start).toBeLessThan(4000);
    } finally {
      await proxy.mend();
    }
    // nor does maintenance hold up a stop
    const patient = await open({ ...throughProxy, retrySeconds: 60 });
    await proxy.cut();
    try {
      const errors: unknown[] = [];
      const maintenance = startStorageMaintenance(patient, { onError: (error) => errors.push(error) });
      const start = Date.now();
      await maintenance.stop();
      expect(Date.now() - start).toBeLessThan(4000);
      expect(errors).toEqual([]);
    } finally {
      await proxy.mend();
    }
    // what has to be tidied after an abort still works
    await store.put('temp', 'after-abort', Buffer.from('x'));
    await store.delete('temp', 'after-abort');
  });
});

describe('S3', () => {
  it('puts 200 MB with less than 80 MB of memory', async () => {
    const script = `
      import { openObjectStore } from '@gravity/server';
      import { Readable } from 'node:stream';
      const config = JSON.parse(process.env.STORE_CONFIG);
      const store = await openObjectStore({ ...config, jwtSecret: new Uint8Array(32) });
      await store.put('temp', 'warm', Buffer.alloc(1000));
      const base = process.memoryUsage.rss();
      let peak = base;
      setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()); }, 5).unref();
      const blocks = function* () { for (let n = 0; n < 2000; n++) yield Buffer.alloc(100_000, n); };
      const { bytes } = await store.put('temp', 'large', Readable.from(blocks()));
      console.log(JSON.stringify({ bytes, grown: peak - base }));
      process.exit();
    `;
    const config = {
      dataDir: folder.path,
      baseUrl: 'http://127.0.0.1:8000',
      s3: { ...server.settings, retrySeconds: 10 },
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--no-warnings', '-e', script],
      { env: { ...process.env, STORE_CONFIG: JSON.stringify(config) } },
    );
    const { bytes, grown } = JSON.parse(stdout) as { bytes: number; grown: number };
    expect(bytes).toBe(200_000_000);
    console.info(`200 MB put: resident memory grew by ${Math.round(grown / 1e6)} MB`);
    expect(grown).toBeLessThan(80e6);
  });

  it('tells the client of a download link the name of the file', async () => {
    const store = await open();
    await store.put('products', 'links/a b/field+1.gfc', Buffer.from('coefficients'));
    const answer = await fetch(await store.presign('GET', 'products', 'links/a b/field+1.gfc', 60));
    expect(await answer.text()).toBe('coefficients');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="field+1.gfc"');
  });

  it('names the variable when the credentials are wrong', async () => {
    const wrongKey = open({ accessKey: 'NOBODY' });
    await expect(wrongKey).rejects.toMatchObject({ code: 'access_denied', message: /MINIO_ACCESS_KEY/ });
    // s3rver checks no signatures of version 4; this is what S3 answers
    const picky = createServer((request, response) => {
      const body = '<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>';
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end(request.method === 'HEAD' ? undefined : body);
    }).listen(0, '127.0.0.1');
    await once(picky, 'listening');
    const { port } = picky.address() as AddressInfo;
    const wrongSecret = open({ endpoint: `http://127.0.0.1:${port}`, secretKey: 'not-the-secret' });
    const error = (await wrongSecret.catch((problem: unknown) => problem)) as Error;
    picky.close();
    expect(error).toMatchObject({ code: 'access_denied', message: /MINIO_SECRET_KEY/ });
    // neither the secret nor the signed request come into a log with it
    const shown = inspect(error, { depth: 20, showHidden: true });
    expect(shown).not.toMatch(/not-the-secret|AWS4-HMAC|S3RVER/);
  });

  it('opens in several processes at once, with a prefix of its own', async () => {
    const stores = await Promise.all([1, 2, 3].map(() => open({ bucketPrefix: 'second-' })));
    await stores[0].put('temp', 'whose', Buffer.from('second'));
    expect((await stores[2].head('temp', 'whose'))?.bytes).toBe(6);
    expect(await (await open()).head('temp', 'whose')).toBeUndefined();
    const answer = await client.send(new HeadObjectCommand({ Bucket: 'second-temp', Key: 'whose' }));
    expect(answer.Metadata?.sha256).toBe(hashOf(Buffer.from('second')));
  });

  it('finds the hash of an object that others have put there, once', async () => {
    // FIPS 180-2: SHA-256 of "abc"
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const store = await open();
    const put = (body: string) =>
      client.send(new PutObjectCommand({ Bucket: 'raw-data', Key: 'theirs/a.txt', Body: body }));
    await put('abc');
    await client.send(
      new PutObjectCommand({ Bucket: 'raw-data', Key: 'theirs/folder/', Body: '', ContentLength: 0 }),
    );
    const found: unknown[] = [];
    for await (const { key, sha256 } of store.list('raw-data', 'theirs/')) found.push([key, sha256]);
    expect(found).toEqual([['theirs/a.txt', sha256]]);
    expect((await store.head('raw-data', 'theirs/a.txt'))?.contentType).toBe('text/plain; charset=utf-8');
    // kept in the store for the next process, out of sight of callers
    const kept: string[] = [];
    for await (const { key } of store.entries('temp', '')) kept.push(key);
    expect(kept.filter((key) => key.startsWith('.'))).toEqual([]);
    expect((await (await open()).head('raw-data', 'theirs/a.txt'))?.sha256).toBe(sha256);
    await put('abd');
    expect((await store.head('raw-data', 'theirs/a.txt'))?.sha256).toBe(hashOf(Buffer.from('abd')));
    await store.tidy(new Date(Date.now() + 60_000));
    expect((await store.head('raw-data', 'theirs/a.txt'))?.sha256).toBe(hashOf(Buffer.from('abd')));
  });

  it('fails at the end of a stream whose bytes are not those that were stored', async () => {
    const store = await open();
    const put = (body: string) =>
      client.send(
        new PutObjectCommand({
          Bucket: 'temp',
          Key: 'rotten',
          Body: body,
          Metadata: { sha256: hashOf(Buffer.from('as it was stored')) },
        }),
      );
    await put('as it was stored');
    expect((await read(await store.get('temp', 'rotten'))).toString()).toBe('as it was stored');
    await put('as it was stoled');
    await expect(store.get('temp', 'rotten').then((stream) => read(stream))).rejects.toMatchObject({
      code: 'checksum_mismatch',
    });
    await expect(
      store.copy({ bucket: 'temp', key: 'rotten' }, { bucket: 'products', key: 'rotten' }),
    ).resolves.toBeDefined();
  });

  it('ingests from a bucket of others that GRAVITY_S3_SOURCE_BUCKETS names', async () => {
    const harness = await createHarness();
    try {
      await open({ bucketPrefix: 'gravity-' });
      const objects = await open({ sourceBuckets: ['gravity-raw-data'] });
      Object.assign(harness.objects, { sources: objects.sources });
      const body = archive(NO_LRI);
      await client.send(
        new PutObjectCommand({ Bucket: 'gravity-raw-data', Key: `raw/2023-06/${NO_LRI}`, Body: body }),
      );
      const run = (data_source: string) => harness.run({ data_source, satellites: ['GRACE-C', 'GRACE-D'] });
      expect((await run('s3://gravity-raw-data/raw/2023-06/')).totals).toMatchObject({ ingested: 9 });
      await expect(run('s3://gravity-raw-data/raw/2023-07/')).rejects.toMatchObject({
        code: 'source_not_found',
      });
      await expect(run('s3://gravity-temp/raw/')).rejects.toMatchObject({
        code: 'source_not_allowed',
        message: /GRAVITY_S3_SOURCE_BUCKETS allows gravity-raw-data/,
      });
    } finally {
      await harness.close();
    }
  });

  it('reads the buckets of others that are allowed, and writes none', async () => {
    await open({ bucketPrefix: 'gravity-data-' });
    const put = (Key: string, Body: string) =>
      client.send(new PutObjectCommand({ Bucket: 'gravity-data-temp', Key, Body }));
    await put('raw/2025-01/b file.txt', 'bbb');
    await put('raw/2025-01/deep/a.txt', 'a');
    await put('raw/2025-02/c.txt', 'c');
    const { sources } = await open({ sourceBuckets: ['gravity-data-temp', 'gone'] });
    const keys: string[] = [];
    for await (const { key } of sources!.list('gravity-data-temp', 'raw/2025-01/')) keys.push(key);
    expect(keys.sort()).toEqual(['raw/2025-01/b file.txt', 'raw/2025-01/deep/a.txt']);
    const stream = await sources!.open('gravity-data-temp', 'raw/2025-01/b file.txt');
    expect((await read(stream)).toString()).toBe('bbb');
    await expect(sources!.open('gravity-data-products', 'x')).rejects.toMatchObject({
      code: 'invalid_bucket',
      message: /GRAVITY_S3_SOURCE_BUCKETS/,
    });
    const missing = sources!.list('gone', '')[Symbol.asyncIterator]().next();
    await expect(missing).rejects.toMatchObject({ code: 'invalid_bucket', message: /no bucket gone/ });
  });
});
