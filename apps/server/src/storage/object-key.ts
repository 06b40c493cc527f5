import { ObjectStoreError } from './errors.js';
import type { Bucket } from './object-store.js';

export const BUCKETS: readonly Bucket[] = ['raw-data', 'processed-data', 'products', 'temp'];

const MAX_KEY_BYTES = 900;
const MAX_SEGMENT_BYTES = 200;
/** Characters that every file system and S3 take unescaped; no control characters, no backslash. */
const SEGMENT = /^[A-Za-z0-9!_.*'()=+@,~ -]+$/;

/** Throws ObjectStoreError 'invalid_bucket'. */
export function assertBucket(bucket: string): asserts bucket is Bucket {
  if (!BUCKETS.some((known) => known === bucket)) {
    throw new ObjectStoreError('invalid_bucket', `Unknown bucket "${bucket.slice(0, 60)}"`);
  }
}

/**
 * A key is one or more names separated by single slashes: never absolute, never `.` or `..`, never a name that
 * starts with a dot (the store's own files do). Throws ObjectStoreError 'invalid_key' saying why.
 */
export function assertKey(key: string): void {
  const refuse = (reason: string): never => {
    throw new ObjectStoreError('invalid_key', `Object key ${JSON.stringify(key.slice(0, 120))}: ${reason}`);
  };
  if (key.length === 0) refuse('is empty');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) refuse(`is longer than ${MAX_KEY_BYTES} bytes`);
  for (const segment of key.split('/')) {
    if (segment === '') refuse('has an empty part (leading, trailing or double slash)');
    if (segment.startsWith('.')) refuse('has a part that starts with a dot');
    if (segment !== segment.trim() || segment.endsWith('.'))
      refuse('has a part that ends or starts with a space, or ends with a dot');
    if (segment.length > MAX_SEGMENT_BYTES) refuse(`has a part longer than ${MAX_SEGMENT_BYTES} characters`);
    if (!SEGMENT.test(segment)) refuse("may hold letters, digits and !_.*'()=+@,~- and space only");
  }
}

export function isValidKey(key: string): boolean {
  try {
    assertKey(key);
    return true;
  } catch {
    return false;
  }
}

/** Archived products: written once, never overwritten, never deleted. */
export function isWriteOnce(bucket: Bucket, key: string): boolean {
  return bucket === 'products' && key.startsWith('archive/');
}

export function writeOnceError(bucket: Bucket, key: string): ObjectStoreError {
  return new ObjectStoreError('immutable', `${bucket}/${key} is archived: it is never changed or removed`);
}
