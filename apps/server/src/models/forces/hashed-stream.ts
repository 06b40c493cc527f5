import { createHash } from 'node:crypto';
import { EphemerisRangeError, FormatError } from '@gravity/formats';
import { TaskError } from '../../jobs/task.js';

/**
 * Reads a file of the user as a stream, without holding it, and the SHA-256 of all its bytes.
 *
 * @throws TaskError with the given code, naming file and line, when it is damaged
 */
export async function readHashed<T>(
  stream: AsyncIterable<Uint8Array>,
  field: string,
  code: string,
  parse: (source: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<{ readonly value: T; readonly sha256: string }> {
  const hash = createHash('sha256');
  const iterator = stream[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const result = await iterator.next();
    if (!result.done) hash.update(result.value);
    return result;
  };
  // A reader that has enough ends its source; ours goes on to the end for the sake of the hash.
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next,
      return: async () => ({ done: true as const, value: undefined }),
    }),
  };
  try {
    const value = await parse(source);
    while (!(await next()).done);
    return { value, sha256: hash.digest('hex') };
  } catch (error) {
    await iterator.return?.();
    throw formatFault(error, field, code);
  }
}

/** A fault of a file in the words of a task; other errors as they are. */
export function formatFault(error: unknown, field: string, code: string): unknown {
  if (error instanceof EphemerisRangeError) {
    return new TaskError('ephemeris_not_covered', error.message, [{ field, message: error.message }]);
  }
  if (!(error instanceof FormatError)) return error;
  const { message, file, line } = error;
  return new TaskError(code, message, [{ field, message, file, ...(line !== undefined && { line }) }]);
}
