import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FormatError } from '../errors.js';

/**
 * Decompresses a gzip stream (also several members one after the other).
 *
 * @throws FormatError `bad_gzip` for damaged or cut data, `too_large` above maxBytes of output
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  file: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = Readable.from(source, { objectMode: false });
  const unzip = createGunzip();
  let sourceError: unknown;
  input.on('error', (error) => {
    sourceError = error;
    unzip.destroy(error);
  });
  input.pipe(unzip);
  let total = 0;
  try {
    for await (const chunk of unzip as AsyncIterable<Uint8Array>) {
      total += chunk.length;
      if (total > maxBytes) {
        throw new FormatError('too_large', `more than ${maxBytes} bytes when decompressed`, { file });
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof FormatError || error === sourceError) throw error;
    throw new FormatError('bad_gzip', `damaged gzip data: ${(error as Error).message}`, { file }, error);
  } finally {
    input.destroy();
    unzip.destroy();
  }
}
