import { viewOf } from '../bytes/byte-reader.js';
import type { LineBuffer } from '../bytes/line-buffer.js';
import { FormatError, type FormatErrorCode } from '../errors.js';
import { type BinaryField, binaryLayout, fieldBytes, recordBytes } from './binary-layout.js';
import type { Level1bBatch, Level1bHeader } from './types.js';

/**
 * Records of a binary file in batches; the buffer stands behind the header.
 *
 * @throws FormatError with byte offset and field: `truncated` (the file ends inside a record), `unknown_satellite`,
 *   `unknown_frame`, `not_a_number`
 */
export async function* readBinaryBatches(
  buffer: LineBuffer,
  header: Level1bHeader,
  batchRows: number,
): AsyncGenerator<Level1bBatch, void, undefined> {
  const { file } = header;
  const layout = binaryLayout(header.product, file);
  const size = recordBytes(layout);
  let first = 1;
  try {
    let batch = new BinaryBatch(layout, file, batchRows);
    for (;;) {
      while (buffer.bytes.length - buffer.position >= size) {
        batch.add(viewOf(buffer.bytes), buffer.position, buffer.offset);
        buffer.position += size;
        if (batch.count < batchRows) continue;
        yield batch.take(first);
        first += batch.count;
        batch = new BinaryBatch(layout, file, batchRows);
      }
      if (!(await buffer.fill())) break;
    }
    const rest = buffer.bytes.length - buffer.position;
    if (rest > 0) {
      const text = `the file ends ${rest} bytes into a record of ${size}`;
      throw new FormatError('truncated', text, { file, byteOffset: buffer.offset });
    }
    if (batch.count > 0) yield batch.take(first);
  } finally {
    await buffer.close();
  }
}

class BinaryBatch {
  count = 0;
  readonly #layout: readonly BinaryField[];
  readonly #file: string;
  readonly #seconds: Float64Array;
  readonly #numbers: Record<string, Float64Array> = Object.create(null);
  readonly #bits: Record<string, Uint32Array> = Object.create(null);
  readonly #texts: Record<string, string[]> = Object.create(null);

  constructor(layout: readonly BinaryField[], file: string, rows: number) {
    this.#layout = layout;
    this.#file = file;
    this.#seconds = new Float64Array(rows);
    for (const { name, kind } of layout) {
      if (kind === 'flags') this.#bits[name] = new Uint32Array(rows);
      else if (kind === 'satellite' || kind === 'frame') this.#texts[name] = [];
      else this.#numbers[name] = new Float64Array(rows);
    }
  }

  add(view: DataView, start: number, offset: number): void {
    const row = this.count;
    let at = start;
    const fail = (code: FormatErrorCode, text: string, field: string): never => {
      throw new FormatError(code, text, { file: this.#file, byteOffset: offset + at - start, field });
    };
    for (const { name, kind } of this.#layout) {
      if (kind === 'f64') {
        const value = view.getFloat64(at, false);
        if (!Number.isFinite(value)) fail('not_a_number', `not a finite number: ${value}`, name);
        this.#numbers[name][row] = value;
      } else if (kind === 'satellite' || kind === 'frame') {
        const letter = String.fromCharCode(view.getUint8(at));
        if (kind === 'frame' ? !/[EI]/.test(letter) : !/[A-D]/.test(letter)) {
          const text = `${JSON.stringify(letter)} is no ${kind === 'frame' ? 'frame (E, I)' : 'satellite'}`;
          fail(kind === 'frame' ? 'unknown_frame' : 'unknown_satellite', text, name);
        }
        this.#texts[name].push(letter);
      } else if (kind === 'flags') this.#bits[name][row] = view.getUint8(at);
      else if (kind === 'i32') this.#numbers[name][row] = view.getInt32(at, false);
      else this.#numbers[name][row] = kind === 'u16' ? view.getUint16(at, false) : view.getInt8(at);
      at += fieldBytes(kind);
    }
    this.#seconds[row] = this.#numbers[this.#layout[0].name][row];
    this.count++;
  }

  take(firstLine: number): Level1bBatch {
    const n = this.count;
    const cut = <T extends Float64Array | Uint32Array>(columns: Readonly<Record<string, T>>) => {
      const out: Record<string, T> = Object.create(null);
      for (const name of Object.keys(columns)) out[name] = columns[name].subarray(0, n) as T;
      return out;
    };
    return {
      count: n,
      firstLine,
      // the tags of these products are whole seconds
      wholeSeconds: this.#seconds.slice(0, n),
      fractionSeconds: new Float64Array(n),
      gpsSeconds: this.#seconds.subarray(0, n),
      numbers: cut(this.#numbers),
      bits: cut(this.#bits),
      texts: this.#texts,
    };
  }
}
