import { FormatError } from '../errors.js';
import { type ByteSource, byteIterator } from './byte-source.js';

const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Lines of a byte stream without copying them: `bytes` holds the current window, `position` the next
 * unread byte. Memory stays at one chunk plus one line.
 */
export class LineBuffer {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  /** 1-based number of the next line. */
  line = 1;
  ended = false;
  #received = 0;
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #file: string;

  constructor(source: ByteSource, file: string) {
    this.#iterator = byteIterator(source);
    this.#file = file;
  }

  /** Offset of the next unread byte in the stream. */
  get offset(): number {
    return this.#received - (this.bytes.length - this.position);
  }

  /** Appends the next chunk; false at the end of the stream. */
  async fill(): Promise<boolean> {
    if (this.ended) return false;
    const next = await this.#iterator.next();
    if (next.done) {
      this.ended = true;
      return false;
    }
    this.#received += next.value.length;
    const rest = this.bytes.length - this.position;
    if (rest > MAX_LINE_BYTES) {
      throw new FormatError('line_too_long', `a line of more than ${MAX_LINE_BYTES} bytes`, {
        file: this.#file,
        line: this.line,
      });
    }
    if (rest === 0) {
      this.bytes = next.value;
    } else {
      const joined = new Uint8Array(rest + next.value.length);
      joined.set(this.bytes.subarray(this.position), 0);
      joined.set(next.value, rest);
      this.bytes = joined;
    }
    this.position = 0;
    return true;
  }

  /** The next line as Latin-1 text without its line end, or undefined at the end of the stream. */
  async nextLine(): Promise<string | undefined> {
    for (;;) {
      const newline = this.bytes.indexOf(10, this.position);
      if (newline >= 0) {
        const text = latin1(this.bytes, this.position, newline);
        this.position = newline + 1;
        this.line++;
        return text.endsWith('\r') ? text.slice(0, -1) : text;
      }
      if (!(await this.fill())) {
        if (this.position >= this.bytes.length) return undefined;
        const text = latin1(this.bytes, this.position, this.bytes.length);
        this.position = this.bytes.length;
        this.line++;
        return text;
      }
    }
  }

  /** Tells the source that nothing more will be read. */
  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.#iterator.return?.();
  }
}

/** Latin-1 text of bytes[start, end). */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}
