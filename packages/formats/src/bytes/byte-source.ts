import { FormatError } from '../errors.js';

/** Anything that yields bytes: a Node Readable, a web stream, an array of chunks. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The iterator of a byte source, synchronous sources included. */
export function byteIterator(source: ByteSource): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/**
 * Collects a whole (small) source in memory.
 *
 * @throws FormatError `too_large` above maxBytes
 */
export async function readAllBytes(
  source: ByteSource,
  file: string,
  maxBytes = 512 * 1024 * 1024,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > maxBytes) throw new FormatError('too_large', `more than ${maxBytes} bytes`, { file });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

/** Bytes as text: UTF-8 when valid, otherwise Latin-1, so that no byte makes a reader fail. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
}
