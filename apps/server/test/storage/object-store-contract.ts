import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { expireObjects, type ObjectStore, type StoredObject } from '@gravity/server';
import { beforeAll, describe, expect, it } from 'vitest';

async function read(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}

async function collect(objects: AsyncIterable<StoredObject>): Promise<string[]> {
  const keys: string[] = [];
  for await (const object of objects) keys.push(object.key);
  return keys;
}

/** What small test servers do not do and S3 does. */
export interface ServerFaults {
  /** Lists folder by folder instead of by key. */
  readonly listsByFolder?: boolean;
  /** Content and metadata of two writers may be mixed. */
  readonly mixesWriters?: boolean;
  /** Objects to list, where more than a thousand take long; default 1010. */
  readonly manyObjects?: number;
}

/** What every object store has to do. `open` gives a store; keys are under a random prefix, so it may hold others. */
export function objectStoreContract(
  name: string,
  open: () => Promise<ObjectStore>,
  faults: ServerFaults = {},
): void {
  describe(`object store contract: ${name}`, () => {
    let store: ObjectStore;
    const base = `contract-${randomUUID()}`;
    beforeAll(async () => {
      store = await open();
    });

    it('keeps bytes, SHA-256, media type and size', async () => {
      // "abc": the first test vector of FIPS 180-2, appendix B.1
      const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
      const put = await store.put('raw-data', `${base}/abc.txt`, Buffer.from('abc'), {
        contentType: 'text/x-test',
      });
      expect(put).toMatchObject({ bucket: 'raw-data', key: `${base}/abc.txt`, bytes: 3, sha256 });
      const head = await store.head('raw-data', `${base}/abc.txt`);
      expect(head).toMatchObject({ bytes: 3, sha256, contentType: 'text/x-test' });
      expect(Math.abs(Date.now() - (head?.lastModified.getTime() ?? 0))).toBeLessThan(60_000);
      expect((await read(await store.get('raw-data', `${base}/abc.txt`))).toString()).toBe('abc');
    });

    it('streams large content, also an empty one', async () => {
      const blocks = Array.from({ length: 40 }, () => randomBytes(200_000));
      const sha256 = createHash('sha256').update(Buffer.concat(blocks)).digest('hex');
      const put = await store.put('products', `${base}/large`, Readable.from(blocks), {
        expectedSha256: sha256,
      });
      expect(put).toMatchObject({ bytes: 8_000_000, sha256 });
      expect((await read(await store.get('products', `${base}/large`))).equals(Buffer.concat(blocks))).toBe(
        true,
      );
      expect((await store.put('products', `${base}/empty`, new Uint8Array(0))).bytes).toBe(0);
      expect((await read(await store.get('products', `${base}/empty`))).length).toBe(0);
    });

    it('keeps nothing when the checksum differs, and the old content stays', async () => {
      const wrong = { expectedSha256: '0'.repeat(64) };
      await expect(store.put('temp', `${base}/sum`, Buffer.from('x'), wrong)).rejects.toMatchObject({
        code: 'checksum_mismatch',
      });
      expect(await store.head('temp', `${base}/sum`)).toBeUndefined();
      await store.put('temp', `${base}/sum`, Buffer.from('old'));
      await expect(store.put('temp', `${base}/sum`, Buffer.from('new'), wrong)).rejects.toThrow();
      expect((await read(await store.get('temp', `${base}/sum`))).toString()).toBe('old');
    });

    it('keeps nothing of a stream that breaks', async () => {
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('connection reset');
        })(),
      );
      await expect(store.put('temp', `${base}/broken`, broken)).rejects.toThrow('connection reset');
      expect(await store.head('temp', `${base}/broken`)).toBeUndefined();
      expect(await collect(store.list('temp', `${base}/broken`))).toEqual([]);
    });

    it('replaces, copies and deletes', async () => {
      await store.put('temp', `${base}/a`, Buffer.from('one'), { contentType: 'text/x-one' });
      await store.put('temp', `${base}/a`, Buffer.from('two!'), { contentType: 'text/x-two' });
      expect(await store.head('temp', `${base}/a`)).toMatchObject({ bytes: 4, contentType: 'text/x-two' });
      const copy = await store.copy(
        { bucket: 'temp', key: `${base}/a` },
        { bucket: 'products', key: `${base}/b/c` },
      );
      expect(copy).toMatchObject({
        bucket: 'products',
        key: `${base}/b/c`,
        bytes: 4,
        contentType: 'text/x-two',
      });
      await store.delete('temp', `${base}/a`);
      await store.delete('temp', `${base}/a`);
      expect(await store.head('temp', `${base}/a`)).toBeUndefined();
      expect((await read(await store.get('products', `${base}/b/c`))).toString()).toBe('two!');
    });

    it('gives ranges with both ends included, cut at the end of the object', async () => {
      await store.put('temp', `${base}/range`, Buffer.from('0123456789'));
      const part = async (start: number, end?: number): Promise<string> =>
        (await read(await store.get('temp', `${base}/range`, { start, end }))).toString();
      expect(await part(2, 4)).toBe('234');
      expect(await part(7)).toBe('789');
      expect(await part(8, 100)).toBe('89');
      expect(await part(0, 0)).toBe('0');
      await expect(part(10)).rejects.toMatchObject({ code: 'range_not_satisfiable' });
    });

    it('says which object is not there', async () => {
      await expect(store.get('temp', `${base}/none`)).rejects.toMatchObject({ code: 'object_not_found' });
      await expect(
        store.copy({ bucket: 'temp', key: `${base}/none` }, { bucket: 'temp', key: 'x' }),
      ).rejects.toMatchObject({
        code: 'object_not_found',
      });
      expect(await store.head('temp', `${base}/none/deeper`)).toBeUndefined();
    });

    it('lists by prefix in the order of the keys, not by folder', async () => {
      const keys = ['l/a.txt', 'l/a/1', 'l/a/2', 'l/a0', 'l/b/x/y', 'la'];
      for (const key of [...keys].reverse())
        await store.put('processed-data', `${base}/${key}`, Buffer.from(key));
      const under = async (prefix: string): Promise<string[]> =>
        inOrder(await collect(store.list('processed-data', `${base}/${prefix}`))).map((key) =>
          key.slice(base.length + 1),
        );
      const inOrder = (found: string[]) => (faults.listsByFolder ? [...found].sort() : found);
      expect(await under('')).toEqual(keys);
      expect(await under('l/a')).toEqual(['l/a.txt', 'l/a/1', 'l/a/2', 'l/a0']);
      expect(await under('l/a/')).toEqual(['l/a/1', 'l/a/2']);
      expect(await under('nothing')).toEqual([]);
    });

    it.each([
      '',
      '/etc/passwd',
      '../secret',
      'a/../../b',
      'a/./b',
      'a//b',
      'a/',
      '.meta/raw-data/x',
      'a\\b',
      'a\0b',
      'a\nb',
      'ä',
      'x'.repeat(201),
      `${'y/'.repeat(600)}y`,
    ])('refuses the key %j', async (key) => {
      await expect(store.put('temp', key, Buffer.from('x'))).rejects.toMatchObject({ code: 'invalid_key' });
      await expect(store.get('temp', key)).rejects.toMatchObject({ code: 'invalid_key' });
      await expect(store.delete('temp', key)).rejects.toMatchObject({ code: 'invalid_key' });
      await expect(store.presign('GET', 'temp', key, 60)).rejects.toMatchObject({ code: 'invalid_key' });
    });

    it('never changes or removes what is archived', async () => {
      const key = `archive/2023/${base.replaceAll('/', '-')}/field.gfc`;
      await store.put('products', key, Buffer.from('as published'));
      await store.put('products', key, Buffer.from('as published'));
      await expect(store.put('products', key, Buffer.from('changed'))).rejects.toMatchObject({
        code: 'immutable',
      });
      await expect(store.delete('products', key)).rejects.toMatchObject({ code: 'immutable' });
      expect((await read(await store.get('products', key))).toString()).toBe('as published');
      await store.delete('products', 'archive/2023/absent');
    });

    it('streams 40 MB through little memory, both ways', async () => {
      const block = randomBytes(1 << 20);
      const hash = createHash('sha256');
      for (let count = 0; count < 40; count++) hash.update(block);
      const sha256 = hash.digest('hex');
      const blocks = Readable.from(
        (function* () {
          for (let count = 0; count < 40; count++) yield block;
        })(),
      );
      expect(await store.put('temp', `${base}/forty`, blocks)).toMatchObject({ bytes: 40 << 20, sha256 });
      const received = createHash('sha256');
      let bytes = 0;
      for await (const chunk of await store.get('temp', `${base}/forty`)) {
        received.update(chunk as Buffer);
        bytes += (chunk as Buffer).length;
      }
      expect(bytes).toBe(40 << 20);
      expect(received.digest('hex')).toBe(sha256);
      // a range over the border of two parts of a multipart upload
      const start = (8 << 20) - 3;
      const range = await read(await store.get('temp', `${base}/forty`, { start, end: start + 9 }));
      expect(range.equals(Buffer.concat([block.subarray(-3), block.subarray(0, 7)]))).toBe(true);
      await store.delete('temp', `${base}/forty`);
    });

    it('lists many objects, with and without their hashes', async () => {
      const count = faults.manyObjects ?? 1010;
      const keys = Array.from(
        { length: count },
        (_, index) => `${base}/many/${String(index).padStart(5, '0')}`,
      );
      for (let at = 0; at < keys.length; at += 20) {
        const some = keys.slice(at, at + 20);
        await Promise.all(some.map((key) => store.put('processed-data', key, Buffer.from(key))));
      }
      const found: StoredObject[] = [];
      for await (const object of store.list('processed-data', `${base}/many/`)) found.push(object);
      expect(found.map(({ key }) => key)).toEqual(keys);
      expect(found[count - 1].sha256).toBe(
        createHash('sha256')
          .update(keys[count - 1])
          .digest('hex'),
      );
      const entries: string[] = [];
      for await (const { key, bytes, lastModified } of store.entries('processed-data', `${base}/many/`)) {
        entries.push(key);
        expect(bytes).toBe(Buffer.byteLength(key));
        expect(Math.abs(Date.now() - lastModified.getTime())).toBeLessThan(120_000);
      }
      expect(entries).toEqual(keys);
    });

    it('expires what is old in temp and processed-data and nothing else', async () => {
      const places = [
        ['temp', 8, false],
        ['temp', 6, true],
        ['processed-data', 91, false],
        ['processed-data', 89, true],
        ['raw-data', 1000, true],
        ['products', 1000, true],
      ] as const;
      for (const [bucket, days, stays] of places) {
        const key = `${base}/age`;
        await store.put(bucket, key, Buffer.from('x'));
        await expireObjects(store, undefined, new Date(Date.now() + days * 86_400_000));
        expect((await store.head(bucket, key)) !== undefined, `${bucket} after ${days} days`).toBe(stays);
      }
    });

    it('gives up a stream that is not read to its end', async () => {
      await store.put('temp', `${base}/unread`, randomBytes(2_000_000));
      for (let round = 0; round < 200; round++) {
        const stream = await store.get('temp', `${base}/unread`);
        if (round % 2 === 0) stream.once('readable', () => stream.destroy());
        else stream.destroy();
        await new Promise((resolve) => stream.once('close', resolve));
      }
      expect((await read(await store.get('temp', `${base}/unread`))).length).toBe(2_000_000);
    });

    it('is there, and signs uploads of one size', async () => {
      await store.ping();
      const link = await store.presignUpload('temp', `${base}/signed up.txt`, 60, { bytes: 5 });
      expect(link.headers['content-length']).toBe('5');
      expect(new URL(link.url).pathname.endsWith(`${base}/signed%20up.txt`)).toBe(true);
      await expect(store.presignUpload('temp', '../x', 60, { bytes: 5 })).rejects.toMatchObject({
        code: 'invalid_key',
      });
    });

    it.skipIf(faults.mixesWriters)(
      'takes concurrent writers of one key: the last whole content stays',
      async () => {
        const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000 + index));
        await Promise.all(contents.map((text) => store.put('temp', `${base}/race`, Buffer.from(text))));
        const text = (await read(await store.get('temp', `${base}/race`))).toString();
        expect(contents).toContain(text);
        expect((await store.head('temp', `${base}/race`))?.sha256).toBe(
          createHash('sha256').update(text).digest('hex'),
        );
      },
    );
  });
}
