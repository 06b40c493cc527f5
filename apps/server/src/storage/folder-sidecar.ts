import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { contentTypeOf } from './content-type.js';
import { moveInto } from './folder-files.js';

/** What the file system does not keep. `bytes`, `mtimeMs` and `inode` say which content it belongs to. */
export interface Sidecar {
  readonly sha256: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly inode: number;
}

/** Gives a sidecar its name, or takes it away. */
export type MoveSidecar = (keep: boolean) => Promise<void>;

export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Sidecar;
  } catch {
    return undefined;
  }
}

/** Writes it under the temporary name. */
export async function prepareSidecar(
  sidecar: Sidecar,
  temporary: string,
  path: string,
  key: string,
): Promise<MoveSidecar> {
  const remove = () => rm(temporary, { force: true });
  try {
    await writeFile(temporary, JSON.stringify(sidecar), { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  // Without it the object is whole nevertheless: it is derived again when asked for.
  return (keep) => (keep ? moveInto(temporary, path, key).catch(remove) : remove());
}

/** The sidecar of a file, from its content. */
export async function deriveSidecar(path: string, key: string): Promise<Sidecar> {
  const before = await stat(path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return {
    sha256: hash.digest('hex'),
    contentType: contentTypeOf(key),
    bytes: before.size,
    mtimeMs: before.mtimeMs,
    inode: before.ino,
  };
}
