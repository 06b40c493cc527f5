import { createHash, type Hash } from 'node:crypto';
import { ByteReader, copyDoubles, viewOf } from '../bytes/byte-reader.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { decodeText } from '../bytes/byte-source.js';
import { latin1 } from '../bytes/line-buffer.js';
import { FormatError } from '../errors.js';
import { END_MAGIC, headerFromJson, MAGIC } from './header.js';
import { packedIndex, packedSize } from './packed.js';
import type { NormalsFile, NormalsHeader, NormalsRow } from './types.js';

const MAX_HEADER = 64 * 1024 * 1024;

/**
 * Opens a file of normal equations: header and vectors at once, the matrix row by row.
 *
 * @throws FormatError `empty_file`, `unknown_format`, `bad_header`, `unsupported`, `truncated` here; `truncated` and
 *   `bad_checksum` while the rows are read
 */
export async function openNormals(
  source: ByteSource,
  options: { readonly file: string },
): Promise<NormalsFile> {
  const { file } = options;
  const reader = new ByteReader(source, file);
  const hash = createHash('sha256');
  try {
    if ((await reader.peek(1)).length === 0)
      throw new FormatError('empty_file', 'the file is empty', { file });
    const start = await reader.take(16, 'header');
    if (latin1(start, 0, 8) !== MAGIC) {
      throw new FormatError('unknown_format', 'no file of normal equations (GNORMAL1)', {
        file,
        byteOffset: 0,
      });
    }
    hash.update(start);
    const length = viewOf(start).getUint32(8, true);
    if (length % 8 !== 0 || length > MAX_HEADER) {
      throw new FormatError('bad_header', `a header of ${length} bytes`, { file, byteOffset: 8 });
    }
    const json = await reader.take(length, 'header');
    hash.update(json);
    const { header, hasApriori } = headerFromJson(decodeText(json), file);
    const n = header.parameters.length;
    const rightHandSide = await takeDoubles(reader, hash, n, 'right-hand side');
    const apriori = hasApriori ? await takeDoubles(reader, hash, n, 'a-priori values') : undefined;
    const rows = readRows(reader, hash, n, file);
    return { header, rightHandSide, ...(apriori && { apriori }), rows };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function takeDoubles(
  reader: ByteReader,
  hash: Hash,
  count: number,
  field: string,
): Promise<Float64Array> {
  const bytes = await reader.take(8 * count, field);
  hash.update(bytes);
  return copyDoubles(bytes, true);
}

async function* readRows(
  reader: ByteReader,
  hash: Hash,
  n: number,
  file: string,
): AsyncGenerator<NormalsRow, void, undefined> {
  try {
    for (let row = 0; row < n; row++) {
      yield { row, values: await takeDoubles(reader, hash, n - row, `row ${row}`) };
    }
    const byteOffset = reader.offset;
    const end = await reader.take(40, 'checksum');
    hash.update(end.subarray(0, 8));
    if (latin1(end, 0, 8) !== END_MAGIC || !hash.digest().equals(end.subarray(8))) {
      throw new FormatError('bad_checksum', 'the SHA-256 of the file is not the one it carries', {
        file,
        byteOffset,
      });
    }
    if ((await reader.peek(1)).length > 0) {
      throw new FormatError('unknown_value', 'more bytes after the checksum', {
        file,
        byteOffset: reader.offset,
      });
    }
  } finally {
    await reader.close();
  }
}

export interface HeldNormals {
  readonly header: NormalsHeader;
  readonly rightHandSide: Float64Array;
  readonly apriori?: Float64Array;
  /** Packed upper triangle, or the caller's matrix. */
  readonly matrix: Float64Array;
}

/**
 * Reads a file of normal equations into memory, checksum tested.
 *
 * @param options.allocate gives the array for an n×n row-major matrix whose upper triangle is to be filled (what lies
 *   below is not touched); without it the triangle is packed
 */
export async function readNormals(
  source: ByteSource,
  options: { readonly file: string; readonly allocate?: (length: number) => Float64Array },
): Promise<HeldNormals> {
  const { rows, ...rest } = await openNormals(source, options);
  const n = rest.header.parameters.length;
  const matrix = options.allocate ? options.allocate(n * n) : new Float64Array(packedSize(n));
  for await (const { row, values } of rows) {
    matrix.set(values, options.allocate ? row * n + row : packedIndex(n, row, row));
  }
  return { ...rest, matrix };
}
