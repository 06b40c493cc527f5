import {
  type EpochTable,
  FormatError,
  type QualityReport,
  readEpochTable,
  readGeorbOrbit,
} from '@gravity/formats';
import type { BinaryRowWriter } from '../../db/copy-binary.js';
import { pairName, parseSatelliteNames } from '../../observations/index.js';
import { BASELINE_COLUMNS, OBSERVATION_COLUMNS } from './copy-columns.js';
import { type CopiedRows, CopyRows } from './copy-rows.js';
import type { ParsedFile, ParseOutcome, ParseRequest, StoredColumn } from './parse-protocol.js';
import { recordsInInterval, satelliteSelected } from './selection.js';
import { tableQuality } from './table-quality.js';

const columns = (unit: string, ...names: string[]): StoredColumn[] =>
  names.map((name) => ({ name, unit, kind: 'number' }));

const COLUMNS: Readonly<Record<EpochTable['kind'], readonly StoredColumn[]>> = {
  orbit: [...columns('m', 'x', 'y', 'z'), ...columns('m/s', 'vx', 'vy', 'vz')],
  accelerometer: columns('m/s2', 'ax', 'ay', 'az'),
  attitude: columns('1', 'qw', 'qx', 'qy', 'qz'),
  ranging: [
    ...columns('m', 'biased_range'),
    ...columns('m/s', 'range_rate'),
    ...columns('m/s2', 'range_accl'),
  ],
};

/**
 * Reads a table of epochs (or an orbit file of GEORB), checks it and writes its rows as blocks for COPY.
 *
 * @throws FormatError with file and line
 */
export async function parseTableFile(
  request: ParseRequest,
  bytes: AsyncIterable<Uint8Array>,
  progress: (records: number) => void,
): Promise<ParseOutcome> {
  const table = await readTable(request, bytes);
  const product = table.kind === 'ranging' ? 'table_range_rate' : `table_${table.kind}`;
  const satellite = satelliteOfTable(table, request);
  const skipped = (reason: string): ParseOutcome => ({ kind: 'skipped', reason, product, satellite });
  if (!satelliteSelected(satellite.split('/'), request.satellites))
    return skipped(`${satellite} is not asked for`);
  const [first, last] = [table.gpsSeconds[0], table.gpsSeconds[table.count - 1]];
  if (!recordsInInterval(first, last, request.interval))
    return skipped('the rows lie outside of the interval');
  const quality = tableQuality(table, product, satellite, request.interval);
  const fields = table.kind === 'ranging' ? BASELINE_COLUMNS.length : OBSERVATION_COLUMNS.length;
  const copy = new CopyRows(request.copyPath, fields, product, request.fileId);
  try {
    writeRows(table, satellite, copy);
    const copied = copy.finish();
    progress(table.count);
    return { kind: 'parsed', file: describe(table, product, satellite, quality, copied) };
  } finally {
    copy.close();
  }
}

async function readTable(request: ParseRequest, bytes: AsyncIterable<Uint8Array>): Promise<EpochTable> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncGenerator<Uint8Array> {
    if (!first.done) yield first.value;
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      yield next.value;
    }
  }
  const isGeorb =
    !first.done && Buffer.from(first.value.subarray(0, 12)).toString('latin1') === 'GEORB format';
  return isGeorb
    ? readGeorbOrbit(all(), { file: request.name })
    : readEpochTable(all(), { ...request.table, file: request.name });
}

/** The request wins over the file, the file over the list of satellites asked for. */
function satelliteOfTable(table: EpochTable, request: ParseRequest): string {
  const fail = (text: string): never => {
    throw new FormatError('missing_field', text, { file: request.name, field: 'satellite' });
  };
  const stated = request.table?.satellite ?? table.satellite;
  let names: readonly string[] = [];
  try {
    if (stated !== undefined && stated.trim() !== '') names = parseSatelliteNames(stated);
  } catch (error) {
    fail((error as Error).message);
  }
  if (names.length === 0) names = namedInFile(request);
  if (table.kind === 'ranging') {
    const pair = names.length === 2 ? names : request.satellites;
    if (pair.length === 2) return pairName([pair[0], pair[1]]);
    return fail(
      'ranging belongs to a pair: state `table.satellite` such as GRACE-C/GRACE-D, or two satellites',
    );
  }
  if (names.length === 1) return names[0];
  return fail(
    names.length === 0
      ? 'state whose data these are: `table.satellite` or a line `# satellite: GRACE-C`'
      : `one satellite expected, not ${names.join(', ')}`,
  );
}

/** The only satellite asked for, or the only one of them whose name is in the file's. */
function namedInFile(request: ParseRequest): readonly string[] {
  const { satellites } = request;
  if (satellites.length === 1) return satellites;
  const found = satellites.filter((satellite) => request.name.toUpperCase().includes(satellite));
  return found.length === 1 ? found : [];
}

function writeRows(table: EpochTable, satellite: string, copy: CopyRows): void {
  const values = rowFields(table, copy.writer);
  for (let i = 0; i < table.count; i++) {
    copy.start(table.wholeSeconds[i], table.fractionSeconds[i], table.gpsSeconds[i], satellite);
    values(i);
    copy.writer.endRow();
  }
}

/** Writes the measurements, and nulls for what a table has not. */
function rowFields(table: EpochTable, writer: BinaryRowWriter): (i: number) => void {
  if (table.kind === 'ranging') {
    const { range, rangeRate, rangeAcceleration } = table;
    const optional = (values: Float64Array | undefined, i: number) => {
      if (values) writer.float8(values[i]);
      else writer.null();
    };
    return (i) => {
      optional(range, i);
      writer.float8(rangeRate[i]);
      optional(rangeAcceleration, i);
      for (let k = 0; k < 9; k++) writer.null();
    };
  }
  const columns = tableColumns(table);
  return (i) => {
    writer.float8Array(columns, i);
    writer.null();
    writer.null();
  };
}

function tableColumns(table: Exclude<EpochTable, { kind: 'ranging' }>): readonly Float64Array[] {
  const split = (array: Float64Array, width: number) =>
    Array.from({ length: width }, (_, k) =>
      Float64Array.from({ length: table.count }, (_, i) => array[i * width + k]),
    );
  if (table.kind === 'orbit') return [...split(table.position, 3), ...split(table.velocity, 3)];
  return table.kind === 'attitude' ? split(table.quaternion, 4) : split(table.acceleration, 3);
}

function describe(
  table: EpochTable,
  product: string,
  satellite: string,
  quality: QualityReport,
  copied: CopiedRows,
): ParsedFile {
  const metadata: Record<string, unknown> = { time_scale: 'GPS', kind: table.kind };
  if (table.kind === 'orbit') metadata.frame = table.frame === 'inertial' ? 'celestial' : 'terrestrial';
  for (const [key, value] of Object.entries(table.metadata).slice(0, 40)) {
    if (!Object.hasOwn(metadata, key)) metadata[key] = value.slice(0, 300);
  }
  if (table.notes.length > 0) metadata.notes = table.notes;
  return {
    ...copied,
    product,
    satellite,
    table: table.kind === 'ranging' ? 'baseline_vectors' : 'satellite_observations',
    release: null,
    gpsStart: table.gpsSeconds[0],
    gpsEnd: table.gpsSeconds[table.count - 1],
    records: table.count,
    headerRecords: null,
    columns: COLUMNS[table.kind],
    quality,
    metadata,
  };
}
