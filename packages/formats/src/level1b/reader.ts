import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer, latin1 } from '../bytes/line-buffer.js';
import { BatchBuilder } from './batch-builder.js';
import { binaryColumns } from './binary-layout.js';
import { readBinaryBatches } from './binary-reader.js';
import { readLevel1bHeader } from './header.js';
import { keywordColumns } from './keyword-columns.js';
import type { Level1bBatch, Level1bFile, Level1bHeader } from './types.js';

export interface Level1bReadOptions {
  /** Name for messages; a name of the form PPPPP_YYYY-MM-DD_S_VV.txt also tells the product. */
  readonly file: string;
  /** Records per batch, 4096 by default. */
  readonly batchRows?: number;
}

/**
 * Opens a Level-1 file: reads the header at once and the records in batches, in constant memory. ASCII (YAML or
 * keyword header) and the binary files of GRACE (releases 02 and 03) are told apart by the header.
 *
 * Time tags are seconds past 2000-01-01T12:00:00 of the clock in `header.timeScale`; numbers are correctly
 * rounded doubles in the units of the header.
 *
 * @param source uncompressed bytes
 * @throws FormatError for a bad header here, for a bad record while the batches are read
 */
export async function openLevel1b(source: ByteSource, options: Level1bReadOptions): Promise<Level1bFile> {
  const buffer = new LineBuffer(source, options.file);
  try {
    let header = await readLevel1bHeader(buffer, options.file);
    if (header.style === 'binary') {
      header = { ...header, columns: binaryColumns(header) };
      return { header, batches: readBinaryBatches(buffer, header, options.batchRows ?? 4096) };
    }
    if (header.style === 'keyword' || header.product === 'MAG1A') {
      header = withColumnsOfFirstRecord(header, await peekLine(buffer));
    }
    return { header, batches: readBatches(buffer, header, options.batchRows ?? 4096) };
  } catch (error) {
    await buffer.close();
    throw error;
  }
}

async function peekLine(buffer: LineBuffer): Promise<string> {
  let newline = buffer.bytes.indexOf(10, buffer.position);
  while (newline < 0 && (await buffer.fill())) newline = buffer.bytes.indexOf(10, buffer.position);
  return latin1(buffer.bytes, buffer.position, newline < 0 ? buffer.bytes.length : newline);
}

function withColumnsOfFirstRecord(header: Level1bHeader, record: string): Level1bHeader {
  if (header.style === 'keyword') return { ...header, columns: keywordColumns(header.product, record) };
  // MAG1A headers list time_ref before GRACEFO_id, the records hold them the other way round
  const [time, fraction, third, fourth, ...rest] = header.columns;
  if (third?.name !== 'time_ref' || !/^\s*\d+\s+\d+\s+[CD]\s+[RG]\s/.test(record)) return header;
  return {
    ...header,
    columns: [time, fraction, fourth, third, ...rest],
    notes: [...header.notes, 'GRACEFO_id stands before time_ref although the header says otherwise'],
  };
}

async function* readBatches(
  buffer: LineBuffer,
  header: Level1bHeader,
  batchRows: number,
): AsyncGenerator<Level1bBatch, void, undefined> {
  try {
    const builder = new BatchBuilder(header, batchRows);
    for (;;) {
      const { bytes } = buffer;
      let newline: number;
      while ((newline = bytes.indexOf(10, buffer.position)) >= 0) {
        builder.addLine(bytes, buffer.position, newline, buffer.line, true);
        buffer.position = newline + 1;
        buffer.line++;
        if (builder.count === batchRows) yield builder.take();
      }
      if (!(await buffer.fill())) break;
    }
    if (buffer.position < buffer.bytes.length) {
      builder.addLine(buffer.bytes, buffer.position, buffer.bytes.length, buffer.line, false);
    }
    if (builder.count > 0) yield builder.take();
  } finally {
    await buffer.close();
  }
}

/** Reads a whole small file as one batch (tests, excerpts); use `openLevel1b` for full days. */
export async function readLevel1bTable(
  source: ByteSource,
  options: Level1bReadOptions,
): Promise<{ header: Level1bHeader; table: Level1bBatch }> {
  const { header, batches } = await openLevel1b(source, { batchRows: 16_384, ...options });
  const parts: Level1bBatch[] = [];
  for await (const batch of batches) parts.push(batch);
  return { header, table: concatenateBatches(header, parts) };
}

/** Joins batches of one file. Repeated groups are joined too. */
export function concatenateBatches(header: Level1bHeader, parts: readonly Level1bBatch[]): Level1bBatch {
  if (parts.length === 1) return parts[0];
  if (parts.length === 0) return new BatchBuilder(header, 1).take();
  const [first] = parts;
  const join = (pick: (b: Level1bBatch) => Float64Array) => joinArrays(parts.map(pick), Float64Array);
  const offsets: number[] = [0];
  for (const { repeated } of parts) {
    const base = offsets[offsets.length - 1];
    if (repeated) for (let i = 1; i < repeated.offsets.length; i++) offsets.push(base + repeated.offsets[i]);
  }
  return {
    count: parts.reduce((sum, b) => sum + b.count, 0),
    firstLine: first.firstLine,
    wholeSeconds: join((b) => b.wholeSeconds),
    fractionSeconds: join((b) => b.fractionSeconds),
    gpsSeconds: join((b) => b.gpsSeconds),
    numbers: mapValues(first.numbers, (_, name) => join((b) => b.numbers[name])),
    bits: mapValues(first.bits, (_, name) =>
      joinArrays(
        parts.map((b) => b.bits[name]),
        Uint32Array,
      ),
    ),
    texts: mapValues(first.texts, (_, name) => parts.flatMap((b) => b.texts[name])),
    ...(first.repeated && {
      repeated: {
        names: first.repeated.names,
        values: join((b) => b.repeated?.values ?? new Float64Array(0)),
        offsets: Int32Array.from(offsets),
      },
    }),
  };
}

function joinArrays<T extends Float64Array | Uint32Array>(parts: T[], type: { new (n: number): T }): T {
  const out = new type(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T, name: string) => R) {
  const out: Record<string, R> = Object.create(null);
  for (const name of Object.keys(record)) out[name] = map(record[name], name);
  return out;
}
