import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { contentTypeOf } from './content-type.js';
import { NotFoundError, ObjectStoreError } from './errors.js';
import { isMissing, moveInto, removeEmptyParents, walk, writeHashed } from './folder-files.js';
import {
  deriveSidecar,
  type MoveSidecar,
  prepareSidecar,
  readSidecar,
  type Sidecar,
} from './folder-sidecar.js';
import { assertBucket, assertKey, BUCKETS, isWriteOnce, writeOnceError } from './object-key.js';
import type { Bucket, ListedObject, ObjectStore, StoredObject, UploadLink } from './object-store.js';
import type { Presigner } from './presign.js';

const TEMPORARY = '.tmp';
const SIDECARS = '.meta';
const TEMPORARY_MAX_AGE_MS = 86_400_000;

/** Opens (and creates) the store in `root`; temporary files left by a killed process for a day are removed. */
export async function openFolderStore(root: string, presigner: Presigner): Promise<ObjectStore> {
  for (const bucket of BUCKETS) {
    await mkdir(join(root, bucket), { recursive: true, mode: 0o700 });
    await mkdir(join(root, SIDECARS, bucket), { recursive: true, mode: 0o700 });
  }
  await mkdir(join(root, TEMPORARY), { recursive: true, mode: 0o700 });
  await removeOldTemporaries(join(root, TEMPORARY), new Date(Date.now() - TEMPORARY_MAX_AGE_MS));
  return new FolderObjectStore(root, presigner);
}

async function removeOldTemporaries(folder: string, olderThan: Date): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info && info.mtimeMs < olderThan.getTime()) await rm(path, { force: true, recursive: true });
  }
}

class FolderObjectStore implements ObjectStore {
  readonly expiresObjects = false;

  constructor(
    private readonly root: string,
    private readonly presigner: Presigner,
  ) {}

  async put(
    bucket: Bucket,
    key: string,
    data: Readable | Uint8Array,
    options: { readonly contentType?: string; readonly expectedSha256?: string } = {},
  ): Promise<StoredObject> {
    const target = this.path(bucket, key);
    const temporary = this.temporary();
    try {
      const { sha256 } = await writeHashed(data, temporary);
      if (options.expectedSha256 !== undefined && options.expectedSha256.toLowerCase() !== sha256) {
        throw new ObjectStoreError(
          'checksum_mismatch',
          `${bucket}/${key}: SHA-256 is ${sha256}, expected ${options.expectedSha256}`,
        );
      }
      const present = isWriteOnce(bucket, key) ? await this.head(bucket, key) : undefined;
      if (present && present.sha256 !== sha256) throw writeOnceError(bucket, key);
      if (present) {
        await rm(temporary, { force: true });
        return present;
      }
      return await this.place(
        bucket,
        key,
        temporary,
        target,
        sha256,
        options.contentType ?? contentTypeOf(key),
      );
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async get(
    bucket: Bucket,
    key: string,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<Readable> {
    const path = this.path(bucket, key);
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw isMissing(error) ? new NotFoundError(bucket, key) : error;
    });
    try {
      const info = await handle.stat();
      if (!info.isFile()) throw new NotFoundError(bucket, key);
      if (range === undefined) return handle.createReadStream();
      const { start, end } = range;
      const last = Math.min(end ?? info.size - 1, info.size - 1);
      if (!Number.isInteger(start) || start < 0 || start > last) {
        throw new ObjectStoreError(
          'range_not_satisfiable',
          `${bucket}/${key} has ${info.size} bytes: no range ${start}-${end ?? ''}`,
        );
      }
      return handle.createReadStream({ start, end: last });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async head(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
    const path = this.path(bucket, key);
    let derived: Sidecar | undefined;
    for (let round = 0; ; round++) {
      const info = await stat(path).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (!info?.isFile()) return undefined;
      const sidecar = derived ?? (await readSidecar(this.sidecarPath(bucket, key)));
      if (
        sidecar &&
        sidecar.bytes === info.size &&
        sidecar.inode === info.ino &&
        sidecar.mtimeMs === info.mtimeMs
      ) {
        return {
          bucket,
          key,
          bytes: info.size,
          sha256: sidecar.sha256,
          contentType: sidecar.contentType,
          lastModified: info.mtime,
        };
      }
      // Killed between the two renames, or a file put there by hand: the content is the truth.
      if (round >= 5) throw new Error(`${bucket}/${key} changes faster than it can be read`);
      derived = await this.derive(bucket, key, path).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
        return undefined;
      });
    }
  }

  async *list(bucket: Bucket, prefix: string): AsyncIterable<StoredObject> {
    assertBucket(bucket);
    for await (const key of walk(join(this.root, bucket), '', prefix)) {
      const object = await this.head(bucket, key);
      if (object) yield object;
    }
  }

  async *entries(bucket: Bucket, prefix: string): AsyncIterable<ListedObject> {
    assertBucket(bucket);
    for await (const key of walk(join(this.root, bucket), '', prefix)) {
      const info = await stat(this.path(bucket, key)).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (info?.isFile()) yield { key, bytes: info.size, lastModified: info.mtime };
    }
  }

  async copy(
    from: { bucket: Bucket; key: string },
    to: { bucket: Bucket; key: string },
  ): Promise<StoredObject> {
    const source = await this.head(from.bucket, from.key);
    if (!source) throw new NotFoundError(from.bucket, from.key);
    const stream = await this.get(from.bucket, from.key);
    return this.put(to.bucket, to.key, stream, {
      contentType: source.contentType,
      expectedSha256: source.sha256,
    });
  }

  async delete(bucket: Bucket, key: string): Promise<void> {
    const path = this.path(bucket, key);
    if (isWriteOnce(bucket, key) && (await this.head(bucket, key))) throw writeOnceError(bucket, key);
    await rm(path).catch((error: unknown) => {
      if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ERR_FS_EISDIR') throw error;
    });
    await rm(this.sidecarPath(bucket, key), { force: true }).catch(() => {});
    await removeEmptyParents(dirname(path), join(this.root, bucket));
    await removeEmptyParents(dirname(this.sidecarPath(bucket, key)), join(this.root, SIDECARS, bucket));
  }

  async presign(method: 'GET' | 'PUT', bucket: Bucket, key: string, expiresSeconds: number): Promise<string> {
    assertBucket(bucket);
    assertKey(key);
    return this.presigner.sign(method, bucket, key, expiresSeconds);
  }

  async presignUpload(
    bucket: Bucket,
    key: string,
    expiresSeconds: number,
    content: { readonly bytes: number; readonly sha256?: string },
  ): Promise<UploadLink> {
    assertBucket(bucket);
    assertKey(key);
    const url = this.presigner.sign('PUT', bucket, key, expiresSeconds, content);
    return { url, headers: { 'content-length': String(content.bytes) } };
  }

  async ping(): Promise<void> {
    for (const bucket of BUCKETS) await access(join(this.root, bucket), constants.R_OK | constants.W_OK);
  }

  async tidy(olderThan: Date): Promise<void> {
    await removeOldTemporaries(join(this.root, TEMPORARY), olderThan);
  }

  private path(bucket: Bucket, key: string): string {
    assertBucket(bucket);
    assertKey(key);
    return join(this.root, bucket, ...key.split('/'));
  }

  private sidecarPath(bucket: Bucket, key: string): string {
    return `${join(this.root, SIDECARS, bucket, ...key.split('/'))}.json`;
  }

  private temporary(): string {
    return join(this.root, TEMPORARY, randomUUID());
  }

  private async place(
    bucket: Bucket,
    key: string,
    temporary: string,
    target: string,
    sha256: string,
    contentType: string,
  ): Promise<StoredObject> {
    if (isWriteOnce(bucket, key)) await chmod(temporary, 0o444);
    const info = await stat(temporary);
    // Before the object has its name: a full disk shows here, while nothing is there yet.
    const moveSidecar = await this.prepareSidecar(bucket, key, {
      sha256,
      contentType,
      bytes: info.size,
      mtimeMs: info.mtimeMs,
      inode: info.ino,
    });
    let placed = false;
    try {
      await moveInto(temporary, target, key);
      placed = true;
    } finally {
      await moveSidecar(placed);
      if (!placed) await removeEmptyParents(dirname(target), join(this.root, bucket));
    }
    return { bucket, key, bytes: info.size, sha256, contentType, lastModified: info.mtime };
  }

  private prepareSidecar(bucket: Bucket, key: string, sidecar: Sidecar): Promise<MoveSidecar> {
    return prepareSidecar(sidecar, this.temporary(), this.sidecarPath(bucket, key), key);
  }

  private async derive(bucket: Bucket, key: string, path: string): Promise<Sidecar> {
    const sidecar = await deriveSidecar(path, key);
    // A full disk is no reason not to say what an object is.
    await this.prepareSidecar(bucket, key, sidecar)
      .then((move) => move(true))
      .catch(() => undefined);
    return sidecar;
  }
}
