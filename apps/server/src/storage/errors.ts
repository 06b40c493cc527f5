/** The object does not exist. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly code = 'object_not_found';
  constructor(
    readonly bucket: string,
    readonly key: string,
  ) {
    super(`No object ${bucket}/${key}`);
  }
}

/** A request the object store refuses. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  constructor(
    readonly code:
      | 'invalid_key'
      | 'invalid_bucket'
      | 'checksum_mismatch'
      | 'range_not_satisfiable'
      | 'key_conflict'
      | 'immutable'
      /** The store did not answer for as long as was waited. */
      | 'unavailable'
      | 'access_denied'
      /** The object was replaced while it was read. */
      | 'changed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
