import { Readable } from 'node:stream';

const CHUNK_BYTES = 1 << 20;

/** Bytes as a stream of pieces: the checksum of a large array must not hold up the event loop. */
export function streamOf(bytes: Uint8Array): Readable {
  function* pieces(): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
  }
  return Readable.from(pieces(), { objectMode: false });
}
