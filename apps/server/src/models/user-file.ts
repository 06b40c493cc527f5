import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { FormatError, readAllBytes } from '@gravity/formats';
import { TaskError } from '../jobs/task.js';

/**
 * Opens a file that the request names as `upload:{id}` or `object:{bucket}/{key}`, under the rights of its user.
 * `field` is the field of the request that names it, for the error.
 */
export type OpenUserFile = (name: string, field: string) => Promise<AsyncIterable<Uint8Array>>;

const MAX_MODEL_BYTES = 512 * 1024 * 1024;
const unzip = promisify(gunzip);

/**
 * Reads a model file of a user (plain or gzip) and parses it.
 *
 * @throws TaskError with the given code, naming file and line, when it is damaged
 */
export async function readUserFile<T>(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  field: string,
  code: string,
  parse: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  try {
    let bytes = await readAllBytes(stream, name, MAX_MODEL_BYTES);
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
      bytes = await unzip(bytes, { maxOutputLength: MAX_MODEL_BYTES }).catch((error: Error) => {
        throw new FormatError('bad_gzip', `damaged or too large gzip file: ${error.message}`, { file: name });
      });
    }
    return await parse(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new TaskError(code, error.message, [
      {
        field,
        message: error.message,
        file: error.file,
        ...(error.line !== undefined && { line: error.line }),
      },
    ]);
  }
}
