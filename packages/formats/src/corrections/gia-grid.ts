import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import type { GiaGrid } from './types.js';

/** Metres per unit of the rates. */
const UNITS: Readonly<Record<string, number>> = { 'mm/yr': 0.001, 'cm/yr': 0.01, 'm/yr': 1 };

/**
 * Reads a grid of rates as GRACE Tellus publishes them: `HDR key=value` lines, then `longitude latitude rate`.
 *
 * The axes come from the header (LON1_NLONS_DLON, LAT1_NLATS_DLAT); rows may stand in any order, but every node
 * must come once.
 *
 * @throws FormatError `missing_field` (axes, units), `column_count`, `not_a_number`, `out_of_range` (no node of the
 *   grid), `duplicate`, `truncated` (nodes without value)
 */
export function parseGiaGrid(text: string, options: { readonly file: string }): GiaGrid {
  const { file } = options;
  if (text.trim() === '') throw new FormatError('empty_file', 'the file is empty', { file });
  const lines = text.split(/\r?\n/);
  const header: Record<string, string> = {};
  let first = 0;
  for (; first < lines.length && /^HDR\b/.test(lines[first]); first++) {
    const equals = lines[first].indexOf('=');
    if (equals > 0) header[lines[first].slice(4, equals).trim()] = lines[first].slice(equals + 1).trim();
  }
  if (first === 0) throw new FormatError('unknown_format', 'no header lines (HDR)', { file, line: 1 });
  const unit = UNITS[header.Units?.replace(/\s/g, '') ?? ''];
  if (unit === undefined) {
    const complaint = `unit of the rates: ${quoteForMessage(header.Units ?? '')}`;
    throw new FormatError('missing_field', complaint, { file, field: 'Units' });
  }
  const longitude = axis(header, 'LON1_NLONS_DLON', file);
  const latitude = axis(header, 'LAT1_NLATS_DLAT', file).reverse();
  const fill = parseDecimal(header._FillValue ?? '');
  const values = new Float64Array(latitude.length * longitude.length);
  const seen = new Uint8Array(values.length);
  let count = 0;
  for (let i = first; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '') continue;
    const place = { file, line: i + 1 };
    const words = line.split(/\s+/);
    if (words.length !== 3)
      throw new FormatError('column_count', `${words.length} columns, 3 expected`, place);
    const row = words.map(parseDecimal);
    const bad = row.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      const complaint = `not a number: ${quoteForMessage(words[bad])}`;
      throw new FormatError('not_a_number', complaint, { ...place, column: bad + 1 });
    }
    const [x, y] = [nodeOf(longitude, row[0]), nodeOf(latitude, row[1])];
    if (x < 0 || y < 0) throw new FormatError('out_of_range', `no node at ${words[0]} ${words[1]}`, place);
    const k = y * longitude.length + x;
    if (seen[k] === 1)
      throw new FormatError('duplicate', `the node ${words[0]} ${words[1]} comes twice`, place);
    seen[k] = 1;
    values[k] = row[2] === fill ? Number.NaN : row[2] * unit;
    count++;
  }
  if (count !== values.length) {
    throw new FormatError('truncated', `${count} of ${values.length} nodes have a value`, { file });
  }
  return {
    header,
    latitudeDegrees: latitude,
    longitudeDegrees: longitude,
    ewhMetersPerYear: values,
  };
}

function axis(header: Readonly<Record<string, string>>, field: string, file: string): Float64Array {
  const [start, count, step] = (header[field] ?? '')
    .split(/\s+/)
    // "0.5. 360 1." in the published file
    .map((word) => parseDecimal(word.replace(/(\..*)\.$/, '$1')));
  if (!(Number.isInteger(count) && count > 1 && count <= 20_000 && step > 0 && Number.isFinite(start))) {
    const text = `first value, number and step expected: ${quoteForMessage(header[field] ?? '')}`;
    throw new FormatError('missing_field', text, { file, field });
  }
  return Float64Array.from({ length: count }, (_, i) => start + i * step);
}

/** Place of a coordinate on an axis, −1 when it is none. */
function nodeOf(values: Float64Array, x: number): number {
  const step = values[1] - values[0];
  const i = Math.round((x - values[0]) / step);
  return i >= 0 && i < values.length && Math.abs(values[i] - x) < 1e-3 * Math.abs(step) ? i : -1;
}
