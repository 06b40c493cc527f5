import type { Readable } from 'node:stream';

export type Bucket = 'raw-data' | 'processed-data' | 'products' | 'temp';

export interface StoredObject {
  readonly bucket: Bucket;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly lastModified: Date;
}

/** What a listing knows without looking at the object itself. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly lastModified: Date;
}

/** Where and how a client without credentials of the store sends one object. */
export interface UploadLink {
  readonly url: string;
  /** To be sent with the PUT as they are. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Buckets of others in the same store, for reading only. */
export interface SourceBuckets {
  /** Names that may be read. */
  readonly allowed: readonly string[];
  list(bucket: string, prefix: string): AsyncIterable<ListedObject>;
  open(bucket: string, key: string): Promise<Readable>;
}

/**
 * The object store port. Keys under `archive/` in `products` are written once: the same bytes again are accepted,
 * others and a delete are refused ('immutable').
 *
 * Embedded: a folder; services: S3 / MinIO.
 */
export interface ObjectStore {
  /** Streams to a temporary name, then renames: an object is there whole or not at all. */
  put(
    bucket: Bucket,
    key: string,
    data: Readable | Uint8Array,
    options?: { readonly contentType?: string; readonly expectedSha256?: string },
  ): Promise<StoredObject>;
  /** Throws NotFoundError (code 'object_not_found'). */
  get(
    bucket: Bucket,
    key: string,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<Readable>;
  head(bucket: Bucket, key: string): Promise<StoredObject | undefined>;
  /** In the order of the keys (by code unit). */
  list(bucket: Bucket, prefix: string): AsyncIterable<StoredObject>;
  /** As `list`, without SHA-256 and media type: no look at each object. */
  entries(bucket: Bucket, prefix: string): AsyncIterable<ListedObject>;
  copy(from: { bucket: Bucket; key: string }, to: { bucket: Bucket; key: string }): Promise<StoredObject>;
  /** No error when absent. */
  delete(bucket: Bucket, key: string): Promise<void>;
  /** A link for `method` that needs no token. With GET the client is told to save it under the last part of the key. */
  presign(method: 'GET' | 'PUT', bucket: Bucket, key: string, expiresSeconds: number): Promise<string>;
  /** A link for one PUT of exactly so many bytes; with `sha256` other content is refused where the store can. */
  presignUpload(
    bucket: Bucket,
    key: string,
    expiresSeconds: number,
    content: { readonly bytes: number; readonly sha256?: string },
  ): Promise<UploadLink>;
  /** Rejects when the store does not answer now; never waits for it to come back. */
  ping(): Promise<void>;
  /** Removes what killed writers left half-done before `olderThan`. */
  tidy(olderThan: Date): Promise<void>;
  /** Whether the store itself removes what is too old (`temp`, `processed-data`). */
  readonly expiresObjects: boolean;
  /** Further buckets of an S3 store. */
  readonly sources?: SourceBuckets;
}
