/**
 * COPY's binary format: numbers go to PostgreSQL as they are in memory, which spares both sides the digits. Source:
 * PostgreSQL manual, COPY, "Binary Format".
 */

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const FLOAT8_OID = 701;
const TEXT_OID = 25;
const NULL_FIELD = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

/** Microseconds from the Unix epoch to that of PostgreSQL, 2000-01-01. */
export const POSTGRES_EPOCH_SECONDS = 946_684_800;

/**
 * Rows in blocks, each a complete COPY stream with header and trailer. Fields are added one by one in the order of the
 * columns; a block is passed on when it has reached `blockBytes` at the end of a row.
 */
export class BinaryRowWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #rows = 0;
  readonly #blockBytes: number;
  readonly #fields: number;
  readonly #onBlock: (block: Uint8Array<ArrayBuffer>) => void;

  /** @param onBlock gets a view that is overwritten after the call */
  constructor(fields: number, blockBytes: number, onBlock: (block: Uint8Array<ArrayBuffer>) => void) {
    this.#fields = fields;
    this.#blockBytes = blockBytes;
    this.#onBlock = onBlock;
    this.#bytes = new Uint8Array(blockBytes + 65_536);
    this.#view = new DataView(this.#bytes.buffer);
    this.#begin();
  }

  #begin(): void {
    this.#bytes.set(SIGNATURE, 0);
    // no flags, no extension of the header
    this.#bytes.fill(0, SIGNATURE.length, SIGNATURE.length + 8);
    this.#at = SIGNATURE.length + 8;
    this.#rows = 0;
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#at + length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  startRow(): void {
    this.#room(2);
    this.#view.setInt16(this.#at, this.#fields);
    this.#at += 2;
  }

  /** @param microseconds of UTC since 2000-01-01, a whole number */
  timestamp(microseconds: number): void {
    this.#room(12);
    const view = this.#view;
    view.setInt32(this.#at, 8);
    view.setInt32(this.#at + 4, Math.floor(microseconds / 4_294_967_296));
    view.setUint32(this.#at + 8, microseconds >>> 0);
    this.#at += 12;
  }

  float8(value: number): void {
    this.#room(12);
    this.#view.setInt32(this.#at, 8);
    this.#view.setFloat64(this.#at + 4, value);
    this.#at += 12;
  }

  /** Value i of every column as a double precision array. */
  float8Array(columns: readonly ArrayLike<number>[], i: number): void {
    const count = columns.length;
    const length = count === 0 ? 12 : 20 + 12 * count;
    this.#room(4 + length);
    const view = this.#view;
    let at = this.#at;
    view.setInt32(at, length);
    view.setInt32(at + 4, count === 0 ? 0 : 1);
    view.setInt32(at + 8, 0);
    view.setInt32(at + 12, FLOAT8_OID);
    at += 16;
    if (count > 0) {
      view.setInt32(at, count);
      view.setInt32(at + 4, 1);
      at += 8;
    }
    for (let k = 0; k < count; k++) {
      view.setInt32(at, 8);
      view.setFloat64(at + 4, columns[k][i]);
      at += 12;
    }
    this.#at = at;
  }

  /** One or more fields encoded before, see `textField` and its like. */
  encoded(fields: Uint8Array): void {
    this.#room(fields.length);
    this.#bytes.set(fields, this.#at);
    this.#at += fields.length;
  }

  null(): void {
    this.encoded(NULL_FIELD);
  }

  endRow(): void {
    this.#rows++;
    if (this.#at >= this.#blockBytes) this.finish();
  }

  /** Passes the rows on that are left. */
  finish(): void {
    if (this.#rows === 0) return;
    this.#room(2);
    this.#view.setInt16(this.#at, -1);
    this.#onBlock(this.#bytes.subarray(0, this.#at + 2));
    this.#begin();
  }
}

/** NUL cannot be stored and is left out. */
export function textField(text: string): Uint8Array {
  return field(Buffer.from(text.replaceAll('\0', ''), 'utf8'));
}

/** @throws RangeError for a text that is no UUID */
export function uuidField(uuid: string): Uint8Array {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16) throw new RangeError(`no UUID: ${uuid}`);
  return field(bytes);
}

export function textArrayField(texts: readonly string[]): Uint8Array {
  const head = Buffer.alloc(texts.length === 0 ? 12 : 20);
  head.writeInt32BE(texts.length === 0 ? 0 : 1, 0);
  head.writeInt32BE(TEXT_OID, 8);
  if (texts.length > 0) {
    head.writeInt32BE(texts.length, 12);
    head.writeInt32BE(1, 16);
  }
  return field(Buffer.concat([head, ...texts.map(textField)]));
}

function field(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(4 + bytes.length);
  out.writeInt32BE(bytes.length, 0);
  out.set(bytes, 4);
  return out;
}
