import type { Readable } from 'node:stream';
import { CopyObjectCommand, DeleteObjectCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { contentTypeOf } from '../content-type.js';
import { NotFoundError, ObjectStoreError } from '../errors.js';
import { assertBucket, assertKey, isValidKey, isWriteOnce, writeOnceError } from '../object-key.js';
import type { Bucket, ListedObject, ObjectStore, StoredObject, UploadLink } from '../object-store.js';
import { encryptionOf, type S3Connection } from './connection.js';
import { type Content, gatherContent, removeOldSpools } from './content.js';
import { type ByteRange, openDownload } from './download.js';
import { isAbsent, isConditionFailure, portError } from './failures.js';
import { removeLeftovers } from './leftovers.js';
import { HashBook, type Look, listPages, lookAt } from './look.js';
import { type Patience, persist } from './patience.js';
import { signDownload, signUpload } from './signed-links.js';
import { mapOrdered } from './slots.js';
import { createSourceBuckets } from './source-buckets.js';
import { uploadContent } from './upload.js';

const HEADS_AT_ONCE = 16;
/** The most a store copies in one call; larger ones pass through this process. */
const MAX_COPY_BYTES = 5 * 1024 ** 3;
const PING_TIMEOUT_MS = 2_500;

/** What a bound view of the store does differently. */
export interface StoreBounds {
  /** Ends the waiting for a store that does not answer. */
  readonly signal?: AbortSignal;
  /** How long to wait for a store that does not answer. */
  readonly retrySeconds?: number;
}

export interface S3StoreParts {
  readonly connection: S3Connection;
  /** For streams on their way up. */
  readonly spoolFolder: string;
  readonly patience: Patience;
  readonly expiresObjects: boolean;
}

/** The object store port on S3 and MinIO; made by `openS3Store`. */
export class S3ObjectStore implements ObjectStore {
  readonly expiresObjects: boolean;
  readonly sources;
  private readonly hashes: HashBook;

  constructor(private readonly parts: S3StoreParts) {
    this.expiresObjects = parts.expiresObjects;
    this.sources = createSourceBuckets(parts.connection, parts.patience);
    this.hashes = new HashBook(parts.connection, (bucket, key, { etag }) =>
      openDownload(parts.connection, { ...this.place(bucket, key), etag }, parts.patience),
    );
  }

  /** The same store and connections with other patience. */
  bound({ signal, retrySeconds }: StoreBounds): S3ObjectStore {
    const { patience } = this.parts;
    return new S3ObjectStore({
      ...this.parts,
      patience: { ...patience, signal: signal ?? patience.signal, seconds: retrySeconds ?? patience.seconds },
    });
  }

  close(): void {
    this.parts.connection.close();
  }

  async put(
    bucket: Bucket,
    key: string,
    data: Readable | Uint8Array,
    options: { readonly contentType?: string; readonly expectedSha256?: string } = {},
  ): Promise<StoredObject> {
    this.place(bucket, key);
    const content = await gatherContent(data, this.parts.spoolFolder);
    try {
      const { sha256 } = content;
      if (options.expectedSha256 !== undefined && options.expectedSha256.toLowerCase() !== sha256) {
        throw new ObjectStoreError(
          'checksum_mismatch',
          `${bucket}/${key}: SHA-256 is ${sha256}, expected ${options.expectedSha256}`,
        );
      }
      const present = isWriteOnce(bucket, key) ? await this.archived(bucket, key, sha256) : undefined;
      return present ?? (await this.upload(bucket, key, content, options.contentType ?? contentTypeOf(key)));
    } finally {
      await content.remove();
    }
  }

  async get(bucket: Bucket, key: string, range?: ByteRange): Promise<Readable> {
    const { connection, patience } = this.parts;
    return await openDownload(connection, { ...this.place(bucket, key), range }, patience).catch((error) => {
      throw error instanceof NotFoundError ? new NotFoundError(bucket, key) : error;
    });
  }

  async head(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
    this.place(bucket, key);
    const look = await this.look(bucket, key);
    if (look === undefined) return undefined;
    try {
      return await this.hashes.complete(bucket, key, look, this.parts.patience);
    } catch (error) {
      // Removed or replaced while it was hashed.
      if (error instanceof NotFoundError) return undefined;
      if (error instanceof ObjectStoreError && error.code === 'changed') return await this.head(bucket, key);
      throw error;
    }
  }

  async *list(bucket: Bucket, prefix: string): AsyncGenerator<StoredObject, void, undefined> {
    for await (const page of this.pages(bucket, prefix)) {
      // One HEAD per object: listings carry no metadata.
      for await (const object of mapOrdered(page, HEADS_AT_ONCE, ({ key }) => this.head(bucket, key))) {
        if (object !== undefined) yield object;
      }
    }
  }

  async *entries(bucket: Bucket, prefix: string): AsyncGenerator<ListedObject, void, undefined> {
    for await (const page of this.pages(bucket, prefix)) yield* page;
  }

  async copy(
    from: { bucket: Bucket; key: string },
    to: { bucket: Bucket; key: string },
  ): Promise<StoredObject> {
    const source = this.place(from.bucket, from.key);
    const target = this.place(to.bucket, to.key);
    const look = await this.look(from.bucket, from.key);
    if (look === undefined) throw new NotFoundError(from.bucket, from.key);
    const { sha256, contentType, bytes } = await this.hashes.complete(
      from.bucket,
      from.key,
      look,
      this.parts.patience,
    );
    const present = isWriteOnce(to.bucket, to.key)
      ? await this.archived(to.bucket, to.key, sha256)
      : undefined;
    if (present !== undefined) return present;
    if (bytes > MAX_COPY_BYTES) {
      const stream = await this.get(from.bucket, from.key);
      return this.put(to.bucket, to.key, stream, { contentType, expectedSha256: sha256 });
    }
    const path = from.key.split('/').map(encodeURIComponent).join('/');
    await this.call(to.bucket, (connection) =>
      connection.client.send(
        new CopyObjectCommand({
          Bucket: target.bucketName,
          Key: to.key,
          CopySource: `${source.bucketName}/${path}`,
          CopySourceIfMatch: look.etag,
          MetadataDirective: 'REPLACE',
          Metadata: { sha256 },
          ContentType: contentType,
          ...encryptionOf(connection.settings),
        }),
      ),
    ).catch((error: unknown) => {
      if (isAbsent(error)) throw new NotFoundError(from.bucket, from.key);
      if (!isConditionFailure(error)) throw error;
      throw new ObjectStoreError('changed', `${from.bucket}/${from.key} was replaced while it was copied`);
    });
    return await this.confirm(to.bucket, to.key, { bytes, sha256 }, contentType);
  }

  async delete(bucket: Bucket, key: string): Promise<void> {
    const { bucketName } = this.place(bucket, key);
    if (isWriteOnce(bucket, key) && (await this.look(bucket, key))) throw writeOnceError(bucket, key);
    await this.call(bucket, ({ client }) =>
      client.send(new DeleteObjectCommand({ Bucket: bucketName, Key: key })),
    ).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
  }

  async presign(method: 'GET' | 'PUT', bucket: Bucket, key: string, expiresSeconds: number): Promise<string> {
    const { bucketName } = this.place(bucket, key);
    const place = { Bucket: bucketName, Key: key };
    return method === 'GET'
      ? signDownload(this.parts.connection, place, expiresSeconds)
      : (await signUpload(this.parts.connection, place, expiresSeconds)).url;
  }

  async presignUpload(
    bucket: Bucket,
    key: string,
    expiresSeconds: number,
    content: { readonly bytes: number; readonly sha256?: string },
  ): Promise<UploadLink> {
    const { bucketName } = this.place(bucket, key);
    return signUpload(this.parts.connection, { Bucket: bucketName, Key: key }, expiresSeconds, content);
  }

  async ping(): Promise<void> {
    const { connection } = this.parts;
    const name = connection.bucketName('temp');
    await connection.client
      .send(new HeadBucketCommand({ Bucket: name }), { abortSignal: AbortSignal.timeout(PING_TIMEOUT_MS) })
      .catch((error: unknown) => {
        throw portError(error, connection.settings.endpoint, name);
      });
  }

  async tidy(olderThan: Date): Promise<void> {
    const { connection, patience, spoolFolder } = this.parts;
    await removeOldSpools(spoolFolder, olderThan);
    await removeLeftovers(connection, patience, olderThan);
  }

  private place(bucket: Bucket, key: string) {
    assertBucket(bucket);
    assertKey(key);
    return { bucketName: this.parts.connection.bucketName(bucket), key, name: `${bucket}/${key}` };
  }

  private async call<T>(bucket: Bucket, work: (connection: S3Connection) => Promise<T>): Promise<T> {
    const { connection, patience } = this.parts;
    try {
      return await persist(patience, () => work(connection));
    } catch (error) {
      throw portError(error, connection.settings.endpoint, connection.bucketName(bucket));
    }
  }

  private async look(bucket: Bucket, key: string): Promise<Look | undefined> {
    const { connection, patience } = this.parts;
    const bucketName = connection.bucketName(bucket);
    return await lookAt(connection, bucketName, key, patience).catch((error: unknown) => {
      throw portError(error, connection.settings.endpoint, bucketName);
    });
  }

  private async *pages(
    bucket: Bucket,
    prefix: string,
  ): AsyncGenerator<readonly ListedObject[], void, undefined> {
    assertBucket(bucket);
    const { connection, patience } = this.parts;
    const bucketName = connection.bucketName(bucket);
    try {
      for await (const page of listPages(connection, bucketName, prefix, patience)) {
        // Names that no caller can ask for: our own, and the "folders" of other programs.
        yield page.filter(({ key }) => isValidKey(key));
      }
    } catch (error) {
      throw portError(error, connection.settings.endpoint, bucketName);
    }
  }

  /** The archived object when it has the same content; throws 'immutable' when it has another. */
  private async archived(bucket: Bucket, key: string, sha256: string): Promise<StoredObject | undefined> {
    const present = await this.head(bucket, key);
    if (present !== undefined && present.sha256 !== sha256) throw writeOnceError(bucket, key);
    return present;
  }

  private async upload(
    bucket: Bucket,
    key: string,
    content: Content,
    contentType: string,
  ): Promise<StoredObject> {
    const { connection, patience } = this.parts;
    const { bucketName } = this.place(bucket, key);
    const onlyIfAbsent = isWriteOnce(bucket, key);
    try {
      await uploadContent(connection, { bucketName, key, contentType, onlyIfAbsent }, content, patience);
    } catch (error) {
      // Another writer, or an earlier try of ours whose answer was lost.
      if (onlyIfAbsent && isConditionFailure(error)) {
        const present = await this.archived(bucket, key, content.sha256);
        if (present !== undefined) return present;
      }
      throw portError(error, connection.settings.endpoint, bucketName);
    }
    return await this.confirm(bucket, key, content, contentType);
  }

  /** Looks whether the store has taken all of it. */
  private async confirm(
    bucket: Bucket,
    key: string,
    { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
    contentType: string,
  ): Promise<StoredObject> {
    const look = await this.look(bucket, key);
    if (look?.sha256 === sha256 && look.bytes !== bytes) {
      throw new ObjectStoreError(
        'checksum_mismatch',
        `${bucket}/${key}: the object store holds ${look.bytes} of ${bytes} bytes`,
      );
    }
    // Another content by now: somebody else has written since.
    const lastModified = look?.sha256 === sha256 ? look.lastModified : new Date();
    return { bucket, key, bytes, sha256, contentType, lastModified };
  }
}
