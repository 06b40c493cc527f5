import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseNumber } from '@gravity/formats';

const TAB = 9;
const NEWLINE = 10;
const BACKSLASH = 92;

/**
 * Reads COPY text whose columns are all numbers (\N becomes NaN), row by row. The row array is used again for every
 * row: take the values out of it.
 *
 * @throws Error when a row has another number of columns or holds something else
 */
export async function readNumberRows(
  chunks: AsyncIterable<Uint8Array>,
  width: number,
  onRow: (row: Float64Array) => void,
): Promise<number> {
  const row = new Float64Array(width);
  let rest: Uint8Array = new Uint8Array(0);
  let count = 0;
  for await (const chunk of chunks) {
    // chunks that are there already come without a turn of the event loop: let others have theirs
    await nextTurn();
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE, at); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      readRow(bytes, at, end, row);
      onRow(row);
      count++;
      at = end + 1;
    }
    rest = bytes.subarray(at);
  }
  if (rest.length > 0) throw new Error('the COPY stream ends inside a row');
  return count;
}

function readRow(bytes: Uint8Array, start: number, end: number, row: Float64Array): void {
  let at = start;
  for (let k = 0; k < row.length; k++) {
    let stop = at;
    while (stop < end && bytes[stop] !== TAB) stop++;
    if (stop === at || (stop === end) !== (k === row.length - 1)) throw badRow(bytes, start, end);
    row[k] = bytes[at] === BACKSLASH ? Number.NaN : parseNumber(bytes, at, stop);
    // parseNumber gives NaN for what is no number; only \N and NaN may stand for a missing one
    if (Number.isNaN(row[k]) && bytes[at] !== BACKSLASH && bytes[at] !== 78) throw badRow(bytes, start, end);
    at = stop + 1;
  }
}

function badRow(bytes: Uint8Array, start: number, end: number): Error {
  const text = Buffer.from(bytes.subarray(start, Math.min(end, start + 100))).toString('latin1');
  return new Error(`unexpected row in the COPY stream: ${JSON.stringify(text)}`);
}
