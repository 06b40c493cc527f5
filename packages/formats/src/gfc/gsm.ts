import { type Geopotential, type TideSystem, triangleIndex, triangleSize } from '@gravity/geodesy';
import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfCompactDate, mjdOfDate } from './date.js';

/** Parts of a Level-2 name such as GSM-2_2008001-2008031_GRAC_UTCSR_BB01_0600. */
export interface Level2FileName {
  readonly product: string;
  /** First day and the day after the last, MJD. */
  readonly startMjd: number;
  readonly stopMjd: number;
  /** GRAC or GRFO; RL05 and older names hold the number of days instead. */
  readonly mission: string;
  readonly centre: string;
  readonly mnemonic: string;
  readonly release: string;
}

export interface Level2Field {
  /** GSM, GAA, GAB, GAC or GAD, from the header, else from the name. */
  readonly product: string;
  readonly field: Geopotential;
  /** Time span of the data, MJD, from the coefficient records (header or name when they carry none). */
  readonly startMjd?: number;
  readonly stopMjd?: number;
  readonly institution?: string;
  readonly release?: string;
  /** Header entries by path, e.g. "non-standard_attributes.permanent_tide_flag". */
  readonly header: Readonly<Record<string, string>>;
  readonly fileName?: Level2FileName;
  readonly notes: readonly string[];
}

const NAME =
  /^(GSM|GAA|GAB|GAC|GAD)-2_(\d{4})(\d{3})-(\d{4})(\d{3})_(\w{4})_(\w{3,6})_([\w-]{4})_(\w{4})(?:\.(?:gfc|txt|gz))*$/;

/** Parts of a Level-2 file name; undefined when it is none. */
export function parseLevel2FileName(name: string): Level2FileName | undefined {
  const match = NAME.exec(name.slice(name.lastIndexOf('/') + 1));
  if (!match) return undefined;
  const [, product, year1, day1, year2, day2, mission, centre, mnemonic, release] = match;
  const startMjd = mjdOfDate(Number(year1), 1, 1) + Number(day1) - 1;
  const stopMjd = mjdOfDate(Number(year2), 1, 1) + Number(day2);
  return { product, startMjd, stopMjd, mission, centre, mnemonic, release };
}

/**
 * Reads a GRACE / GRACE-FO Level-2 field (GSM, GAA–GAD): YAML-like header of release 06, or the record header of
 * older releases (EARTH, SHM), then GRCOF2 or GRCOEF records. Decompress `.gz` before.
 *
 * The header is read line by line with its indentation, since texts with unquoted colons occur in it. A field
 * without (0,0) gets C00 = 1 when it is a GSM (zero for GAA–GAD, which are changes). "permanent_tide_flag:
 * inclusive" means zero tide, "exclusive" tide free (GRACE Level-2 User Handbook, GR-GFZ-STD-001).
 *
 * @throws FormatError with the line of the fault
 */
export async function readLevel2(
  source: ByteSource,
  options: { readonly file: string; readonly maxDegree?: number },
): Promise<Level2Field> {
  const { file } = options;
  const buffer = new LineBuffer(source, file);
  try {
    const header: Record<string, string> = Object.create(null);
    const path: { indent: number; key: string }[] = [];
    const records: { words: string[]; line: number }[] = [];
    const notes: string[] = [];
    let line: string | undefined;
    while ((line = await buffer.nextLine()) !== undefined) {
      const at = buffer.line - 1;
      const words = line.trim().split(/\s+/);
      if (words[0] === 'GRCOF2' || words[0] === 'GRCOEF') records.push({ words, line: at });
      else if (words[0] === 'GRDOTA') {
        if (!notes.some((n) => n.startsWith('drift'))) notes.push('drift rates (GRDOTA) are not applied');
      } else if (records.length > 0) {
        if (words[0] === '') continue;
        throw new FormatError('unknown_value', `no coefficient record: ${quoteForMessage(line)}`, {
          file,
          line: at,
        });
      } else if (words[0] === 'EARTH' || words[0] === 'SHM') header[words[0]] = words.slice(1).join(' ');
      else addEntry(header, path, line);
      if (at > 5_000_000)
        throw new FormatError('too_large', 'more lines than any field has', { file, line: at });
    }
    if (buffer.line === 1) throw new FormatError('empty_file', 'the file is empty', { file });
    if (records.length === 0) throw new FormatError('unknown_format', 'no GRCOF2 or GRCOEF record', { file });
    return build(header, records, notes, options);
  } finally {
    await buffer.close();
  }
}

/** Adds `key : value` of an indented header line under the path of its parents. */
function addEntry(
  header: Record<string, string>,
  path: { indent: number; key: string }[],
  line: string,
): void {
  const match = /^(\s*)([\w-]+)\s*:(?:\s+(.*))?$/.exec(line);
  if (!match) return;
  const indent = match[1].length;
  while (path.length > 0 && path[path.length - 1].indent >= indent) path.pop();
  path.push({ indent, key: match[2] });
  const value = match[3]?.trim().replace(/^(["'])(.*)\1$/, '$2');
  const parents = path.map((p) => p.key).filter((key) => key !== 'header');
  if (value) header[parents.join('.')] = value;
}

function build(
  header: Readonly<Record<string, string>>,
  records: readonly { words: string[]; line: number }[],
  notes: string[],
  options: { readonly file: string; readonly maxDegree?: number },
): Level2Field {
  const { file } = options;
  const fileName = parseLevel2FileName(file);
  const extra = 'non-standard_attributes.';
  const earth = header.EARTH?.split(' ') ?? [];
  const constant = (text: string | undefined, field: string): number => {
    const value = text === undefined ? Number.NaN : parseDecimal(text);
    if (value > 0) return value;
    throw new FormatError('missing_field', `no such constant in the header: ${quoteForMessage(text ?? '')}`, {
      file,
      field,
    });
  };
  const product = (header[`${extra}product_id`] ?? fileName?.product ?? 'GSM').replace(/-2$/, '');
  if (fileName && fileName.product !== product) {
    notes.push(`the file is named ${fileName.product} but its header says ${product}`);
  }
  const degrees = records.map(({ words }) => Number(words[1]));
  const stated = parseDecimal(header['dimensions.degree'] ?? header.SHM?.split(' ')[0] ?? '');
  const highest = Number.isInteger(stated) ? stated : degrees.reduce((a, b) => Math.max(a, b), 0);
  if (!(highest >= 0 && highest <= 2200)) {
    throw new FormatError('out_of_range', `degree ${highest}`, { file, field: 'degree' });
  }
  const maxDegree = Math.min(highest, options.maxDegree ?? highest);
  const size = triangleSize(maxDegree);
  const [c, s, sigmaC, sigmaS] = [0, 1, 2, 3].map(() => new Float64Array(size));
  const seen = new Uint8Array(size);
  const span = { start: Number.POSITIVE_INFINITY, stop: Number.NEGATIVE_INFINITY };
  for (const { words, line } of records) {
    const place = { file, line };
    const [n, m] = [Number(words[1]), Number(words[2])];
    if (!/^\d+$/.test(words[1] ?? '') || !/^\d+$/.test(words[2] ?? '') || m > n || n > highest) {
      throw new FormatError(
        'out_of_range',
        `no degree and order up to ${highest}: ${words[1]} ${words[2]}`,
        place,
      );
    }
    if (words.length < 7) throw new FormatError('column_count', 'C, S and their deviations expected', place);
    if (n > maxDegree) continue;
    const values = words.slice(3, 7).map(parseDecimal);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const text = `not a number: ${quoteForMessage(words[bad + 3])}`;
      throw new FormatError('not_a_number', text, { ...place, column: bad + 4 });
    }
    const i = triangleIndex(n, m);
    if (seen[i]) throw new FormatError('duplicate', `(${n},${m}) comes twice`, place);
    seen[i] = 1;
    [c[i], s[i], sigmaC[i], sigmaS[i]] = values;
    const [start, stop] = [mjdOfCompactDate(words[7] ?? ''), mjdOfCompactDate(words[8] ?? '')];
    if (start < span.start) span.start = start;
    if (stop > span.stop) span.stop = stop;
  }
  if (!seen[0] && product === 'GSM') {
    c[0] = 1;
    notes.push('no coefficient (0,0) in the file: C00 = 1 assumed');
  }
  const field: Geopotential = {
    name: file.slice(file.lastIndexOf('/') + 1).replace(/\.gz$/, ''),
    gm: constant(header[`${extra}earth_gravity_param.value`] ?? earth[0], 'earth_gravity_param'),
    radius: constant(header[`${extra}mean_equator_radius.value`] ?? earth[1], 'mean_equator_radius'),
    maxDegree,
    tideSystem: tideSystemOf(header[`${extra}permanent_tide_flag`] ?? header.SHM ?? ''),
    c,
    s,
    sigmaC,
    sigmaS,
  };
  const known = span.start < span.stop;
  return {
    product,
    field,
    startMjd: known ? span.start : fileName?.startMjd,
    stopMjd: known ? span.stop : fileName?.stopMjd,
    institution: header['global_attributes.institution'] ?? fileName?.centre,
    release: header['global_attributes.product_version'] ?? fileName?.release,
    header,
    fileName,
    notes,
  };
}

function tideSystemOf(text: string): TideSystem {
  if (/inclusive/i.test(text)) return 'zero_tide';
  if (/exclusive/i.test(text)) return 'tide_free';
  return 'unknown';
}
