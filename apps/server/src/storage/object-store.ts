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
  list(bucket: Bucket, prefix: string): AsyncIterable<StoredObject>;
  copy(from: { bucket: Bucket; key: string }, to: { bucket: Bucket; key: string }): Promise<StoredObject>;
  /** No error when absent. */
  delete(bucket: Bucket, key: string): Promise<void>;
  presign(method: 'GET' | 'PUT', bucket: Bucket, key: string, expiresSeconds: number): Promise<string>;
}
