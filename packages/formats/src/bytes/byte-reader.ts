import { FormatError } from '../errors.js';
import { type ByteSource, byteIterator } from './byte-source.js';

/** Pieces of exact length from a stream of bytes. Memory stays at one chunk plus one piece. */
export class ByteReader {
  /** Offset of the next byte in the file. */
  offset = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #file: string;

  constructor(source: ByteSource, file: string) {
    this.#iterator = byteIterator(source);
    this.#file = file;
  }

  /** Makes at least `length` bytes available; false when the stream ends before. */
  async #need(length: number): Promise<boolean> {
    if (this.#rest.length >= length) return true;
    const chunks = [this.#rest];
    let total = this.#rest.length;
    while (total < length && !this.#ended) {
      const next = await this.#iterator.next();
      if (next.done) this.#ended = true;
      else {
        chunks.push(next.value);
        total += next.value.length;
      }
    }
    this.#rest = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total);
    return total >= length;
  }

  /** The next bytes without taking them; fewer at the end of the stream. */
  async peek(length: number): Promise<Uint8Array> {
    await this.#need(length);
    return this.#rest.subarray(0, Math.min(length, this.#rest.length));
  }

  /**
   * The next `length` bytes (a view, good until it is not needed any more).
   *
   * @throws FormatError `truncated` with the offset when the stream ends before
   */
  async take(length: number, field?: string): Promise<Uint8Array> {
    if (!(await this.#need(length))) {
      const text = `the file ends after ${this.offset + this.#rest.length} bytes, ${this.offset + length} expected`;
      throw new FormatError('truncated', text, { file: this.#file, byteOffset: this.offset, field });
    }
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.offset += length;
    return piece;
  }

  /** As `take`, but undefined when the stream has ended exactly here. */
  async takeUnlessEnded(length: number, field?: string): Promise<Uint8Array | undefined> {
    if (!(await this.#need(length)) && this.#rest.length === 0) return undefined;
    return this.take(length, field);
  }

  /** What is left of the stream, chunk by chunk. */
  async *remaining(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        if (this.#rest.length > 0) {
          const piece = this.#rest;
          this.#rest = new Uint8Array(0);
          this.offset += piece.length;
          yield piece;
        }
        if (!(await this.#need(1))) return;
      }
    } finally {
      await this.close();
    }
  }

  /** Tells the source that nothing more will be read. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }
}

/** DataView over a piece of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const LITTLE_ENDIAN_MACHINE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Copies doubles of the given byte order out of bytes whose start needs no alignment. */
export function copyDoubles(bytes: Uint8Array, littleEndian: boolean): Float64Array {
  const copy = new Uint8Array(bytes); // own memory, aligned
  if (littleEndian !== LITTLE_ENDIAN_MACHINE) Buffer.from(copy.buffer).swap64();
  return new Float64Array(copy.buffer);
}
