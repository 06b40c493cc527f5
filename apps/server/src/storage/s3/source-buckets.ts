import { ObjectStoreError } from '../errors.js';
import type { SourceBuckets } from '../object-store.js';
import type { S3Connection } from './connection.js';
import { openDownload } from './download.js';
import { portError } from './failures.js';
import { listPages } from './look.js';
import type { Patience } from './patience.js';

/** Reads the buckets of GRAVITY_S3_SOURCE_BUCKETS, which others fill, with the same credentials. */
export function createSourceBuckets(connection: S3Connection, patience: Patience): SourceBuckets {
  const { endpoint, sourceBuckets: allowed } = connection.settings;
  const check = (bucket: string): void => {
    if (allowed.includes(bucket)) return;
    throw new ObjectStoreError(
      'invalid_bucket',
      `The bucket "${bucket.slice(0, 63)}" may not be read: it is not named in GRAVITY_S3_SOURCE_BUCKETS`,
    );
  };
  return {
    allowed,
    async *list(bucket, prefix) {
      check(bucket);
      try {
        for await (const page of listPages(connection, bucket, prefix, patience)) yield* page;
      } catch (error) {
        throw portError(error, endpoint, bucket);
      }
    },
    async open(bucket, key) {
      check(bucket);
      return openDownload(connection, { bucketName: bucket, key, name: `s3://${bucket}/${key}` }, patience);
    },
  };
}
