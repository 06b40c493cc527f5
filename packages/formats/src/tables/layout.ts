import { FormatError, quoteForMessage } from '../errors.js';
import { defaultColumns, interpretColumnName, type NamedColumn, type Quantity } from './column-names.js';
import type { TableEpochFormat, TableFrame, TableKind, TableReadOptions, TableTimeScale } from './types.js';

/** How the rows of a table are to be read. */
export interface TableLayout {
  readonly kind: TableKind;
  readonly epochFormat: TableEpochFormat;
  readonly timeScale: TableTimeScale;
  readonly frame?: TableFrame;
  readonly satellite?: string;
  readonly epochColumns: readonly number[];
  readonly values: readonly {
    readonly quantity: Quantity;
    readonly column: number;
    readonly factor: number;
  }[];
  readonly columnCount: number;
}

const FRAMES: Readonly<Record<string, TableFrame>> = {
  inertial: 'inertial',
  celestial: 'inertial',
  icrf: 'inertial',
  gcrs: 'inertial',
  gcrf: 'inertial',
  crf: 'inertial',
  eci: 'inertial',
  terrestrial: 'terrestrial',
  earth_fixed: 'terrestrial',
  'earth-fixed': 'terrestrial',
  itrf: 'terrestrial',
  itrs: 'terrestrial',
  trf: 'terrestrial',
  ecef: 'terrestrial',
};

/**
 * Decides what the columns are from headings, `# key: value` lines and the caller's options (which win).
 *
 * @throws FormatError `ambiguous` naming what to state, `missing_field`, `unknown_value`
 */
export function tableLayout(
  headings: readonly string[] | undefined,
  metadata: Readonly<Record<string, string>>,
  columnCount: number,
  options: TableReadOptions,
  line: number,
): TableLayout {
  const place = { file: options.file, line };
  const columns = namedColumns(headings, metadata, options, place, columnCount);
  const find = (quantity: Quantity) => columns.findIndex((c) => c.quantity === quantity);
  const kind = options.kind ?? detectKind(find, place);
  const epochFormat = options.epochFormat ?? detectEpoch(find, place);
  const epochColumns = epochColumnsOf(epochFormat, find, place);
  const timeScale = timeScaleOf(epochFormat, columns[epochColumns[0]], metadata, options, place);
  const frame = kind === 'orbit' ? frameOf(metadata, options, place) : undefined;
  const values = valuesOf(kind, columns, find, place);
  return {
    kind,
    epochFormat,
    timeScale,
    frame,
    satellite: options.satellite ?? metadata.satellite,
    epochColumns,
    values,
    columnCount: headings?.length ?? columnCount,
  };
}

type Place = { readonly file: string; readonly line: number };
type Find = (quantity: Quantity) => number;

function namedColumns(
  headings: readonly string[] | undefined,
  metadata: Readonly<Record<string, string>>,
  options: TableReadOptions,
  place: Place,
  columnCount: number,
): NamedColumn[] {
  const names = options.columns ?? headings ?? metadata.columns?.split(/[,;\s]+/);
  if (names) {
    try {
      return names.map(interpretColumnName);
    } catch (error) {
      throw new FormatError('unknown_value', (error as Error).message, place);
    }
  }
  const { kind, epochFormat } = options;
  if (kind === undefined || epochFormat === undefined) {
    throw new FormatError(
      'ambiguous',
      'the file has no header row: state `columns`, or `kind` (orbit, ranging, accelerometer, attitude) and ' +
        '`epochFormat` (gps_seconds, mjd, mjd+seconds, iso, decimal_year)',
      place,
    );
  }
  let quantities = defaultColumns(kind, epochFormat);
  if (kind === 'ranging') {
    const extra = columnCount - quantities.length;
    if (extra === 1 || extra > 2) {
      throw new FormatError(
        'ambiguous',
        `a ranging table of ${columnCount} columns without header row: state \`columns\``,
        place,
      );
    }
    if (extra === 2) quantities = [...quantities.slice(0, -1), 'range', 'range_rate', 'range_acceleration'];
  }
  return quantities.map((quantity) => ({ name: quantity, quantity, factor: 1 }));
}

function detectKind(find: Find, place: Place): TableKind {
  const kinds: TableKind[] = [];
  if (find('position_0') >= 0) kinds.push('orbit');
  if (find('range_rate') >= 0) kinds.push('ranging');
  if (find('acceleration_0') >= 0 && find('position_0') < 0) kinds.push('accelerometer');
  if (find('quaternion_0') >= 0 || find('quaternion_3') >= 0) kinds.push('attitude');
  if (kinds.length === 1) return kinds[0];
  const what =
    kinds.length === 0 ? 'the headings fit no kind of table' : `the table may be ${kinds.join(' or ')}`;
  throw new FormatError(
    'ambiguous',
    `${what}: state \`kind\` (orbit, ranging, accelerometer, attitude)`,
    place,
  );
}

function detectEpoch(find: Find, place: Place): TableEpochFormat {
  if (find('gps_seconds') >= 0) return 'gps_seconds';
  if (find('mjd') >= 0) return find('seconds_of_day') >= 0 ? 'mjd+seconds' : 'mjd';
  if (find('iso') >= 0) return 'iso';
  if (find('decimal_year') >= 0) return 'decimal_year';
  throw new FormatError(
    'ambiguous',
    'no epoch column recognized: name it gps_seconds, mjd, mjd and seconds_of_day, iso or decimal_year',
    place,
  );
}

function epochColumnsOf(format: TableEpochFormat, find: Find, place: Place): number[] {
  const wanted: readonly Quantity[] =
    format === 'mjd+seconds'
      ? ['mjd', 'seconds_of_day']
      : [format === 'decimal_year' ? 'decimal_year' : format];
  const columns = wanted.map(find);
  const missing = columns.indexOf(-1);
  // a lone "time" heading means what the stated format says
  if (missing >= 0 && format !== 'mjd+seconds') return [0];
  if (missing >= 0)
    throw new FormatError('missing_field', 'no such column', { ...place, field: wanted[missing] });
  if (format === 'iso' && find('iso_time') >= 0) columns.push(find('iso_time'));
  return columns;
}

function timeScaleOf(
  format: TableEpochFormat,
  column: NamedColumn | undefined,
  metadata: Readonly<Record<string, string>>,
  options: TableReadOptions,
  place: Place,
): TableTimeScale {
  const stated = options.timeScale ?? column?.timeScale ?? metadata.time_scale?.toUpperCase();
  if (stated === undefined) {
    if (format === 'gps_seconds') return 'GPS';
    throw new FormatError(
      'ambiguous',
      'state the time scale: `# time_scale: GPS|TAI|TT|UTC` or `timeScale`',
      place,
    );
  }
  if (stated === 'GPS' || stated === 'TAI' || stated === 'TT' || stated === 'UTC') return stated;
  throw new FormatError(
    'unknown_value',
    `time scale ${quoteForMessage(stated)} is none of GPS, TAI, TT, UTC`,
    place,
  );
}

function frameOf(
  metadata: Readonly<Record<string, string>>,
  options: TableReadOptions,
  place: Place,
): TableFrame {
  if (options.frame) return options.frame;
  const stated = metadata.frame?.toLowerCase();
  if (stated === undefined) {
    throw new FormatError('ambiguous', 'state the frame: `# frame: inertial|terrestrial` or `frame`', place);
  }
  const frame = Object.hasOwn(FRAMES, stated) ? FRAMES[stated] : undefined;
  if (frame) return frame;
  const known = Object.keys(FRAMES).join(', ');
  throw new FormatError('unknown_frame', `frame ${quoteForMessage(stated)} is none of ${known}`, place);
}

function valuesOf(kind: TableKind, columns: readonly NamedColumn[], find: Find, place: Place) {
  const all = defaultColumns(kind, 'gps_seconds').slice(1);
  // Kinematic orbits come as positions only: velocities are there whole or not at all.
  const velocities = all.filter((q) => q.startsWith('velocity'));
  const required = velocities.some((q) => find(q) >= 0) ? all : all.filter((q) => !velocities.includes(q));
  const optional: readonly Quantity[] = kind === 'ranging' ? ['range', 'range_acceleration'] : [];
  for (const quantity of required) {
    if (find(quantity) < 0) {
      throw new FormatError('missing_field', `a table of kind ${kind} needs this column`, {
        ...place,
        field: quantity,
      });
    }
  }
  return [...required, ...optional.filter((q) => find(q) >= 0)].map((quantity) => ({
    quantity,
    column: find(quantity),
    factor: columns[find(quantity)].factor,
  }));
}
