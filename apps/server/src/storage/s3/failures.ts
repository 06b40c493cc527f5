import { NotFoundError, ObjectStoreError } from '../errors.js';
import type { Bucket } from '../object-store.js';

/** What errors of the SDK, of Node's sockets and of HTTP have in common. */
interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);
const TRANSIENT_NAMES = new Set([
  'TimeoutError',
  'NetworkingError',
  'InternalError',
  'ServiceUnavailable',
  'SlowDown',
  'RequestTimeout',
  'OperationAborted',
  // Damaged on the way: the next try may come whole.
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
]);
const DENIED_NAMES = new Set(['AccessDenied', 'Forbidden', 'AllAccessDisabled', 'AccountProblem']);

export function failureOf(error: unknown): { readonly name: string; readonly status: number | undefined } {
  const { name, $metadata } = (error ?? {}) as Failure;
  return { name: name ?? '', status: $metadata?.httpStatusCode };
}

/** Whether the same call may succeed later: no connection, a cut one, or a store that is busy or ill. */
export function isTransient(error: unknown): boolean {
  const { code, message } = (error ?? {}) as Failure;
  const { name, status } = failureOf(error);
  if (TRANSIENT_NAMES.has(name)) return true;
  if (status !== undefined && status !== 200) {
    return status === 408 || status === 429 || (status >= 500 && status !== 501);
  }
  if (code !== undefined && TRANSIENT_CODES.has(code)) return true;
  return /socket hang up|^aborted$|premature close/i.test(message ?? '');
}

/** The store does not know the operation or one of its headers. */
export function isUnsupported(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status === 501 || name === 'NotImplemented';
}

export function isAbsent(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return name === 'NoSuchKey' || name === 'NotFound' || (status === 404 && name !== 'NoSuchBucket');
}

/** If-Match or If-None-Match did not hold, or another writer was at it. */
export function isConditionFailure(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status === 412 || name === 'PreconditionFailed' || name === 'ConditionalRequestConflict';
}

/** The error callers of the port see. Bucket names may appear, keys only in those about one object. */
export function portError(error: unknown, endpoint: string, bucket: Bucket | string, key?: string): unknown {
  if (error instanceof ObjectStoreError || error instanceof NotFoundError) return error;
  const { name, status } = failureOf(error);
  const cause = plainError(error);
  const denied = (message: string) => new ObjectStoreError('access_denied', message, { cause });
  if (name === 'InvalidAccessKeyId') {
    return denied(`The object store at ${endpoint} does not know the access key: see MINIO_ACCESS_KEY`);
  }
  if (name === 'SignatureDoesNotMatch') {
    return denied(`The object store at ${endpoint} refuses the signature: see MINIO_SECRET_KEY`);
  }
  if (name === 'RequestTimeTooSkewed') {
    return denied(`The clock of this machine differs from that of the object store at ${endpoint}`);
  }
  if (DENIED_NAMES.has(name) || status === 403 || status === 401) {
    return denied(
      `The object store at ${endpoint} denies access to the bucket ${bucket}: ` +
        'see MINIO_ACCESS_KEY, MINIO_SECRET_KEY and the rights of that key',
    );
  }
  if (name === 'NoSuchBucket') {
    return new ObjectStoreError('invalid_bucket', `The object store at ${endpoint} has no bucket ${bucket}`, {
      cause,
    });
  }
  if (key !== undefined && isAbsent(error)) return new NotFoundError(bucket, key);
  return cause;
}

/** Without the request and answer that errors of the SDK carry: signatures and megabytes have no place in a log. */
export function plainError(error: unknown): unknown {
  if (!(error instanceof Error) || !('$metadata' in error)) return error;
  const { name, status } = failureOf(error);
  const { code } = error as Failure;
  const plain: Error & { code?: string; $metadata?: Failure['$metadata'] } = new Error(error.message);
  plain.name = name;
  if (error.stack !== undefined) plain.stack = error.stack;
  if (code !== undefined) plain.code = code;
  // What the callers here still ask for.
  plain.$metadata = { httpStatusCode: status };
  return plain;
}
