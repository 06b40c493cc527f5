import { ByteReader, copyDoubles } from '../bytes/byte-reader.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { FormatError } from '../errors.js';
import { createEphemeris } from './ephemeris.js';
import { headerLength, MORE_NAMES, parseEphemerisHeader } from './header.js';
import type { EphemerisHeader, JplEphemeris } from './types.js';

export interface EphemerisOptions {
  readonly file: string;
  /** Julian dates TDB: records outside are read over and not kept (a whole DE440 is 100 MB). */
  readonly startJd?: number;
  readonly endJd?: number;
}

/**
 * Reads a binary JPL development ephemeris, whole or in part, of either byte order.
 *
 * Layout: header record, record of constants, then records of Chebyshev coefficients that carry their own dates.
 * The header may promise more than the file holds (excerpts): what is there is used. Records double at the seams
 * of joined files are dropped. Decompress before.
 *
 * @throws FormatError `unknown_format`, `bad_header`, `truncated`, `bad_time`, `out_of_range` (no record of the
 *   wanted interval)
 */
export async function openEphemeris(source: ByteSource, options: EphemerisOptions): Promise<JplEphemeris> {
  const { file } = options;
  const reader = new ByteReader(source, file);
  try {
    const start = await reader.peek(MORE_NAMES);
    if (start.length === 0) throw new FormatError('empty_file', 'the file is empty', { file });
    if (start.length < MORE_NAMES) {
      throw new FormatError('unknown_format', 'too short for a binary JPL ephemeris', { file });
    }
    const wanted = headerLength(start, file);
    const head = await reader.peek(wanted);
    if (head.length < wanted) {
      throw new FormatError('truncated', 'the file ends inside its header', {
        file,
        byteOffset: head.length,
      });
    }
    const header = parseEphemerisHeader(head, file);
    const recordBytes = header.recordLength * 8;
    await reader.take(recordBytes, 'header record');
    const values = copyDoubles(await reader.take(recordBytes, 'constants'), header.littleEndian);
    const constants = new Map(header.constantNames.map((name, i) => [name, values[i]]));
    const records = await readRecords(reader, header, options);
    return createEphemeris(header, constants, records, file);
  } finally {
    await reader.close();
  }
}

async function readRecords(
  reader: ByteReader,
  header: EphemerisHeader,
  options: EphemerisOptions,
): Promise<Float64Array[]> {
  const { file, startJd = Number.NEGATIVE_INFINITY, endJd = Number.POSITIVE_INFINITY } = options;
  const { recordDays, littleEndian } = header;
  const records: Float64Array[] = [];
  let last = Number.NEGATIVE_INFINITY;
  let first: number | undefined;
  for (;;) {
    const byteOffset = reader.offset;
    const bytes = await reader.takeUnlessEnded(header.recordLength * 8, 'record');
    if (!bytes) break;
    const dates = copyDoubles(bytes.subarray(0, 16), littleEndian);
    if (!(Math.abs(dates[1] - dates[0] - recordDays) < 1e-6) || !(dates[0] > last - recordDays - 1e-6)) {
      throw new FormatError('bad_time', `a record from ${dates[0]} to ${dates[1]} after ${last}`, {
        file,
        byteOffset,
        field: 'dates of a record',
      });
    }
    first ??= dates[0];
    if (dates[0] < last - 1e-6) continue;
    last = dates[1];
    if (dates[1] < startJd) continue;
    if (dates[0] > endJd) break;
    const record = copyDoubles(bytes, littleEndian);
    const bad = record.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const text = `coefficient ${bad + 1} of a record is ${record[bad]}`;
      throw new FormatError('not_a_number', text, { file, byteOffset: byteOffset + 8 * bad });
    }
    records.push(record);
  }
  if (records.length === 0) {
    const text =
      first === undefined
        ? 'the file holds no record of coefficients'
        : `no record from JD ${startJd} to ${endJd}; the file holds JD ${first} to ${last}`;
    throw new FormatError(first === undefined ? 'truncated' : 'out_of_range', text, { file });
  }
  return records;
}
