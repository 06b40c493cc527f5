import { triangleIndex, triangleSize } from '@gravity/geodesy';
import { type LineBuffer, latin1 } from '../bytes/line-buffer.js';
import { parseNumber } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';

/** `DATA SET 01:   16471 COEFFICIENTS FOR 2004-12-31 00:00:00 OF TYPE atm`, or `… COEFFICIENTS OF TYPE cos`. */
const TITLE = /^\s*DATA SET\s+(\d+)\s*:\s*(\d+)\s+COEFFICIENTS\s+(?:FOR\s+(.*?)\s+)?OF TYPE\s+(\w+)\s*$/;

export interface SetTitle {
  readonly number: number;
  readonly count: number;
  /** Text between FOR and OF TYPE. */
  readonly epoch?: string;
  readonly type: string;
  readonly line: number;
}

/** The next title line, blank lines passed over; undefined at the end of the file. */
export async function nextTitle(buffer: LineBuffer, file: string): Promise<SetTitle | undefined> {
  for (;;) {
    const line = buffer.line;
    const text = await buffer.nextLine();
    if (text === undefined) return undefined;
    if (text.trim() === '') continue;
    const match = TITLE.exec(text);
    if (!match) {
      throw new FormatError('unknown_value', `DATA SET … COEFFICIENTS … expected: ${quoteForMessage(text)}`, {
        file,
        line,
      });
    }
    const [, number, count, epoch, type] = match;
    return { number: Number(number), count: Number(count), epoch, type: type.toLowerCase(), line };
  }
}

/**
 * Reads the `n m C S` lines of a set, or passes over them.
 *
 * @param highest what the header promises; records above are an error
 * @param keep highest degree to keep, −1 to skip the set
 * @throws FormatError `truncated`, `column_count`, `not_a_number`, `out_of_range`, `duplicate` with line
 */
export async function readCoefficients(
  buffer: LineBuffer,
  file: string,
  title: SetTitle,
  highest: number,
  keep: number,
): Promise<{ readonly c: Float64Array; readonly s: Float64Array }> {
  const size = keep < 0 ? 0 : triangleSize(keep);
  const c = new Float64Array(size);
  const s = new Float64Array(size);
  const seen = new Uint8Array(size);
  let left = title.count;
  while (left > 0) {
    const newline = buffer.bytes.indexOf(10, buffer.position);
    if (newline < 0 && (await buffer.fill())) continue;
    const end = newline < 0 ? buffer.bytes.length : newline;
    if (newline < 0 && buffer.position >= end) {
      throw new FormatError(
        'truncated',
        `the file ends ${left} coefficients before the end of set ${title.number}`,
        {
          file,
          line: buffer.line,
        },
      );
    }
    if (keep >= 0) addRecord(buffer, end, newline < 0);
    buffer.position = Math.min(end + 1, buffer.bytes.length);
    buffer.line++;
    left--;
  }
  return { c, s };

  function addRecord(from: LineBuffer, end: number, unfinished: boolean): void {
    const { bytes, line } = from;
    let at = from.position;
    const next = (field: string): number => {
      while (at < end && bytes[at] <= 32) at++;
      const start = at;
      while (at < end && bytes[at] > 32) at++;
      if (start === at) {
        throw new FormatError(unfinished ? 'truncated' : 'column_count', 'n, m, C and S expected', {
          file,
          line,
          field,
        });
      }
      const value = parseNumber(bytes, start, at);
      if (Number.isFinite(value)) return value;
      const text = `not a number: ${quoteForMessage(latin1(bytes, start, at))}`;
      throw new FormatError('not_a_number', text, { file, line, field });
    };
    const n = next('degree');
    const m = next('order');
    if (!(Number.isInteger(n) && Number.isInteger(m) && m >= 0 && m <= n && n <= highest)) {
      throw new FormatError('out_of_range', `no degree and order up to ${highest}: ${n} ${m}`, {
        file,
        line,
      });
    }
    if (n > keep) return;
    const i = triangleIndex(n, m);
    if (seen[i] === 1)
      throw new FormatError('duplicate', `(${n},${m}) comes twice in set ${title.number}`, { file, line });
    seen[i] = 1;
    c[i] = next('C');
    s[i] = next('S');
  }
}
