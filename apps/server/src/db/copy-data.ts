import { DatabaseError } from './database-error.js';

/**
 * Takes the bytes PostgreSQL sends for COPY … TO STDOUT (protocol 3.0: type byte, length, payload), passes the
 * payloads of CopyData on in larger chunks and keeps the error or the row count of the command tag.
 */
export class CopyDataExtractor {
  private pending: Uint8Array = new Uint8Array(0);
  private out: Uint8Array<ArrayBuffer>;
  private used = 0;
  private rows = 0;
  private error: DatabaseError | undefined;

  constructor(
    chunkBytes: number,
    private readonly emit: (data: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.out = new Uint8Array(chunkBytes);
  }

  push(bytes: Uint8Array): void {
    const data = this.pending.length === 0 ? bytes : concat(this.pending, bytes);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let offset = 0;
    while (data.length - offset >= 5) {
      const length = view.getUint32(offset + 1) + 1;
      if (data.length - offset < length) break;
      this.message(data[offset], data.subarray(offset + 5, offset + length));
      offset += length;
    }
    // A copy: the bytes belong to WebAssembly memory and are overwritten after this call.
    this.pending = data.slice(offset);
  }

  /** Sends what is left. Returns the number of rows; throws the error PostgreSQL sent, if any. */
  finish(): number {
    if (this.error) throw this.error;
    this.flush();
    return this.rows;
  }

  private message(type: number, payload: Uint8Array): void {
    if (type === 0x64) this.append(payload);
    else if (type === 0x45) this.error ??= parseError(payload);
    else if (type === 0x43)
      this.rows = Number(/^COPY (\d+)/.exec(new TextDecoder().decode(payload))?.[1] ?? 0);
  }

  private append(payload: Uint8Array): void {
    if (this.used + payload.length > this.out.length) {
      this.flush();
      if (payload.length > this.out.length) this.out = new Uint8Array(payload.length);
    }
    this.out.set(payload, this.used);
    this.used += payload.length;
  }

  private flush(): void {
    if (this.used === 0) return;
    this.emit(this.out.slice(0, this.used));
    this.used = 0;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** ErrorResponse: fields of one letter and text, each ended by a zero byte. */
function parseError(payload: Uint8Array): DatabaseError {
  const fields = new Map<string, string>();
  for (const part of new TextDecoder().decode(payload).split('\0')) {
    if (part.length > 0) fields.set(part[0], part.slice(1));
  }
  return new DatabaseError({
    message: fields.get('M') ?? 'COPY failed',
    code: fields.get('C'),
    detail: fields.get('D'),
    hint: fields.get('H'),
    where: fields.get('W'),
  });
}
