import { createHash } from 'node:crypto';
import { END_MAGIC, headerToJson, MAGIC } from './header.js';
import { packedIndex, packedSize } from './packed.js';
import type { NormalsHeader } from './types.js';

const CHUNK = 1 << 18;

export interface NormalsContent {
  readonly header: NormalsHeader;
  readonly rightHandSide: Float64Array;
  readonly apriori?: Float64Array;
  /**
   * Upper triangle: rows (element (i, i) to (i, n−1)) one after the other. `packedRows` and `fullRows` make them of
   * arrays at hand.
   */
  readonly rows: Iterable<Float64Array> | AsyncIterable<Float64Array>;
}

/** Rows of a packed upper triangle, without copying. @throws RangeError when the length is not n(n+1)/2 */
export function* packedRows(n: number, matrix: Float64Array): Generator<Float64Array, void, undefined> {
  if (matrix.length !== packedSize(n))
    throw new RangeError(`${matrix.length} values are no triangle of ${n}`);
  for (let i = 0; i < n; i++) {
    const start = packedIndex(n, i, i);
    yield matrix.subarray(start, start + n - i);
  }
}

/** Rows of the upper triangle of an n×n row-major matrix, without copying. */
export function* fullRows(n: number, matrix: Float64Array, ld = n): Generator<Float64Array, void, undefined> {
  if (ld < n || matrix.length < (n - 1) * ld + n)
    throw new RangeError(`${matrix.length} values are no matrix of ${n}`);
  for (let i = 0; i < n; i++) yield matrix.subarray(i * ld + i, i * ld + n);
}

/**
 * Bytes of a file of normal equations, in chunks of about 256 KiB. The same content gives the same bytes.
 *
 * @throws RangeError when a row or vector has not the length of the parameters, or a value is not finite
 */
export async function* writeNormals(content: NormalsContent): AsyncGenerator<Uint8Array, void, undefined> {
  const { header, rightHandSide, apriori, rows } = content;
  const n = header.parameters.length;
  for (const [name, vector] of Object.entries({ rightHandSide, apriori })) {
    if (vector && vector.length !== n) throw new RangeError(`${name} has ${vector.length} of ${n} values`);
  }
  const hash = createHash('sha256');
  let chunk = Buffer.alloc(CHUNK);
  let used = 0;
  const take = (): Uint8Array => {
    const full = chunk.subarray(0, used);
    hash.update(full);
    chunk = Buffer.alloc(CHUNK);
    used = 0;
    return full;
  };
  function* doubles(values: Float64Array, name: string): Generator<Uint8Array> {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i]))
        throw new RangeError(`${name}, element ${i}: ${values[i]} is not finite`);
      if (used === CHUNK) yield take();
      chunk.writeDoubleLE(values[i], used);
      used += 8;
    }
  }
  const json = Buffer.from(headerToJson(header, apriori !== undefined));
  const length = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(16 + length, ' ');
  head.write(MAGIC, 0, 'latin1');
  head.writeUInt32LE(length, 8);
  head.writeUInt32LE(0, 12);
  json.copy(head, 16);
  hash.update(head);
  yield head;
  yield* doubles(rightHandSide, 'rightHandSide');
  if (apriori) yield* doubles(apriori, 'apriori');
  let row = 0;
  for await (const values of rows) {
    if (row >= n || values.length !== n - row) {
      throw new RangeError(`row ${row} has ${values.length} values, ${Math.max(0, n - row)} expected`);
    }
    yield* doubles(values, `row ${row}`);
    row++;
  }
  if (row !== n) throw new RangeError(`${row} of ${n} rows`);
  yield take();
  const end = Buffer.from(END_MAGIC, 'latin1');
  hash.update(end);
  yield Buffer.concat([end, hash.digest()]);
}
