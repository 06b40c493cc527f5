import type { TimeSeriesTable } from '../schema.js';

/** Hours of one series into which rows were copied. */
export interface SeriesMark {
  readonly owner: string;
  readonly product: string;
  /** Start of the hour, ISO 8601 in UTC. */
  readonly bucket: string;
}

export type CopiedSeriesTable = Exclude<TimeSeriesTable, 'audit_logs'>;

export function isSeriesTable(table: string): table is CopiedSeriesTable {
  return table === 'satellite_observations' || table === 'baseline_vectors';
}

const TAB = 9;
const NEWLINE = 10;
/** YYYY-MM-DD and the hour, in both ways to write a time. */
const HOUR_BYTES = 13;
const UTC_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|\+00(:?00)?)$/;

/**
 * Reads from COPY text which series and hours it touches. Only the bytes of the first columns are looked at, and
 * nearly always they only have to be compared with those of the row before.
 */
export class RowMarks {
  readonly #time: number;
  readonly #owner: number;
  readonly #product: number;
  readonly #last: number;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #marks = new Map<string, SeriesMark>();
  readonly #days = new Set<string>();

  /** @throws Error when `columns` lacks time, owner or product */
  constructor(table: CopiedSeriesTable, columns: readonly string[]) {
    this.#time = columns.indexOf('time');
    this.#owner = columns.indexOf(table === 'baseline_vectors' ? 'pair' : 'satellite');
    this.#product = columns.indexOf('product');
    if (Math.min(this.#time, this.#owner, this.#product) < 0) {
      throw new Error(`rows of ${table} need a time, an owner and a product`);
    }
    this.#last = Math.max(this.#time, this.#owner, this.#product);
  }

  /** Looks at whole rows. Returns the days (YYYY-MM-DD, UTC) not seen before. */
  add(block: Uint8Array): readonly string[] {
    const before = this.#days.size;
    let previous = { time: 0, owner: 0, ownerEnd: 0, product: 0, productEnd: 0 };
    let valid = false;
    for (let start = 0; start < block.length; ) {
      const newline = block.indexOf(NEWLINE, start);
      const end = newline < 0 ? block.length : newline;
      if (!this.#split(block, start, end)) break; // COPY will say what is wrong with the row
      const time = this.#starts[this.#time];
      const owner = this.#starts[this.#owner];
      const ownerEnd = this.#ends[this.#owner];
      const product = this.#starts[this.#product];
      const productEnd = this.#ends[this.#product];
      const same =
        valid &&
        sameBytes(block, previous.time, time, HOUR_BYTES) &&
        ownerEnd - owner === previous.ownerEnd - previous.owner &&
        sameBytes(block, previous.owner, owner, ownerEnd - owner) &&
        productEnd - product === previous.productEnd - previous.product &&
        sameBytes(block, previous.product, product, productEnd - product) &&
        isPlainUtc(block, time, this.#ends[this.#time]);
      if (!same) {
        valid = this.#mark(
          text(block, time, this.#ends[this.#time]),
          unescaped(text(block, owner, ownerEnd)),
          unescaped(text(block, product, productEnd)),
        );
        previous = { time, owner, ownerEnd, product, productEnd };
      }
      start = end + 1;
    }
    return [...this.#days].slice(before);
  }

  marks(): readonly SeriesMark[] {
    return [...this.#marks.values()];
  }

  /** Fields of a row up to the last one needed. */
  #split(block: Uint8Array, start: number, end: number): boolean {
    let at = start;
    for (let field = 0; field <= this.#last; field++) {
      if (at > end) return false;
      let stop = at;
      while (stop < end && block[stop] !== TAB) stop++;
      this.#starts[field] = at;
      this.#ends[field] = stop;
      at = stop + 1;
    }
    return true;
  }

  /** Returns whether the next row may be compared with this one by the bytes of its hour. */
  #mark(time: string, owner: string, product: string): boolean {
    const plain = UTC_TIME.exec(time);
    if (plain) {
      this.#put(`${plain[1]}T${plain[2]}:00:00Z`, owner, product);
      return true;
    }
    // another zone, more digits, or a leap second, which PostgreSQL stores as the next full minute
    const leap = /:60(?=[.Z+ -]|$)/.test(time);
    const ms = Date.parse(leap ? time.replace(':60', ':59') : time.replace(/\+00$/, 'Z'));
    if (Number.isNaN(ms)) return false;
    for (const moment of leap ? [ms, ms + 1000] : [ms, ms + 1]) {
      this.#put(`${new Date(moment).toISOString().slice(0, HOUR_BYTES)}:00:00Z`, owner, product);
    }
    return false;
  }

  #put(bucket: string, owner: string, product: string): void {
    const key = `${bucket}\t${owner}\t${product}`;
    if (this.#marks.has(key)) return;
    this.#marks.set(key, { owner, product, bucket });
    this.#days.add(bucket.slice(0, 10));
  }
}

function sameBytes(block: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (block[a + i] !== block[b + i]) return false;
  return true;
}

/** Ends with Z or +00, and is no leap second. */
function isPlainUtc(block: Uint8Array, start: number, end: number): boolean {
  const last = block[end - 1];
  const zone = last === 90 || (last === 48 && block[end - 2] === 48 && block[end - 3] === 43);
  return zone && block[start + 17] !== 54 && end - start <= 29;
}

const decoder = new TextDecoder();
const text = (block: Uint8Array, start: number, end: number) => decoder.decode(block.subarray(start, end));

function unescaped(field: string): string {
  if (!field.includes('\\')) return field;
  const letters: Record<string, string> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' };
  return field.replace(/\\(.)/gs, (_match, letter: string) => letters[letter] ?? letter);
}
