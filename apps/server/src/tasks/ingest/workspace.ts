import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A folder for the files in work; gone when the job ends, and emptied when the job is tried again. */
export interface Workspace {
  /** A path for a new file. */
  path(kind: 'file' | 'copy'): string;
  remove(...paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function openWorkspace(dataDir: string, jobId: string): Promise<Workspace> {
  const folder = path.join(dataDir, 'tmp', `ingest-${jobId.replace(/[^A-Za-z0-9-]/g, '_')}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let count = 0;
  return {
    path: (kind) => path.join(folder, `${++count}.${kind}`),
    remove: async (...paths) => {
      await Promise.all(paths.map((file) => rm(file, { force: true })));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface StagedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes a stream to a file and computes its SHA-256 on the way: what is parsed later is what was hashed. */
export async function stageFile(
  stream: AsyncIterable<Uint8Array>,
  target: string,
  signal: AbortSignal,
): Promise<StagedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    stream,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(target, { mode: 0o600 }),
    { signal },
  );
  return { path: target, bytes, sha256: hash.digest('hex') };
}
