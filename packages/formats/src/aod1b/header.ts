import { taiMinusUtcSeconds } from '@gravity/geodesy';
import type { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfDate } from '../gfc/date.js';
import type { Aod1bHeader } from './types.js';

/**
 * Reads `KEY : value` lines to END OF HEADER.
 *
 * @throws FormatError `empty_file`, `header_without_end`, `missing_field`, `unsupported` (binary, not normalized)
 */
export async function readAod1bHeader(buffer: LineBuffer, file: string): Promise<Aod1bHeader> {
  const entries: Record<string, string> = Object.create(null);
  for (;;) {
    const line = await buffer.nextLine();
    if (line === undefined && buffer.line === 1)
      throw new FormatError('empty_file', 'the file is empty', { file });
    if (line === undefined || buffer.line > 1000) {
      throw new FormatError('header_without_end', 'no END OF HEADER', { file, line: buffer.line - 1 });
    }
    if (/^\s*END OF HEADER/.test(line)) break;
    // the colon stands in column 31; keys hold colons and parentheses of their own
    const colon = line.charAt(30) === ':' ? 30 : line.indexOf(':');
    if (colon > 0) entries[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  const value = (start: string) => {
    const key = Object.keys(entries).find((k) => k.startsWith(start));
    return key === undefined ? undefined : entries[key];
  };
  const numberOf = (start: string): number => {
    const text = value(start);
    const x = parseDecimal(text ?? '');
    if (x > 0) return x;
    throw new FormatError('missing_field', `no such constant in the header: ${quoteForMessage(text ?? '')}`, {
      file,
      field: start,
    });
  };
  if (value('FILE FORMAT') === '0') {
    throw new FormatError('unsupported', 'binary AOD1B', { file, field: 'FILE FORMAT' });
  }
  if (/^no/i.test(value('COEFF. NORMALIZED') ?? '')) {
    throw new FormatError('unsupported', 'coefficients that are not normalized', {
      file,
      field: 'COEFF. NORMALIZED',
    });
  }
  const maxDegree = value('MAXIMUM DEGREE') === undefined ? 100 : numberOf('MAXIMUM DEGREE');
  if (!Number.isInteger(maxDegree) || maxDegree > 2200) {
    throw new FormatError('out_of_range', `degree ${maxDegree}`, { file, field: 'MAXIMUM DEGREE' });
  }
  const count = parseDecimal(value('NUMBER OF DATA SETS') ?? '');
  const release = /\.(\d{2})\b/.exec(value('SOFTWARE VERSION') ?? '') ?? /_(\d{2})\.asc/.exec(file);
  return {
    entries,
    gm: numberOf('CONSTANT GM'),
    radius: numberOf('CONSTANT A '),
    maxDegree,
    ...(Number.isInteger(count) && { setCount: count }),
    ...(release && { release: release[1] }),
    timeScale: timeScaleOf(value('TIME FIRST OBS') ?? ''),
  };
}

/**
 * `seconds (yyyy-mm-dd hh:mm:ss)` past the GPS epoch 2000-01-01 12:00:00: whether the calendar time is that of GPS,
 * or UTC and so behind by the leap seconds, shows in the pair itself.
 */
function timeScaleOf(text: string): 'gps' | 'utc' {
  const match = /^(\d+(?:\.\d*)?)\s*\(\s*(\d{4})-(\d{2})-(\d{2})\s+(\d{2}):(\d{2}):(\d{2})/.exec(text);
  if (!match) return 'gps';
  const [seconds, year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const mjd = mjdOfDate(year, month, day);
  if (Number.isNaN(mjd)) return 'gps';
  const counted = (mjd - 51544.5) * 86_400 + hour * 3600 + minute * 60 + second;
  return Math.abs(seconds - counted - (taiMinusUtcSeconds(mjd) - 19)) < 0.5 ? 'utc' : 'gps';
}
