import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeHashed } from '../folder-files.js';

/** Bytes to be sent, readable again and again, with their SHA-256 known before the first is sent. */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes from `start` on, as many as `buffer` holds; in it or without a copy. */
  read(start: number, buffer: Buffer): Promise<Uint8Array>;
  remove(): Promise<void>;
}

const SPOOL_PREFIX = 'upload-';

/** A stream goes to a file in `folder` first: it cannot be sent twice. Throws what the stream throws. */
export async function gatherContent(data: Readable | Uint8Array, folder: string): Promise<Content> {
  if (data instanceof Uint8Array) {
    return {
      bytes: data.byteLength,
      sha256: createHash('sha256').update(data).digest('hex'),
      read: async (start, { length }) => data.subarray(start, start + length),
      remove: async () => {},
    };
  }
  const path = join(folder, SPOOL_PREFIX + randomUUID());
  const remove = () => rm(path, { force: true });
  try {
    const { sha256 } = await writeHashed(data, path, { flush: false });
    const { size } = await stat(path);
    return { bytes: size, sha256, read: (start, buffer) => readPart(path, start, buffer), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function readPart(path: string, start: number, part: Buffer): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    for (let filled = 0; filled < part.length; ) {
      const { bytesRead } = await file.read(part, filled, part.length - filled, start + filled);
      if (bytesRead === 0) throw new Error(`The spooled upload ended early, at byte ${start + filled}`);
      filled += bytesRead;
    }
  } finally {
    await file.close();
  }
  return part;
}

export async function openSpoolFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Removes spooled uploads that a killed process left. */
export async function removeOldSpools(folder: string, olderThan: Date): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(SPOOL_PREFIX)) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info && info.mtimeMs < olderThan.getTime()) await rm(path, { force: true });
  }
}
