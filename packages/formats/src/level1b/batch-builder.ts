import { latin1 } from '../bytes/line-buffer.js';
import { parseNumber } from '../bytes/parse-number.js';
import { FormatError, type FormatErrorCode, quoteForMessage } from '../errors.js';
import type { Level1bBatch, Level1bColumn, Level1bHeader } from './types.js';

const NUMBER = 0;
const TEXT = 1;
const BITS = 2;
const REST = 3;

/** A column with the arrays of the batch under construction. */
interface Target {
  readonly column: Level1bColumn;
  readonly type: number;
  /** prod_flag mask, 0 for columns always there */
  readonly mask: number;
  readonly isProductFlag: boolean;
  numbers: Float64Array;
  bits: Uint32Array;
  texts: string[];
  /** Characters of a flag column, fixed by the first record. */
  width: number;
  readonly allowed: ReadonlySet<string> | undefined;
}

/** Turns lines into struct-of-arrays batches. */
export class BatchBuilder {
  count = 0;
  readonly #file: string;
  readonly #rows: number;
  readonly #targets: Target[];
  readonly #repeatedNames: string[];
  readonly #repeatCounter: Target | undefined;
  readonly #knownBits: number;
  readonly #hasFraction: boolean;
  readonly #fractionUnit: number;
  #firstLine = 0;
  #whole: Float64Array;
  #fraction: Float64Array;
  #repeatedValues: number[] = [];
  #repeatedOffsets: number[] = [0];

  constructor(header: Level1bHeader, rows: number) {
    this.#file = header.file;
    this.#rows = rows;
    const read = header.columns.filter((c) => !c.neverPresent);
    this.#targets = read.filter((c) => c.kind !== 'repeated').map((column) => this.#target(column));
    this.#repeatedNames = read.filter((c) => c.kind === 'repeated').map((c) => c.name);
    this.#repeatCounter =
      this.#repeatedNames.length > 0 ? this.#targets.find((t) => t.column.name === 'n_prns') : undefined;
    this.#knownBits = this.#targets.reduce((bits, t) => bits | t.mask, 0) >>> 0;
    this.#hasFraction = this.#targets[1]?.column.name.endsWith('_frac') ?? false;
    this.#fractionUnit = header.fractionUnit === 1e-9 ? 1e9 : 1e6;
    this.#whole = new Float64Array(rows);
    this.#fraction = new Float64Array(rows);
  }

  #target(column: Level1bColumn): Target {
    const type =
      column.kind === 'number'
        ? NUMBER
        : column.kind === 'text'
          ? TEXT
          : column.kind === 'rest'
            ? REST
            : BITS;
    return {
      column,
      type,
      mask: column.productBit === undefined ? 0 : (1 << column.productBit) >>> 0,
      isProductFlag: column.name === 'prod_flag',
      numbers: new Float64Array(type === NUMBER ? this.#rows : 0),
      bits: new Uint32Array(type === BITS ? this.#rows : 0),
      texts: [],
      width: 0,
      allowed: column.allowed && new Set(column.allowed),
    };
  }

  /** Parses bytes[start, end); blank lines are passed over. */
  addLine(bytes: Uint8Array, start: number, lineEnd: number, line: number, complete: boolean): void {
    const row = this.count;
    const targets = this.#targets;
    let end = lineEnd;
    while (end > start && bytes[end - 1] <= 32) end--;
    if (end === start) return;
    let at = start;
    let productFlag = 0;
    let lastType = NUMBER;
    for (let k = 0; k < targets.length; k++) {
      const target = targets[k];
      if (target.mask !== 0 && (productFlag & target.mask) === 0) {
        if (target.type === NUMBER) target.numbers[row] = Number.NaN;
        else if (target.type !== BITS) target.texts.push('');
        continue;
      }
      while (at < end && bytes[at] <= 32) at++;
      if (at >= end) {
        if (target.type === REST) {
          target.texts.push('');
          continue;
        }
        this.#fail(
          complete ? 'column_count' : 'truncated_line',
          complete ? `the record ends before this column` : `the file ends inside a record`,
          line,
          k,
        );
      }
      let tokenEnd = at;
      if (target.type === REST) tokenEnd = end;
      else while (tokenEnd < end && bytes[tokenEnd] > 32) tokenEnd++;
      if (target.type === NUMBER) {
        const value = parseNumber(bytes, at, tokenEnd);
        if (!Number.isFinite(value))
          this.#badNumber(bytes, at, tokenEnd, line, k, complete || tokenEnd < end);
        target.numbers[row] = value;
        if (k === 0) this.#setTime(bytes, at, tokenEnd, value, row, line);
      } else if (target.type === BITS) {
        const value = this.#parseBits(bytes, at, tokenEnd, target, line, k, complete || tokenEnd < end);
        target.bits[row] = value;
        if (target.isProductFlag) {
          productFlag = value;
          if ((value & ~this.#knownBits) !== 0) {
            this.#fail('undefined_product_bit', 'a bit is set for which the header names no column', line, k);
          }
        }
      } else {
        const text = latin1(bytes, at, tokenEnd);
        if (target.allowed !== undefined && !target.allowed.has(text)) this.#badWord(text, target, line, k);
        target.texts.push(text);
      }
      lastType = target.type;
      at = tokenEnd;
    }
    if (this.#repeatedNames.length > 0) at = this.#addRepeated(bytes, at, end, row, line);
    while (at < end && bytes[at] <= 32) at++;
    if (at < end) {
      const text = quoteForMessage(latin1(bytes, at, end));
      this.#fail('column_count', `more values than the header has columns: ${text}`, line, targets.length);
    }
    if (!complete && lastType !== BITS) {
      // "12" may have been "12345": only a flag of known width can prove the record whole
      this.#fail('truncated_line', 'the file ends without a line end after a number or text', line);
    }
    if (this.#hasFraction) {
      const fraction = targets[1].numbers[row];
      if (fraction < 0 || fraction >= this.#fractionUnit || !Number.isInteger(this.#whole[row])) {
        this.#fail('bad_time', `fraction of the time tag out of range: ${fraction}`, line, 1);
      }
      this.#fraction[row] = fraction / this.#fractionUnit;
    }
    if (row === 0) this.#firstLine = line;
    this.count++;
  }

  #setTime(bytes: Uint8Array, start: number, end: number, value: number, row: number, line: number): void {
    if (Math.abs(value) > 1e10) this.#fail('bad_time', `no epoch of this mission: ${value} s`, line, 0);
    const whole = Math.floor(value);
    this.#whole[row] = whole;
    this.#fraction[row] = 0;
    if (whole === value) return;
    // take the decimals from the text: the difference value − whole has lost them below 1e-7 s
    const point = bytes.subarray(start, end).indexOf(46);
    const plain = point >= 0 && bytes.subarray(start, end).every((b) => b === 46 || (b >= 48 && b <= 57));
    this.#fraction[row] = plain ? parseNumber(bytes, start + point, end) : value - whole;
  }

  #parseBits(
    bytes: Uint8Array,
    start: number,
    end: number,
    target: Target,
    line: number,
    k: number,
    complete: boolean,
  ): number {
    const width = end - start;
    if (target.width === 0 && width <= 32 && complete) target.width = width;
    if (width !== target.width) {
      const text = quoteForMessage(latin1(bytes, start, end));
      if (!complete) this.#fail('truncated_line', `the file ends inside a flag: ${text}`, line, k);
      this.#fail('bad_flag', `${target.width || 'up to 32'} binary digits expected, found ${text}`, line, k);
    }
    let value = 0;
    for (let i = start; i < end; i++) {
      const bit = bytes[i] - 48;
      if (bit !== 0 && bit !== 1) {
        this.#fail('bad_flag', `not binary digits: ${quoteForMessage(latin1(bytes, start, end))}`, line, k);
      }
      value = (value << 1) | bit;
    }
    return value >>> 0;
  }

  #addRepeated(bytes: Uint8Array, from: number, end: number, row: number, line: number): number {
    let at = from;
    let values = 0;
    for (;;) {
      while (at < end && bytes[at] <= 32) at++;
      if (at >= end) break;
      let tokenEnd = at;
      while (tokenEnd < end && bytes[tokenEnd] > 32) tokenEnd++;
      const value = parseNumber(bytes, at, tokenEnd);
      const column = this.#targets.length + values;
      if (!Number.isFinite(value)) this.#badNumber(bytes, at, tokenEnd, line, column, true);
      this.#repeatedValues.push(value);
      values++;
      at = tokenEnd;
    }
    const width = this.#repeatedNames.length;
    const expected = this.#repeatCounter ? this.#repeatCounter.numbers[row] * width : values;
    if (values !== expected || values % width !== 0) {
      this.#fail(
        'column_count',
        `${expected} values of ${this.#repeatedNames} expected, found ${values}`,
        line,
      );
    }
    this.#repeatedOffsets.push(this.#repeatedOffsets[this.#repeatedOffsets.length - 1] + values / width);
    return at;
  }

  #badNumber(bytes: Uint8Array, start: number, end: number, line: number, k: number, whole: boolean): never {
    const text = quoteForMessage(latin1(bytes, start, end));
    if (!whole) this.#fail('truncated_line', `the file ends inside a number: ${text}`, line, k);
    return this.#fail('not_a_number', `not a finite number: ${text}`, line, k);
  }

  #badWord(text: string, target: Target, line: number, k: number): never {
    const { name } = target.column;
    const code: FormatErrorCode =
      name === 'coord_ref' ? 'unknown_frame' : /_id$/.test(name) ? 'unknown_satellite' : 'unknown_value';
    const expected = [...(target.allowed ?? [])].join(', ');
    return this.#fail(code, `${quoteForMessage(text)} is none of ${expected}`, line, k);
  }

  #fail(code: FormatErrorCode, text: string, line: number, k?: number): never {
    throw new FormatError(code, text, {
      file: this.#file,
      line,
      column: k === undefined ? undefined : k + 1,
      field: k === undefined ? undefined : this.#targets[k]?.column.name,
    });
  }

  /** The records so far as a batch; the builder starts a new one. */
  take(): Level1bBatch {
    const n = this.count;
    const numbers: Record<string, Float64Array> = Object.create(null);
    const bits: Record<string, Uint32Array> = Object.create(null);
    const texts: Record<string, readonly string[]> = Object.create(null);
    for (const target of this.#targets) {
      const { name } = target.column;
      if (target.type === NUMBER) {
        numbers[name] = target.numbers.subarray(0, n);
        target.numbers = new Float64Array(this.#rows);
      } else if (target.type === BITS) {
        bits[name] = target.bits.subarray(0, n);
        target.bits = new Uint32Array(this.#rows);
      } else {
        texts[name] = target.texts;
        target.texts = [];
      }
    }
    const wholeSeconds = this.#whole.subarray(0, n);
    const fractionSeconds = this.#fraction.subarray(0, n);
    const gpsSeconds = wholeSeconds.map((whole, i) => whole + fractionSeconds[i]);
    const repeated = this.#repeatedNames.length > 0 && {
      names: this.#repeatedNames,
      values: Float64Array.from(this.#repeatedValues),
      offsets: Int32Array.from(this.#repeatedOffsets),
    };
    this.#whole = new Float64Array(this.#rows);
    this.#fraction = new Float64Array(this.#rows);
    this.#repeatedValues = [];
    this.#repeatedOffsets = [0];
    this.count = 0;
    return {
      count: n,
      firstLine: this.#firstLine,
      wholeSeconds,
      fractionSeconds,
      gpsSeconds,
      numbers,
      bits,
      texts,
      ...(repeated && { repeated }),
    };
  }
}
