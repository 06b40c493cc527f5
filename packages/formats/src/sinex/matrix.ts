import { type LineBuffer, latin1 } from '../bytes/line-buffer.js';
import { parseNumber } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { packedIndex } from '../normals/packed.js';

/** Receives up to three elements (row, column …), 0-based, as they stand in the file. */
export type SinexElements = (row: number, column: number, value: number) => void;

/**
 * Reads the lines of NORMAL_EQUATION_MATRIX up to its end line, which is left to the caller.
 *
 * @param n number of parameters
 * @throws FormatError `not_a_number`, `out_of_range`, `column_count` with line
 */
export async function readMatrixLines(
  buffer: LineBuffer,
  file: string,
  n: number,
  take: SinexElements,
): Promise<void> {
  for (;;) {
    const newline = buffer.bytes.indexOf(10, buffer.position);
    if (newline < 0 && (await buffer.fill())) continue;
    const end = newline < 0 ? buffer.bytes.length : newline;
    const { bytes, position, line } = buffer;
    if (position >= end && newline < 0) return;
    const first = bytes[position];
    if (first === 45 || first === 37) return; // - or %
    if (first !== 42) addLine(bytes, position, end, line); // no * of a comment
    buffer.position = Math.min(end + 1, bytes.length);
    buffer.line++;
  }

  function addLine(bytes: Uint8Array, from: number, end: number, line: number): void {
    let at = from;
    let row = 0;
    let column = 0;
    let count = 0;
    for (; ; count++) {
      while (at < end && bytes[at] <= 32) at++;
      if (at >= end) break;
      const start = at;
      while (at < end && bytes[at] > 32) at++;
      const value = parseNumber(bytes, start, at);
      if (!Number.isFinite(value)) {
        const text = `not a number: ${quoteForMessage(latin1(bytes, start, at))}`;
        throw new FormatError('not_a_number', text, { file, line, field: 'NORMAL_EQUATION_MATRIX' });
      }
      if (count === 0) row = value - 1;
      else if (count === 1) column = value - 1;
      else {
        const k = column + count - 2;
        if (!(Number.isInteger(row) && Number.isInteger(k) && row >= 0 && row < n && k >= 0 && k < n)) {
          const text = `element (${row + 1},${k + 1}) of a matrix of ${n} parameters`;
          throw new FormatError('out_of_range', text, { file, line, field: 'NORMAL_EQUATION_MATRIX' });
        }
        take(row, k, value);
      }
    }
    if (count === 0) return;
    if (count < 3 || count > 5) {
      throw new FormatError('column_count', `${count} columns, 3 to 5 expected`, {
        file,
        line,
        field: 'NORMAL_EQUATION_MATRIX',
      });
    }
  }
}

/** Puts elements of either triangle into a packed upper one. */
export function packedTaker(n: number, matrix: Float64Array): SinexElements {
  return (row, column, value) => {
    matrix[row <= column ? packedIndex(n, row, column) : packedIndex(n, column, row)] = value;
  };
}
