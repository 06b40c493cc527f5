import { FormatError } from '../errors.js';
import type { FlagMeaning, Level1bColumn, Level1bColumnKind } from './types.js';

/** Text columns whose header forgets `units: char`. */
const TEXT_COLUMNS = new Set(['rcv_id', 'trx_id']);
const SATELLITE_COLUMNS = new Set(['GRACEFO_id', 'GRACE_id', 'rcv_id', 'trx_id']);

/** Names in the variable list that differ from the words of the prod_flag bit (ACC1A, AHK1A/B). */
const BIT_ALIASES: Readonly<Record<string, string>> = {
  icublocknumber: 'icublknr',
  '10hzclockcount': 'tenhzcount',
  mhzclockcount: 'mhzcount',
  syncqualityindex: 'syncqual',
};

/**
 * Columns of a release 04 header from its `variables` list (already parsed, all scalars strings).
 *
 * @throws FormatError `no_variables`, `bad_header`
 */
export function columnsFromVariables(variables: unknown, file: string): Level1bColumn[] {
  if (!Array.isArray(variables) || variables.length === 0) {
    throw new FormatError('no_variables', 'the header has no list of variables', {
      file,
      field: 'variables',
    });
  }
  const entries = variables.map((item, i) => variableEntry(item, i, file));
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name)) {
      throw new FormatError('bad_header', `variable listed twice`, { file, field: name });
    }
    seen.add(name);
  }
  const columns = entries.map(({ name, attributes }) => describe(name, attributes));
  return assignProductBits(columns, file);
}

function variableEntry(item: unknown, i: number, file: string) {
  if (isRecord(item)) {
    const name = Object.keys(item)[0];
    const attributes = name === undefined ? undefined : item[name];
    if (name !== undefined && isRecord(attributes)) return { name, attributes };
  }
  throw new FormatError('bad_header', `entry ${i + 1} of the variable list has no name or attributes`, {
    file,
    field: 'variables',
  });
}

function describe(name: string, attributes: Record<string, unknown>): Level1bColumn {
  const comment = text(attributes.comment);
  const unit = text(attributes.units);
  const meanings = list(attributes.flag_meanings ?? attributes.bit_meanings);
  const isFlag =
    name === 'prod_flag' ||
    name === 'qualflg' ||
    meanings.length > 0 ||
    attributes.flag_masks !== undefined ||
    attributes.bit_masks !== undefined;
  let kind: Level1bColumnKind = 'number';
  if (comment && /remaining portion/i.test(comment)) kind = 'rest';
  else if (comment && /^every \w+ remaining column/i.test(comment)) kind = 'repeated';
  else if (isFlag) kind = 'bits';
  else if (unit === 'char' || TEXT_COLUMNS.has(name)) kind = 'text';
  return {
    name,
    kind,
    unit,
    longName: text(attributes.long_name),
    comment,
    flagMeanings: isFlag ? meanings.map(parseFlagMeaning).filter((m) => m !== undefined) : undefined,
    allowed: kind === 'text' ? allowedWords(name, attributes) : undefined,
  };
}

function allowedWords(name: string, attributes: Record<string, unknown>): string[] | undefined {
  if (SATELLITE_COLUMNS.has(name)) return ['C', 'D'];
  // other lists are not closed: LHK1A writes "?" for sensor types its header does not name
  if (name !== 'coord_ref' && name !== 'time_ref') return undefined;
  const meanings = attributes.value_meanings;
  // a free-text meaning ("other", a reference to a handbook) leaves the column open
  if (!Array.isArray(meanings)) return undefined;
  const words: string[] = [];
  for (const meaning of meanings) {
    const match = typeof meaning === 'string' ? /^(\w+)\s*=/.exec(meaning) : undefined;
    if (!match) return undefined;
    words.push(match[1]);
  }
  return words;
}

/** "bit 3 = text", "bits 3-4 = Not defined", "bit 2 - text", "bit 9 fftSnr", "bits 1-5". */
export function parseFlagMeaning(text: string): FlagMeaning | undefined {
  const match = /^bits?\s+(\d+)(?:\s*-\s*(\d+))?\s*(?:[=-]\s*)?(.*)$/s.exec(text.trim());
  if (!match) return undefined;
  const firstBit = Number(match[1]);
  const lastBit = match[2] === undefined ? firstBit : Number(match[2]);
  const meaning = match[3].trim();
  const defined = meaning !== '' && !/^not defined/i.test(meaning);
  return lastBit > 31 || lastBit < firstBit ? undefined : { firstBit, lastBit, meaning, defined };
}

function assignProductBits(columns: Level1bColumn[], file: string): Level1bColumn[] {
  const isOptional = (c: Level1bColumn) => /^next column/i.test(c.comment ?? '') && c.name !== 'qualflg';
  const optional = columns.filter(isOptional);
  if (optional.length === 0) return columns;
  const flag = columns.find((c) => c.name === 'prod_flag');
  if (!flag) throw new FormatError('bad_header', 'optional columns without prod_flag', { file });
  const meanings = (flag.flagMeanings ?? []).filter((m) => m.defined);
  const bitOfName = new Map(meanings.map((m) => [alias(normalized(m.meaning)), m.firstBit]));
  const byName = optional.map((c) => bitOfName.get(normalized(c.name)));
  const named = byName.some((bit) => bit !== undefined);
  if (!named && meanings.length !== optional.length) {
    throw new FormatError(
      'bad_header',
      `${optional.length} optional columns but ${meanings.length} meanings of prod_flag bits`,
      { file, field: 'prod_flag' },
    );
  }
  return columns.map((column) => {
    const i = optional.indexOf(column);
    if (i < 0) return column;
    const bit = named ? byName[i] : meanings[i].firstBit;
    return bit === undefined ? { ...column, neverPresent: true } : { ...column, productBit: bit };
  });
}

const normalized = (name: string) => name.toLowerCase().replace(/[\s_]/g, '');
const alias = (name: string) => BIT_ALIASES[name] ?? name;
const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
