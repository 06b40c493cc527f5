import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { type ByteSource, byteIterator } from '../bytes/byte-source.js';
import { FormatError } from '../errors.js';
import { gunzip } from './gunzip.js';
import { isAppleDouble, safeBaseName } from './names.js';

export interface ArchiveMember {
  /** Base name, without folders and without the .gz of a compressed single file. */
  readonly name: string;
  /** Bytes, when the archive says so. */
  readonly size?: number;
  /** The member's bytes, uncompressed; to be read before the next member is asked for. */
  readonly stream: AsyncIterable<Uint8Array>;
}

export interface ArchiveOptions {
  readonly file: string;
  /** Limit for all decompressed bytes; 8 GiB by default. */
  readonly maxBytes?: number;
  /** Limit for the entries of an archive, of whatever kind; 100 000 by default. */
  readonly maxEntries?: number;
  /** Told of each entry that is left out because it is a link or a device. */
  readonly onRefused?: (entry: { readonly name: string; readonly type: string }) => void;
}

const MAX_BYTES = 8 * 1024 ** 3;
const MAX_ENTRIES = 100_000;

/**
 * Members of a plain file, a gzip file, or a tar archive (gzipped or not), told apart by their first bytes.
 *
 * Members left unread are passed over. AppleDouble companions and folders are left out, links and devices refused.
 *
 * @throws FormatError `empty_file`, `bad_gzip`, `bad_tar`, `too_large`, `too_many_entries`, `unsafe_name`
 */
export async function* openArchive(
  source: ByteSource,
  options: ArchiveOptions,
): AsyncGenerator<ArchiveMember, void, undefined> {
  const { file, maxBytes = MAX_BYTES } = options;
  const raw = await peekable(source, 2);
  let bytes: AsyncIterable<Uint8Array> = raw.stream;
  let name = safeBaseName(file, file);
  if (raw.head.length === 0) throw new FormatError('empty_file', 'the file is empty', { file });
  if (raw.head[0] === 0x1f && raw.head[1] === 0x8b) {
    bytes = gunzip(bytes, file, maxBytes);
    name = name.replace(/\.gz$/i, '').replace(/\.tgz$/i, '.tar');
  }
  const inner = await peekable(bytes, 512);
  if (isTar(inner.head) || /\.tar$/i.test(name)) yield* tarMembers(inner.stream, options);
  else yield { name, stream: inner.stream };
}

function isTar(head: Uint8Array): boolean {
  return head.length >= 263 && Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';
}

async function* tarMembers(
  bytes: AsyncIterable<Uint8Array>,
  { file, maxEntries = MAX_ENTRIES, onRefused }: ArchiveOptions,
): AsyncGenerator<ArchiveMember> {
  const tar = extract();
  const input = Readable.from(bytes, { objectMode: false });
  let sourceError: unknown;
  input.on('error', (error) => {
    sourceError = error;
    tar.destroy(error);
  });
  input.pipe(tar);
  const guard = (error: unknown): never => {
    if (error instanceof FormatError || error === sourceError) throw error;
    throw new FormatError('bad_tar', `damaged tar archive: ${(error as Error).message}`, { file }, error);
  };
  try {
    const entries = tar[Symbol.asyncIterator]();
    for (let count = 1; ; count++) {
      const next = await entries.next().catch(guard);
      if (next.done) return;
      if (count > maxEntries) {
        throw new FormatError('too_many_entries', `more than ${maxEntries} entries`, { file });
      }
      const entry = next.value;
      const { name, type, size } = entry.header;
      if (type !== 'file' && type !== 'contiguous-file') {
        if (type !== 'directory') onRefused?.({ name, type: type ?? 'unknown' });
        entry.resume();
        continue;
      }
      const base = safeBaseName(name, file);
      if (isAppleDouble(base)) {
        entry.resume();
        continue;
      }
      yield { name: base, size, stream: guarded(entry as AsyncIterable<Uint8Array>, guard) };
      // what the receiver left of the member is passed over
      if (!entry.destroyed) entry.resume();
    }
  } finally {
    input.destroy();
    tar.destroy();
  }
}

async function* guarded(entry: AsyncIterable<Uint8Array>, guard: (error: unknown) => never) {
  // no for-await: leaving it early would destroy the entry and with it the archive
  const iterator = entry[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch(guard);
    if (next.done) return;
    yield next.value;
  }
}

/** Takes the first bytes of a source without losing them. */
async function peekable(source: ByteSource, wanted: number) {
  const iterator = byteIterator(source);
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await iterator.next();
    if (next.done) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(chunks);
  async function* stream(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: head.subarray(0, wanted), stream: stream() };
}

/**
 * The bytes of a plain or gzipped file, told apart by the first two bytes.
 *
 * @throws FormatError `bad_gzip`, `too_large` while it is read
 */
export async function* uncompressed(
  source: ByteSource,
  options: ArchiveOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { file, maxBytes = MAX_BYTES } = options;
  const { head, stream } = await peekable(source, 2);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(stream, file, maxBytes);
  else yield* stream;
}
