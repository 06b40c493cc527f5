import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPresigner, openObjectStore } from '@gravity/server';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { objectStoreContract } from './object-store-contract.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

objectStoreContract('folder', () => openObjectStore(testConfig(folder.path)));

describe('folder object store', () => {
  it('leaves no temporary file after successes and failures', async () => {
    const store = await openObjectStore(testConfig(folder.path));
    await store.put('temp', 'clean/a', Buffer.from('a'));
    await store.put('temp', 'clean/b', Buffer.from('b'), { expectedSha256: 'f'.repeat(64) }).catch(() => {});
    expect(readdirSync(join(folder.path, 'objects', '.tmp'))).toEqual([]);
  });

  it('removes temporary files older than a day at open, younger ones stay', async () => {
    const old = join(folder.path, 'objects', '.tmp', 'old');
    const young = join(folder.path, 'objects', '.tmp', 'young');
    writeFileSync(old, 'x');
    writeFileSync(young, 'x');
    const past = new Date(Date.now() - 25 * 3_600_000);
    utimesSync(old, past, past);
    await openObjectStore(testConfig(folder.path));
    expect(existsSync(old)).toBe(false);
    expect(existsSync(young)).toBe(true);
  });

  it('derives the hash of a file put there by hand or changed behind its back', async () => {
    const store = await openObjectStore(testConfig(folder.path));
    const path = join(folder.path, 'objects', 'raw-data', 'hand.txt');
    writeFileSync(path, 'abc');
    // FIPS 180-2: SHA-256 of "abc" and of the empty message
    expect(await store.head('raw-data', 'hand.txt')).toMatchObject({
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      contentType: 'text/plain; charset=utf-8',
    });
    writeFileSync(path, '');
    expect((await store.head('raw-data', 'hand.txt'))?.sha256).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('says so when a key is both object and folder', async () => {
    const store = await openObjectStore(testConfig(folder.path));
    await store.put('temp', 'both', Buffer.from('x'));
    await expect(store.put('temp', 'both/below', Buffer.from('x'))).rejects.toMatchObject({
      code: 'key_conflict',
    });
    await store.put('temp', 'dir/below', Buffer.from('x'));
    await expect(store.put('temp', 'dir', Buffer.from('x'))).rejects.toMatchObject({ code: 'key_conflict' });
    await expect(store.get('temp', 'dir')).rejects.toMatchObject({ code: 'object_not_found' });
  });

  it('deletes empty folders with the last object, never the bucket', async () => {
    const store = await openObjectStore(testConfig(folder.path));
    await store.put('temp', 'deep/er/x', Buffer.from('x'));
    await store.delete('temp', 'deep/er/x');
    expect(existsSync(join(folder.path, 'objects', 'temp', 'deep'))).toBe(false);
    expect(statSync(join(folder.path, 'objects', 'temp')).isDirectory()).toBe(true);
  });

  it('keeps objects across a new opening', async () => {
    const first = await openObjectStore(testConfig(folder.path));
    await first.put('products', 'kept/x.gfc', Buffer.from('kept'), { contentType: 'text/x-kept' });
    const second = await openObjectStore(testConfig(folder.path));
    expect(await second.head('products', 'kept/x.gfc')).toMatchObject({
      bytes: 4,
      contentType: 'text/x-kept',
    });
    mkdirSync(join(folder.path, 'objects'), { recursive: true });
  });
});

describe('presigned links', () => {
  const presigner = createPresigner(new TextEncoder().encode('k'.repeat(32)), 'http://127.0.0.1:8000');
  const parse = (link: string) => {
    const url = new URL(link);
    const [, , bucket, ...key] = url.pathname.split('/');
    return {
      bucket,
      key: key.map(decodeURIComponent).join('/'),
      query: Object.fromEntries(url.searchParams) as { expires: string; method: string; signature: string },
    };
  };
  const link = parse(presigner.sign('GET', 'products', 'a b/c+d=1.gfc', 60));

  it('accepts its own link, HEAD included, until it expires', () => {
    expect(link).toMatchObject({ bucket: 'products', key: 'a b/c+d=1.gfc' });
    expect(presigner.verify({ method: 'GET', ...link })).toEqual({ ok: true });
    expect(presigner.verify({ method: 'HEAD', ...link })).toEqual({ ok: true });
    expect(presigner.verify({ method: 'GET', ...link }, Date.now() + 61_000)).toEqual({
      ok: false,
      reason: 'expired',
    });
  });

  it.each([
    ['another key', { ...link, key: 'a b/c+d=2.gfc' }],
    ['another bucket', { ...link, bucket: 'raw-data' }],
    [
      'a later expiry',
      { ...link, query: { ...link.query, expires: String(Number(link.query.expires) + 1) } },
    ],
    ['another method', { ...link, query: { ...link.query, method: 'PUT' } }],
    [
      'a changed signature',
      {
        ...link,
        query: {
          ...link.query,
          signature: link.query.signature.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
        },
      },
    ],
    ['a short signature', { ...link, query: { ...link.query, signature: 'ab' } }],
  ])('refuses %s', (_what, request) => {
    expect(presigner.verify({ method: request.query.method, ...request })).toEqual({
      ok: false,
      reason: 'signature',
    });
  });

  it('refuses the wrong method, missing parameters and another secret', () => {
    expect(presigner.verify({ method: 'PUT', ...link })).toEqual({ ok: false, reason: 'method' });
    expect(presigner.verify({ method: 'GET', ...link, query: {} })).toEqual({ ok: false, reason: 'missing' });
    const other = createPresigner(new TextEncoder().encode('z'.repeat(32)), 'http://127.0.0.1:8000');
    expect(other.verify({ method: 'GET', ...link })).toEqual({ ok: false, reason: 'signature' });
    expect(() => presigner.sign('GET', 'products', 'x', 8 * 86_400)).toThrow(RangeError);
  });
});
