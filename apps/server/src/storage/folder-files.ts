import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ObjectStoreError } from './errors.js';

export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Writes the bytes to `path`, on disk when it returns (unless `flush` is false), with their SHA-256. */
export async function writeHashed(
  data: Readable | Uint8Array,
  path: string,
  { flush = true }: { readonly flush?: boolean } = {},
): Promise<{ readonly sha256: string }> {
  const hash = createHash('sha256');
  const source = data instanceof Uint8Array ? Readable.from([data]) : data;
  const file = createWriteStream(path, { mode: 0o600, flags: 'wx', flush });
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Uint8Array | string>) {
      for await (const chunk of chunks) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        hash.update(bytes);
        yield bytes;
      }
    },
    file,
  );
  return { sha256: hash.digest('hex') };
}

/** rename, with the folders above made, and made durable. */
export async function moveInto(temporary: string, target: string, key: string): Promise<void> {
  for (let round = 0; ; round++) {
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(temporary, target);
      break;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      // A delete next door may take the empty folder away between the two calls.
      if (code === 'ENOENT' && round < 5) continue;
      if (['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(code)) {
        throw new ObjectStoreError(
          'key_conflict',
          `Object key "${key}" is at once an object and a folder of objects`,
        );
      }
      throw error;
    }
  }
  await syncFolder(dirname(target));
}

async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // Not every system can open a folder; the rename itself is atomic everywhere.
  } finally {
    await handle?.close();
  }
}

export async function removeEmptyParents(folder: string, stop: string): Promise<void> {
  let current = folder;
  while (current.startsWith(stop + sep)) {
    try {
      await rmdir(current);
    } catch {
      return;
    }
    current = dirname(current);
  }
}

/** Keys in the order of S3: by code unit, so `a.b` comes before `a/b`. */
export async function* walk(folder: string, parent: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const names = entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
    .map((entry) => ({
      name: entry.name,
      sortKey: entry.isDirectory() ? `${entry.name}/` : entry.name,
      entry,
    }))
    .sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
  for (const { sortKey, entry, name } of names) {
    const key = parent + sortKey;
    if (entry.isDirectory()) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(join(folder, name), key, prefix);
    } else if (key.startsWith(prefix)) {
      yield key;
    }
  }
}
