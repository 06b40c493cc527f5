import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfCompactDate } from '../gfc/date.js';
import type { DegreeOneEntry, DegreeOneSeries } from './types.js';

interface Row {
  readonly order: number;
  readonly values: readonly number[];
  readonly startMjd: number;
  readonly endMjd: number;
}

/**
 * Reads TN-13 (degree 1 for the solutions of CSR, GFZ or JPL): after `end of header`, a pair of GRCOF2 records a
 * month, (1,0) and (1,1), with coefficients, standard deviations and the interval.
 *
 * @throws FormatError with line: `unknown_format`, `column_count`, `not_a_number`, `out_of_range`, `bad_time`
 *   (intervals of a pair differ, months out of order), `missing_field` (a pair not complete)
 */
export function parseDegreeOneSeries(text: string, options: { readonly file: string }): DegreeOneSeries {
  const { file } = options;
  if (text.trim() === '') throw new FormatError('empty_file', 'the file is empty', { file });
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^\s*end of header/i.test(line));
  if (start < 0) throw new FormatError('header_without_end', 'no line "end of header"', { file });
  const entries: DegreeOneEntry[] = [];
  let zonal: Row | undefined;
  lines.forEach((line, i) => {
    if (i <= start || line.trim() === '') return;
    const place = { file, line: i + 1 };
    const row = parseRow(line.trim().split(/\s+/), place);
    if (row.order !== (zonal ? 1 : 0)) {
      throw new FormatError('missing_field', `(1,${zonal ? 1 : 0}) expected, found (1,${row.order})`, place);
    }
    if (!zonal) {
      zonal = row;
      return;
    }
    if (row.startMjd !== zonal.startMjd || row.endMjd !== zonal.endMjd) {
      throw new FormatError('bad_time', 'the intervals of (1,0) and (1,1) differ', place);
    }
    const last = entries.at(-1);
    if (last && row.startMjd <= last.startMjd) {
      throw new FormatError('bad_time', `MJD ${row.startMjd} does not follow ${last.startMjd}`, place);
    }
    entries.push({
      startMjd: row.startMjd,
      endMjd: row.endMjd,
      c10: zonal.values[0],
      c11: row.values[0],
      s11: row.values[1],
      sigmaC10: zonal.values[2],
      sigmaC11: row.values[2],
      sigmaS11: row.values[3],
    });
    zonal = undefined;
  });
  if (zonal)
    throw new FormatError('missing_field', 'the last (1,0) has no (1,1)', { file, line: lines.length });
  if (entries.length === 0) throw new FormatError('unknown_format', 'no GRCOF2 record', { file });
  const head = lines.slice(0, start);
  const title = head.findIndex((line) => /^\s*TITLE:/i.test(line));
  const description = title < 0 ? [] : head.slice(title, title + 4);
  return {
    title: head.find((line) => line.trim() !== '')?.trim() ?? '',
    description: description
      .join(' ')
      .replace(/^\s*TITLE:/i, '')
      .replace(/\s+/g, ' ')
      .trim(),
    entries,
  };
}

function parseRow(words: readonly string[], place: { readonly file: string; readonly line: number }): Row {
  if (words[0] !== 'GRCOF2' || words.length < 9) {
    const text = `GRCOF2 with 9 columns expected: ${quoteForMessage(words.join(' '))}`;
    throw new FormatError('column_count', text, place);
  }
  if (words[1] !== '1' || (words[2] !== '0' && words[2] !== '1')) {
    throw new FormatError('out_of_range', `degree 1 expected, found (${words[1]},${words[2]})`, place);
  }
  const values = words.slice(3, 7).map((word, k) => {
    const value = parseDecimal(word);
    if (Number.isFinite(value)) return value;
    const text = `not a number: ${quoteForMessage(word)}`;
    throw new FormatError('not_a_number', text, {
      ...place,
      column: k + 4,
      field: ['C', 'S', 'sigma C', 'sigma S'][k],
    });
  });
  const [startMjd, endMjd] = words.slice(7, 9).map(mjdOfCompactDate);
  if (!(startMjd < endMjd)) {
    throw new FormatError('bad_time', `interval ${words[7]} to ${words[8]}`, { ...place, field: 'interval' });
  }
  return { order: Number(words[2]), values, startMjd, endMjd };
}
