import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type ArchiveOptions, FormatError, openArchive } from '@gravity/formats';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';

type Entry = readonly [header: Partial<Header> & { readonly name: string }, content?: string];

async function tar(...entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content = ''] of entries) archive.entry(header, content);
  archive.finalize();
  return Buffer.concat(await Readable.from(archive).toArray());
}

async function read(bytes: Uint8Array | Iterable<Uint8Array>, options: Partial<ArchiveOptions> = {}) {
  const members: string[] = [];
  const source = bytes instanceof Uint8Array ? [bytes] : bytes;
  for await (const { name, stream } of openArchive(Readable.from(source), { file: 'x.tgz', ...options })) {
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    members.push(`${name}: ${length}`);
  }
  return members;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof FormatError ? error.code : String(error)),
  );

describe('archives of strangers', () => {
  it('give base names only, whatever folders the entries name', async () => {
    const bytes = await tar(
      [{ name: '../../etc/passwd' }, 'a'],
      [{ name: '/etc/shadow' }, 'bc'],
      [{ name: 'C:\\windows\\system.ini' }, 'def'],
      [{ name: 'folder/', type: 'directory' }],
    );
    expect(await read(gzipSync(bytes))).toEqual(['passwd: 1', 'shadow: 2', 'system.ini: 3']);
  });

  it('are refused with a name that is none', async () => {
    for (const name of ['a/..', 'bell\u0007.txt', '..']) {
      expect(await codeOf(read(await tar([{ name }, 'x'])))).toBe('unsafe_name');
    }
  });

  it('have their links and devices refused, by name and type', async () => {
    const refused: string[] = [];
    const bytes = await tar(
      [{ name: 'data.txt' }, 'abc'],
      [{ name: 'out', type: 'symlink', linkname: '/etc/passwd' }],
      [{ name: 'again', type: 'link', linkname: '../../secret' }],
      [{ name: 'zero', type: 'character-device' }],
      [{ name: 'pipe', type: 'fifo' }],
    );
    const onRefused = ({ name, type }: { name: string; type: string }) => refused.push(`${name} ${type}`);
    expect(await read(bytes, { onRefused })).toEqual(['data.txt: 3']);
    expect(refused).toEqual(['out symlink', 'again link', 'zero character-device', 'pipe fifo']);
  });

  it('are unpacked up to a limit: a bomb of 1 GiB costs what the limit costs', async () => {
    // deflate packs zeros a thousand to one; gzip members one after the other are one file
    const part = gzipSync(Buffer.alloc(2 ** 24), { level: 9 });
    expect(part.length).toBeLessThan(2 ** 15);
    const sent = { parts: 0 };
    function* bomb() {
      for (; sent.parts < 64; sent.parts++) yield part;
    }
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(read(bomb(), { maxBytes: 2 ** 26 }))).toBe('too_large');
    // four parts are the limit, a few more are on their way
    expect(sent.parts).toBeLessThan(16);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  it('are not unpacked twice: an archive in an archive stays a file', async () => {
    const inner = gzipSync(await tar([{ name: 'deep.txt' }, 'x'.repeat(10_000)]));
    const outer = pack();
    outer.entry({ name: 'inner.tgz' }, inner);
    outer.finalize();
    const bytes = Buffer.concat(await Readable.from(outer).toArray());
    expect(await read(bytes)).toEqual([`inner.tgz: ${inner.length}`]);
  });

  it('may not have entries without end', async () => {
    const bytes = await tar(...Array.from({ length: 50 }, (_, i): Entry => [{ name: `empty-${i}` }]));
    expect(await codeOf(read(bytes, { maxEntries: 49 }))).toBe('too_many_entries');
    expect(await read(bytes, { maxEntries: 50 })).toHaveLength(50);
  });

  it('with a size that is not true end in an error, not in a wait', async () => {
    const bytes = await tar([{ name: 'a.txt' }, 'abc'], [{ name: 'b.txt' }, 'def']);
    bytes.write('77777777777\0', 124, 'latin1');
    // the checksum of the header, as it would be
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((a, b) => a + b, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(await codeOf(read(bytes))).toBe('bad_tar');
  });
});
