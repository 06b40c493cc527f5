import { parseDocument } from 'yaml';
import type { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { columnsFromVariables, isRecord } from './columns.js';
import { parseLevel1bFileName, productOfTitle } from './file-name.js';
import type { Level1bColumn, Level1bHeader, Level1bTimeScale } from './types.js';

const MAX_HEADER_LINES = 20_000;
const MAX_HEADER_CHARACTERS = 4_000_000;
const KEYWORD_LINE = /^[A-Z][^:]{0,30}:\s?(.*)$/;

/**
 * Reads the header from the start of the stream and leaves the buffer at the first record. Columns of a keyword
 * header come later, from its first record, and are empty here.
 *
 * @throws FormatError `empty_file`, `unknown_format`, `header_without_end`, `bad_yaml`, `bad_header`
 */
export async function readLevel1bHeader(buffer: LineBuffer, file: string): Promise<Level1bHeader> {
  const first = await buffer.nextLine();
  if (first === undefined) throw new FormatError('empty_file', 'the file is empty', { file });
  if (first.trimEnd() === 'header:') {
    return yamlHeader(await linesToEnd(buffer, first, /^# End of YAML header\s*$/, file), file);
  }
  if (KEYWORD_LINE.test(first)) {
    return keywordHeader(await linesToEnd(buffer, first, /^(# )?END OF HEADER\s*$/, file), file);
  }
  throw new FormatError(
    'unknown_format',
    `neither a YAML header ("header:") nor a keyword header starts here: ${quoteForMessage(first)}`,
    { file, line: 1 },
  );
}

async function linesToEnd(buffer: LineBuffer, first: string, end: RegExp, file: string): Promise<string[]> {
  const lines = [first];
  let characters = first.length;
  for (;;) {
    const line = await buffer.nextLine();
    if (line === undefined || lines.length >= MAX_HEADER_LINES || characters > MAX_HEADER_CHARACTERS) {
      throw new FormatError('header_without_end', 'the header has no end line', { file, line: lines.length });
    }
    lines.push(line);
    characters += line.length;
    if (end.test(line)) return lines;
  }
}

function yamlHeader(lines: string[], file: string): Level1bHeader {
  // all scalars stay text: product_version 04 is no number, and dates are converted by whoever needs them
  // real headers carry the empty verbatim tag of their writer's YAML library ("bit_masks: !<!> [1b, …]")
  const source = lines.join('\n').replaceAll(': !<!> ', ': ');
  const document = parseDocument(source, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const error = document.errors[0];
  if (error) {
    throw new FormatError(
      'bad_yaml',
      error.message.split('\n')[0],
      { file, line: error.linePos?.[0].line },
      error,
    );
  }
  const root: unknown = document.toJS({ maxAliasCount: 0 });
  const header = isRecord(root) ? root.header : undefined;
  if (!isRecord(header)) throw new FormatError('bad_header', 'no mapping under header', { file, line: 1 });
  const global = isRecord(header.global_attributes) ? header.global_attributes : {};
  const other = isRecord(header['non-standard_attributes']) ? header['non-standard_attributes'] : {};
  const dimensions = isRecord(header.dimensions) ? header.dimensions : {};
  const columns = columnsFromVariables(header.variables, file);
  const notes: string[] = [];
  const product = productOf(file, typeof global.title === 'string' ? global.title : '', notes);
  return {
    file,
    product,
    style: 'yaml',
    satellite: satelliteOf(String(global.platform ?? '')),
    recordCount: count(dimensions.num_records, file),
    globalAttributes: global,
    nonStandardAttributes: other,
    startGpsSeconds: seconds(other.start_time_epoch_secs),
    stopGpsSeconds: seconds(other.stop_time_epoch_secs),
    timeScale: timeScaleOf(columns[0]),
    fractionUnit: fractionUnitOf(columns, product, notes),
    columns,
    lineCount: lines.length,
    notes,
  };
}

function keywordHeader(lines: string[], file: string): Level1bHeader {
  const values: Record<string, string | string[]> = Object.create(null);
  for (const line of lines.slice(0, -1)) {
    // the colon stands in column 31 of every line; keys may hold colons of their own
    const colon = line.charAt(30) === ':' ? 30 : line.indexOf(':');
    if (colon < 0) continue;
    const key = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    const known = values[key];
    values[key] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
  }
  const notes: string[] = [];
  const text = (key: string) => (typeof values[key] === 'string' ? values[key] : undefined);
  const product =
    parseLevel1bFileName(file)?.product ?? parseLevel1bFileName(text('FILENAME') ?? '')?.product;
  const binary = text('FILE FORMAT 0=BINARY 1=ASCII') === '0';
  return {
    file,
    product,
    style: binary ? 'binary' : 'keyword',
    satellite: satelliteOf(text('SATELLITE NAME') ?? ''),
    recordCount: count(values['NUMBER OF DATA RECORDS'], file),
    globalAttributes: values,
    nonStandardAttributes: {},
    startGpsSeconds: seconds(text('TIME FIRST OBS(SEC PAST EPOCH)')?.split(' ')[0]),
    stopGpsSeconds: seconds(text('TIME LAST OBS(SEC PAST EPOCH)')?.split(' ')[0]),
    // the tags of Level 1A are of the receiver's or the on-board clock, whatever the header's epoch line says
    timeScale:
      binary && product?.endsWith('1B') && text('TIME EPOCH (GPS TIME)') !== undefined ? 'gps' : 'unknown',
    fractionUnit: 1e-6,
    columns: [],
    lineCount: lines.length,
    notes,
  };
}

function productOf(file: string, title: string, notes: string[]): string | undefined {
  const byName = parseLevel1bFileName(file)?.product;
  const byTitle = productOfTitle(title);
  if (byName !== undefined && byTitle !== undefined && byName !== byTitle) {
    notes.push(`the file is named ${byName} but its title is that of ${byTitle}`);
  }
  return byTitle ?? byName;
}

function satelliteOf(platform: string): string | undefined {
  const match = /^GRACE(?:-FO)?\s+([A-D])(\s*\+\s*([A-D]))?\s*$/.exec(platform);
  if (!match) return /^GRACE\s+X\s*$/.test(platform) ? 'Y' : undefined;
  return match[2] === undefined ? match[1] : 'Y';
}

function count(value: unknown, file: string): number | undefined {
  if (value === undefined) return undefined;
  const n = typeof value === 'string' ? parseDecimal(value) : Number.NaN;
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new FormatError('bad_header', `not a count of records: ${quoteForMessage(String(value))}`, {
      file,
      field: 'num_records',
    });
  }
  return n;
}

function seconds(value: unknown): number | undefined {
  const n = typeof value === 'string' ? parseDecimal(value) : Number.NaN;
  return Number.isFinite(n) ? n : undefined;
}

function timeScaleOf(column: Level1bColumn): Level1bTimeScale {
  const name = column.longName ?? '';
  if (/in GPS time|11:59:47 UTC/i.test(name)) return 'gps';
  if (/in OBC time/i.test(name)) return 'obc';
  if (/in Receiver time/i.test(name)) return 'receiver';
  if (/in LRI time/i.test(name)) return 'lri';
  return 'unknown';
}

function fractionUnitOf(columns: Level1bColumn[], product: string | undefined, notes: string[]) {
  const column = columns[1];
  if (!column?.name.endsWith('_frac')) return undefined;
  // MAG1A/MAG1B headers say nanoseconds, but the values of 2 Hz data step by 500000 and the .rpt files
  // of the same days give the epochs in microseconds
  if ((product === 'MAG1A' || product === 'MAG1B') && column.unit === 'nanoseconds') {
    notes.push(`${column.name} of ${product} is in microseconds although the header says nanoseconds`);
    return 1e-6;
  }
  return column.unit === 'nanoseconds' ? 1e-9 : 1e-6;
}
