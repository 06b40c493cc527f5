import type { ProductLimits } from './quality-limits.js';
import { type Tally, tally } from './quality-tally.js';
import type { Level1bBatch, Level1bHeader } from './types.js';

/** Fill value of columns without content (formal errors of GNI1B). */
const FILL = 1e32;

/** Ranges, finite numbers, statistics and flags of the columns. */
export class ValueChecks {
  readonly notFinite = new Map<string, Tally>();
  readonly outOfRange = new Map<string, Tally>();
  readonly wrongWord = new Map<string, Tally>();
  readonly statistics = new Map<string, { minimum: number; maximum: number; sum: number; count: number }>();
  readonly flagCounts = new Map<string, Float64Array>();
  readonly #optional: ReadonlySet<string>;
  readonly #limits: ProductLimits;

  constructor(header: Level1bHeader, limits: ProductLimits) {
    this.#limits = limits;
    // values that prod_flag may leave out are NaN by construction
    this.#optional = new Set(header.columns.filter((c) => c.productBit !== undefined).map((c) => c.name));
  }

  add(batch: Level1bBatch): void {
    for (const [name, values] of Object.entries(batch.numbers)) this.#column(name, values, batch.firstLine);
    for (const [name, values] of Object.entries(batch.bits)) this.#countBits(name, values);
    for (const { column, minimum, maximum } of this.#limits.columns) {
      const values = batch.numbers[column];
      if (!values) continue;
      for (let i = 0; i < values.length; i++) {
        if (values[i] < minimum || values[i] > maximum) tally(this.outOfRange, column, batch.firstLine + i);
      }
    }
    for (const { name, columns, minimum, maximum } of this.#limits.norms) {
      const parts = columns.map((column) => batch.numbers[column]);
      if (parts.some((part) => part === undefined)) continue;
      for (let i = 0; i < batch.count; i++) {
        let square = 0;
        for (const part of parts) square += part[i] * part[i];
        const length = Math.sqrt(square);
        // written so that NaN counts as outside
        if (!(length >= minimum && length <= maximum)) tally(this.outOfRange, name, batch.firstLine + i);
      }
    }
    for (const [column, word] of Object.entries(this.#limits.words)) {
      batch.texts[column]?.forEach((text, i) => {
        if (text !== word) tally(this.wrongWord, column, batch.firstLine + i);
      });
    }
  }

  #column(name: string, values: Float64Array, firstLine: number): void {
    let entry = this.statistics.get(name);
    if (!entry) {
      entry = { minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY, sum: 0, count: 0 };
      this.statistics.set(name, entry);
    }
    const optional = this.#optional.has(name);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!Number.isFinite(value)) {
        if (!(optional && Number.isNaN(value))) tally(this.notFinite, name, firstLine + i);
        continue;
      }
      if (value > FILL) continue;
      if (value < entry.minimum) entry.minimum = value;
      if (value > entry.maximum) entry.maximum = value;
      entry.sum += value;
      entry.count++;
    }
  }

  #countBits(name: string, values: Uint32Array): void {
    let counts = this.flagCounts.get(name);
    if (!counts) this.flagCounts.set(name, (counts = new Float64Array(32)));
    for (let i = 0; i < values.length; i++) {
      for (let rest = values[i]; rest !== 0; rest = (rest & (rest - 1)) >>> 0)
        counts[31 - Math.clz32(rest & -rest)]++;
    }
  }
}
