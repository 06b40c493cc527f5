import type { TideSystem } from '@gravity/geodesy';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import type { LowDegreeEntry, LowDegreeSeries } from './types.js';

/** Unit of deviations and standard deviations in the table. */
const UNIT = 1e-10;

/**
 * Reads TN-11 (C20 of CSR) or TN-14 (C20 and C30 of GSFC).
 *
 * Rows after `PRODUCT:` of 5 or 7 columns (begin, year, C20, deviation, sigma [, end, year]) or 10 columns (C20 and
 * C30 groups, then end). C30 is absent where the file writes NaN. The deviation column is checked against value and
 * mean, which catches values and columns that have slipped.
 *
 * @throws FormatError with line: `unknown_format`, `column_count`, `not_a_number`, `bad_time`, `out_of_range`
 */
export function parseLowDegreeSeries(text: string, options: { readonly file: string }): LowDegreeSeries {
  const { file } = options;
  if (text.trim() === '') throw new FormatError('empty_file', 'the file is empty', { file });
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^\s*product:\s*$/i.test(line));
  if (start < 0) throw new FormatError('unknown_format', 'no line "Product:" before the rows', { file });
  const head = lines.slice(0, start).join('\n');
  const constant = (pattern: RegExp): number | undefined => {
    const value = parseDecimal(pattern.exec(head)?.[1] ?? '');
    return Number.isFinite(value) ? value : undefined;
  };
  const meanC20 = constant(/mean C20:\s*(\S+)/i);
  const meanC30 = constant(/mean C30:\s*(\S+)/i);
  const gm = constant(/^\s*GM:\s*(\S+)\s*\(km\^3/im);
  const radius = constant(/^\s*R:\s*(\S+)\s*\(km\)/im);
  const entries: LowDegreeEntry[] = [];
  lines.slice(start + 1).forEach((line, i) => {
    if (line.trim() === '') return;
    const place = { file, line: start + 2 + i };
    const entry = parseRow(line.trim().split(/\s+/), { meanC20, meanC30 }, place);
    const last = entries.at(-1);
    if (last && entry.startMjd <= last.startMjd) {
      const complaint = `MJD ${entry.startMjd} does not follow ${last.startMjd}`;
      throw new FormatError('bad_time', complaint, { ...place, field: 'begin' });
    }
    entries.push(entry);
  });
  if (entries.length === 0) throw new FormatError('unknown_format', 'no row after "Product:"', { file });
  return {
    title: (/^\s*title:\s*(.*)$/im.exec(head)?.[1] ?? '').trim(),
    ...(meanC20 !== undefined && { meanC20 }),
    ...(meanC30 !== undefined && { meanC30 }),
    ...(gm !== undefined && { gm: gm * 1e9 }),
    ...(radius !== undefined && { radius: radius * 1000 }),
    tideSystem: tideSystemOf(head),
    entries,
  };
}

function parseRow(
  words: readonly string[],
  means: { readonly meanC20?: number; readonly meanC30?: number },
  place: { readonly file: string; readonly line: number },
): LowDegreeEntry {
  const columns = words.length;
  if (columns !== 5 && columns !== 7 && columns !== 10) {
    throw new FormatError('column_count', `${columns} columns, 5, 7 or 10 expected`, place);
  }
  const value = (k: number, field: string): number => {
    const x = parseDecimal(words[k]);
    if (Number.isFinite(x)) return x;
    const text = `not a number: ${quoteForMessage(words[k])}`;
    throw new FormatError('not_a_number', text, { ...place, column: k + 1, field });
  };
  const coefficient = (k: number, field: string, mean: number | undefined) => {
    const x = value(k, field);
    const deviation = value(k + 1, `${field} - mean`);
    // four decimals of 1e-10 in the file
    if (mean !== undefined && Math.abs(x - mean - deviation * UNIT) > 1.01e-14) {
      const text = `${x} − ${mean} is not ${deviation}e-10`;
      throw new FormatError('out_of_range', text, { ...place, column: k + 2, field: `${field} - mean` });
    }
    return { x, sigma: value(k + 2, `sigma ${field}`) * UNIT };
  };
  const startMjd = value(0, 'begin');
  const end = columns === 5 ? undefined : value(columns - 2, 'end');
  if (!(startMjd > 40_000 && startMjd < 100_000) || (end !== undefined && !(end > startMjd))) {
    throw new FormatError('bad_time', `from MJD ${words[0]} to ${end}`, { ...place, field: 'begin, end' });
  }
  const c20 = coefficient(2, 'C20', means.meanC20);
  const c30 = columns === 10 && !/^nan$/i.test(words[5]) ? coefficient(5, 'C30', means.meanC30) : undefined;
  return {
    startMjd,
    ...(end !== undefined && { endMjd: end }),
    c20: c20.x,
    sigmaC20: c20.sigma,
    ...(c30 && { c30: c30.x, sigmaC30: c30.sigma }),
  };
}

function tideSystemOf(head: string): TideSystem {
  if (/C20 is zero[ -]tide/i.test(head)) return 'zero_tide';
  if (/C20 is tide[ -]free/i.test(head)) return 'tide_free';
  return 'unknown';
}
