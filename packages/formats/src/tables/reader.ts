import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import type { Quantity } from './column-names.js';
import {
  epochOfDay,
  epochOfDecimalYear,
  epochOfIso,
  epochOfMjd,
  epochOfSeconds,
  type TableEpoch,
} from './epoch.js';
import { GrowingArray } from './growing-array.js';
import { type TableLayout, tableLayout } from './layout.js';
import type { EpochTable, TableReadOptions } from './types.js';

/**
 * Reads a plain table of epochs and values: comma, semicolon, tab or spaces between the columns, lines starting
 * with # or % are comments (`# key: value` gives satellite, frame, time_scale, columns), and one header row may
 * name the columns with units in brackets.
 *
 * Values become SI; epochs become GPS time. Rows must be in strictly rising time.
 *
 * @throws FormatError with file and line; `ambiguous` says what has to be stated
 */
export async function readEpochTable(source: ByteSource, options: TableReadOptions): Promise<EpochTable> {
  const buffer = new LineBuffer(source, options.file);
  try {
    const metadata: Record<string, string> = Object.create(null);
    let headings: string[] | undefined;
    let delimiter: RegExp | undefined;
    let rows: RowReader | undefined;
    let line: string | undefined;
    while ((line = await buffer.nextLine()) !== undefined) {
      const at = buffer.line - 1;
      const text = (at === 1 ? line.replace(/^\u00ef\u00bb\u00bf/, '') : line).trim();
      if (text === '') continue;
      if (text.startsWith('#') || text.startsWith('%')) {
        const entry = /^[#%]+\s*([\w -]+?)\s*[:=]\s*(.*)$/.exec(text);
        if (entry) metadata[entry[1].toLowerCase().replace(/[\s-]+/g, '_')] = entry[2].trim();
        continue;
      }
      if (!rows && !headings && isHeadingRow(text)) {
        headings = splitHeadings(text);
        continue;
      }
      delimiter ??= delimiterOf(text);
      const words = text.split(delimiter);
      rows ??= new RowReader(tableLayout(headings, metadata, words.length, options, at), options.file);
      rows.add(words, at);
    }
    if (!rows) throw new FormatError('empty_file', 'no row of numbers in the file', { file: options.file });
    return rows.finish(metadata);
  } finally {
    await buffer.close();
  }
}

/** A row is a heading when its first word is neither a number nor a date. */
function isHeadingRow(text: string): boolean {
  const first = text.split(/[,;\t ]/)[0].trim();
  return !/^[+-]?[\d.]/.test(first);
}

function splitHeadings(text: string): string[] {
  for (const delimiter of [',', ';', '\t']) if (text.includes(delimiter)) return text.split(delimiter);
  // spaces: keep a unit in brackets with its name
  return text.match(/[^\s[(]+(?:\s*[[(][^\])]*[\])])?/g) ?? [text];
}

function delimiterOf(row: string): RegExp {
  if (row.includes(';')) return /\s*;\s*/;
  if (row.includes(',')) return /\s*,\s*/;
  if (row.includes('\t')) return /\s*\t\s*/;
  return /\s+/;
}

class RowReader {
  readonly #layout: TableLayout;
  readonly #file: string;
  readonly #whole = new GrowingArray();
  readonly #fraction = new GrowingArray();
  readonly #values: ReadonlyMap<Quantity, GrowingArray>;

  constructor(layout: TableLayout, file: string) {
    this.#layout = layout;
    this.#file = file;
    this.#values = new Map(layout.values.map((v) => [v.quantity, new GrowingArray()]));
  }

  add(words: readonly string[], line: number): void {
    const { columnCount, values } = this.#layout;
    // a delimiter at the end of the row leaves an empty word
    const count = words[words.length - 1] === '' ? words.length - 1 : words.length;
    if (count !== columnCount) {
      throw new FormatError('column_count', `${count} columns, ${columnCount} expected`, {
        file: this.#file,
        line,
      });
    }
    const epoch = this.#epoch(words, line);
    const n = this.#whole.length;
    if (n > 0) {
      const last = this.#whole.at(n - 1);
      if (
        epoch.gpsSeconds < last ||
        (epoch.gpsSeconds === last && epoch.offsetSeconds <= this.#fraction.at(n - 1))
      ) {
        throw new FormatError('bad_time', 'the epoch does not lie after the one before it', {
          file: this.#file,
          line,
        });
      }
    }
    this.#whole.push(epoch.gpsSeconds);
    this.#fraction.push(epoch.offsetSeconds);
    for (const { quantity, column, factor } of values) {
      const value = parseDecimal(words[column]) * factor;
      if (!Number.isFinite(value)) {
        throw new FormatError('not_a_number', `not a finite number: ${quoteForMessage(words[column])}`, {
          file: this.#file,
          line,
          column: column + 1,
          field: quantity,
        });
      }
      this.#values.get(quantity)?.push(value);
    }
  }

  #epoch(words: readonly string[], line: number): TableEpoch {
    const { epochFormat, epochColumns, timeScale } = this.#layout;
    const text = words[epochColumns[0]];
    let epoch: TableEpoch | undefined;
    try {
      if (epochFormat === 'gps_seconds') epoch = epochOfSeconds(text, timeScale);
      else if (epochFormat === 'mjd') epoch = epochOfMjd(text, timeScale);
      else if (epochFormat === 'decimal_year') epoch = epochOfDecimalYear(text, timeScale);
      else if (epochFormat === 'iso') {
        epoch = epochOfIso(epochColumns.map((c) => words[c]).join('T'), timeScale);
      } else {
        const mjd = parseDecimal(text);
        const seconds = parseDecimal(words[epochColumns[1]]);
        if (Number.isInteger(mjd) && seconds >= 0 && seconds < 86_401)
          epoch = epochOfDay(mjd, seconds, timeScale);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    if (epoch) return epoch;
    const written = quoteForMessage(epochColumns.map((c) => words[c]).join(' '));
    throw new FormatError('bad_time', `no epoch of the form ${epochFormat} in ${timeScale}: ${written}`, {
      file: this.#file,
      line,
      column: epochColumns[0] + 1,
    });
  }

  finish(metadata: Readonly<Record<string, string>>): EpochTable {
    const { kind, frame, satellite, epochFormat } = this.#layout;
    const wholeSeconds = this.#whole.take();
    const fractionSeconds = this.#fraction.take();
    const base = {
      file: this.#file,
      satellite,
      metadata,
      count: wholeSeconds.length,
      wholeSeconds,
      fractionSeconds,
      gpsSeconds: wholeSeconds.map((whole, i) => whole + fractionSeconds[i]),
      notes: epochFormat === 'decimal_year' ? ['decimal years carry epochs to some milliseconds only'] : [],
    };
    const take = (quantity: Quantity) => this.#values.get(quantity)?.take();
    const interleave = (name: string, width: number) => {
      const parts = Array.from(
        { length: width },
        (_, k) => take(`${name}_${k}` as Quantity) ?? new Float64Array(0),
      );
      const out = new Float64Array(base.count * width);
      parts.forEach((part, k) => {
        for (let i = 0; i < part.length; i++) out[i * width + k] = part[i];
      });
      return out;
    };
    if (kind === 'orbit') {
      const position = interleave('position', 3);
      return { kind, ...base, frame: frame ?? 'inertial', position, velocity: interleave('velocity', 3) };
    }
    if (kind === 'accelerometer') return { kind, ...base, acceleration: interleave('acceleration', 3) };
    if (kind === 'attitude') return { kind, ...base, quaternion: interleave('quaternion', 4) };
    const range = take('range');
    const rangeAcceleration = take('range_acceleration');
    return {
      kind,
      ...base,
      rangeRate: take('range_rate') as Float64Array,
      ...(range && { range }),
      ...(rangeAcceleration && { rangeAcceleration }),
    };
  }
}
