import {
  createQualityCollector,
  FormatError,
  type Level1bBatch,
  type Level1bColumn,
  type Level1bFile,
  type Level1bHeader,
  openLevel1b,
  parseLevel1bFileName,
} from '@gravity/formats';
import { textArrayField } from '../../db/copy-binary.js';
import { isBaselineProduct, satelliteOfLetter } from '../../observations/index.js';
import { BASELINE_COLUMNS, OBSERVATION_COLUMNS } from './copy-columns.js';
import { bitText, type CopiedRows, CopyRows, flagFields } from './copy-rows.js';
import { level1bMetadata } from './level1b-metadata.js';
import type { ParsedFile, ParseOutcome, ParseRequest, StoredColumn } from './parse-protocol.js';
import { recordsInInterval, satelliteSelected, satellitesOfLetter } from './selection.js';

/** Columns that are the epoch or say whose record it is. */
const EPOCH_OR_ID = new Set(['GRACEFO_id', 'GRACE_id', 'qualflg']);
const SNR = ['K_A_SNR', 'Ka_A_SNR', 'K_B_SNR', 'Ka_B_SNR'];
const BASELINE_VALUES = [
  'biased_range',
  'range_rate',
  'range_accl',
  'iono_corr',
  'lighttime_corr',
  'lighttime_rate',
  'lighttime_accl',
  'ant_centr_corr',
  'ant_centr_rate',
  'ant_centr_accl',
];

/**
 * Reads a Level-1B file to its end, checks it and writes its records as blocks for COPY.
 *
 * @throws FormatError at the first record that does not follow the format
 */
export async function parseLevel1bFile(
  request: ParseRequest,
  bytes: AsyncIterable<Uint8Array>,
  progress: (records: number) => void,
): Promise<ParseOutcome> {
  const file = await openLevel1b(bytes, { file: request.name });
  const { header } = file;
  const { product } = header;
  if (product === undefined) {
    throw new FormatError('unknown_format', 'neither name nor title says which product this is', {
      file: request.name,
    });
  }
  const satellites = satellitesOfHeader(header, request.name);
  const satellite = satellites.join('/');
  const skipped = (reason: string): ParseOutcome => ({ kind: 'skipped', reason, product, satellite });
  if (!product.endsWith('1B')) return skipped('only Level-1B products are ingested');
  if (!satelliteSelected(satellites, request.satellites)) return skipped(`${satellite} is not asked for`);
  const clock = clockOf(header);
  if (clock !== 'gps') return skipped(`time tags are of the ${clock} clock, not GPS time`);
  const parsed = await copyRecords(request, file, product, satellite, progress);
  const { gpsStart, gpsEnd } = parsed;
  if (gpsStart !== null && gpsEnd !== null && !recordsInInterval(gpsStart, gpsEnd, request.interval)) {
    return skipped('the records lie outside of the interval');
  }
  return { kind: 'parsed', file: parsed };
}

function satellitesOfHeader(header: Level1bHeader, name: string): readonly string[] {
  const letters = /^GRACE(?:-FO)?\s+([A-D])(?:\s*\+\s*([A-D]))?\s*$/.exec(
    String(header.globalAttributes.platform ?? ''),
  );
  const fromHeader = (letters ?? [])
    .slice(1)
    .map((letter) => (letter ? satelliteOfLetter(letter) : undefined));
  const satellites = fromHeader.filter((satellite) => satellite !== undefined);
  if (satellites.length > 0) return satellites.sort();
  const letter = parseLevel1bFileName(name)?.satellite ?? header.satellite;
  const fromName = letter === undefined ? [] : satellitesOfLetter(letter);
  if (fromName.length > 0) return fromName;
  throw new FormatError('unknown_satellite', 'neither header nor name says whose data these are', {
    file: name,
  });
}

function clockOf(header: Level1bHeader): string {
  const { timeScale, style, globalAttributes } = header;
  return style === 'keyword' && 'TIME EPOCH (GPS TIME)' in globalAttributes ? 'gps' : timeScale;
}

async function copyRecords(
  request: ParseRequest,
  { header, batches }: Level1bFile,
  product: string,
  satellite: string,
  progress: (records: number) => void,
): Promise<ParsedFile> {
  const baseline = isBaselineProduct(product);
  const layout = layoutOf(header);
  const rows = baseline
    ? baselineRows(header, satellite, product)
    : observationRows(layout, satellite, flagWidth(header));
  const quality = createQualityCollector(header, { interval: request.interval, maxGaps: 100 });
  const fields = baseline ? BASELINE_COLUMNS.length : OBSERVATION_COLUMNS.length;
  const copy = new CopyRows(request.copyPath, fields, product, request.fileId);
  let copied: CopiedRows;
  let records = 0;
  let gpsStart = Number.POSITIVE_INFINITY;
  let gpsEnd = Number.NEGATIVE_INFINITY;
  try {
    for await (const batch of batches) {
      quality.add(batch);
      rows(batch, copy);
      for (const t of batch.gpsSeconds) {
        if (t < gpsStart) gpsStart = t;
        if (t > gpsEnd) gpsEnd = t;
      }
      records += batch.count;
      progress(records);
    }
    copied = copy.finish();
  } finally {
    copy.close();
  }
  return {
    ...copied,
    product,
    satellite,
    table: baseline ? 'baseline_vectors' : 'satellite_observations',
    release: releaseOf(header, request.name),
    gpsStart: records > 0 ? gpsStart : null,
    gpsEnd: records > 0 ? gpsEnd : null,
    records,
    headerRecords: header.recordCount ?? null,
    columns: baseline ? baselineColumns(header) : layout.map(({ stored }) => stored),
    quality: quality.finish(),
    metadata: level1bMetadata(header, request.name),
  };
}

function releaseOf(header: Level1bHeader, name: string): string | null {
  const version = header.globalAttributes.product_version;
  if (typeof version === 'string' && version !== '') return version;
  return parseLevel1bFileName(name)?.version ?? null;
}

interface LaidColumn {
  readonly source: Level1bColumn;
  readonly stored: StoredColumn;
}

/** What goes into `values` and `labels`: every column in header order but the epoch, the satellite and the flag. */
function layoutOf(header: Level1bHeader): LaidColumn[] {
  return header.columns
    .filter((column, i) => i > 0 && !column.neverPresent && !EPOCH_OR_ID.has(column.name))
    .filter((column, i) => !(i === 0 && column.name.endsWith('_frac')))
    .map((source) => {
      if (source.kind === 'repeated') {
        throw new FormatError('unsupported', 'records with repeated groups of columns', {
          file: header.file,
          field: source.name,
        });
      }
      const kind = source.kind === 'number' ? ('number' as const) : ('text' as const);
      return { source, stored: { name: source.name, unit: source.unit ?? null, kind } };
    });
}

function flagWidth(header: Level1bHeader, name = 'qualflg'): number {
  const meanings = header.columns.find((column) => column.name === name)?.flagMeanings ?? [];
  return Math.max(8, ...meanings.map((meaning) => meaning.lastBit + 1));
}

type RowWriter = (batch: Level1bBatch, copy: CopyRows) => void;

function observationRows(layout: readonly LaidColumn[], satellite: string, width: number): RowWriter {
  const numbers = layout.filter(({ stored }) => stored.kind === 'number').map(({ source }) => source.name);
  const labels = layout.filter(({ stored }) => stored.kind === 'text');
  const owners = new Map(['A', 'B', 'C', 'D'].map((letter) => [letter, satelliteOfLetter(letter)]));
  const flagField = flagFields(width);
  return (batch, copy) => {
    const { writer } = copy;
    const { wholeSeconds, fractionSeconds, gpsSeconds } = batch;
    const values = numbers.map((name) => batch.numbers[name]);
    const labelField = labelFields(labels.map(({ source }) => labelText(batch, source)));
    const ids = batch.texts.GRACEFO_id ?? batch.texts.GRACE_id;
    const flags = batch.bits.qualflg;
    for (let i = 0; i < batch.count; i++) {
      const owner = (ids && owners.get(ids[i])) ?? satellite;
      copy.start(wholeSeconds[i], fractionSeconds[i], gpsSeconds[i], owner);
      writer.float8Array(values, i);
      if (labelField) writer.encoded(labelField(i));
      else writer.null();
      if (flags) writer.encoded(flagField(flags[i]));
      else writer.null();
      writer.endRow();
    }
  };
}

/** Mostly the labels of a record are those of the record before. */
function labelFields(texts: readonly ((i: number) => string)[]): ((i: number) => Uint8Array) | undefined {
  if (texts.length === 0) return undefined;
  let last: readonly string[] = [];
  let field: Uint8Array = new Uint8Array(0);
  return (i) => {
    if (field.length === 0 || texts.some((text, k) => text(i) !== last[k])) {
      last = texts.map((text) => text(i));
      field = textArrayField(last);
    }
    return field;
  };
}

function labelText(batch: Level1bBatch, column: Level1bColumn): (i: number) => string {
  const { name } = column;
  if (column.kind === 'bits') {
    const values = batch.bits[name];
    const width = Math.max(8, ...(column.flagMeanings ?? []).map((meaning) => meaning.lastBit + 1));
    return (i) => bitText(values[i], width);
  }
  const texts = batch.texts[name];
  return (i) => texts[i];
}

function baselineRows(header: Level1bHeader, pair: string, product: string): RowWriter {
  const flagField = flagFields(flagWidth(header));
  return (batch, copy) => {
    const { writer } = copy;
    const { wholeSeconds, fractionSeconds, gpsSeconds } = batch;
    const number = (name: string) => {
      const values = batch.numbers[name];
      if (values) return values;
      throw new FormatError('missing_field', `no such column in ${product}`, {
        file: header.file,
        field: name,
      });
    };
    const values = BASELINE_VALUES.map(number);
    const ratios = SNR.map(number);
    const flags = batch.bits.qualflg;
    for (let i = 0; i < batch.count; i++) {
      copy.start(wholeSeconds[i], fractionSeconds[i], gpsSeconds[i], pair);
      for (let k = 0; k < values.length; k++) writer.float8(values[k][i]);
      writer.float8Array(ratios, i);
      if (flags) writer.encoded(flagField(flags[i]));
      else writer.null();
      writer.endRow();
    }
  };
}

/** Units of the columns of baseline_vectors; LRI1B keeps its scale correction in the ionosphere column. */
function baselineColumns(header: Level1bHeader): StoredColumn[] {
  return [...BASELINE_VALUES, ...SNR].map((name) => ({
    name,
    unit: header.columns.find((column) => column.name === name)?.unit ?? null,
    kind: 'number',
  }));
}
