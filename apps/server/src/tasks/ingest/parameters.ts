import { isoToGpsSeconds } from '@gravity/geodesy';
import { TaskError } from '../../jobs/task.js';
import { normalizeSatellites, PROCESSING_PRODUCTS } from '../../observations/index.js';

export type TableKindName = 'orbit' | 'range_rate' | 'accelerometer' | 'attitude';

export interface TableRequest {
  /** Canonical name, or a pair. */
  readonly satellite?: string;
  readonly frame?: 'inertial' | 'terrestrial';
  readonly timeScale?: 'GPS' | 'TAI' | 'TT' | 'UTC';
  readonly kind?: TableKindName;
  readonly epochFormat?: 'gps_seconds' | 'mjd' | 'mjd+seconds' | 'iso' | 'decimal_year';
  readonly columns?: readonly string[];
}

export interface GpsInterval {
  readonly startGpsSeconds: number;
  /** Excluded. */
  readonly stopGpsSeconds: number;
}

export interface IngestRequest {
  readonly dataSource: string;
  readonly dataType: 'l1b' | 'table';
  /** Canonical names; empty: all. */
  readonly satellites: readonly string[];
  readonly interval?: GpsInterval;
  readonly validate: boolean;
  /** Products taken from folders and archives; undefined: every one. */
  readonly products?: readonly string[];
  readonly table: TableRequest;
}

const L1B_NAMES = new Set(['l1b', 'level1b', 'level-1b', 'level_1b', 'level 1b']);

/**
 * The task's parameters, checked once more: jobs may come from elsewhere than the HTTP layer.
 *
 * @throws TaskError `invalid_parameters` with the fields
 */
export function parseIngestParameters(parameters: Record<string, unknown>): IngestRequest {
  const errors: { field: string; message: string }[] = [];
  const fail = (field: string, message: string): undefined => {
    errors.push({ field, message });
    return undefined;
  };
  const dataSource = parameters.data_source;
  if (typeof dataSource !== 'string' || dataSource.trim() === '') fail('data_source', 'a text is required');
  const type = String(parameters.data_type ?? 'l1b').toLowerCase();
  const dataType = type === 'table' ? 'table' : 'l1b';
  if (dataType === 'l1b' && !L1B_NAMES.has(type)) fail('data_type', 'l1b or table expected');
  const satellites = satelliteList(parameters.satellites, fail);
  const interval = intervalOf(parameters, fail);
  const products = productsOf(parameters.products, fail);
  const table = tableOf(parameters.table, fail);
  if (errors.length > 0) {
    throw new TaskError(
      'invalid_parameters',
      errors.map((e) => `${e.field}: ${e.message}`).join('; '),
      errors,
    );
  }
  return {
    dataSource: String(dataSource).trim(),
    dataType,
    satellites,
    interval,
    validate: parameters.validate_data !== false,
    products,
    table,
  };
}

type Fail = (field: string, message: string) => undefined;

function satelliteList(value: unknown, fail: Fail): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((v) => typeof v === 'string')) {
    fail('satellites', 'a list of names expected');
    return [];
  }
  try {
    return normalizeSatellites(value);
  } catch (error) {
    fail('satellites', (error as Error).message);
    return [];
  }
}

function intervalOf(parameters: Record<string, unknown>, fail: Fail): GpsInterval | undefined {
  const instant = (field: string, otherwise: number): number => {
    const value = parameters[field];
    if (value === undefined || value === null || value === '') return otherwise;
    try {
      return isoToGpsSeconds(String(value));
    } catch (error) {
      fail(field, (error as Error).message);
      return Number.NaN;
    }
  };
  // an open end: far outside of every mission, and finite, so that it can be handed on as a number
  const startGpsSeconds = instant('start_time', -1e10);
  const stopGpsSeconds = instant('end_time', 1e10);
  if (startGpsSeconds === -1e10 && stopGpsSeconds === 1e10) return undefined;
  if (stopGpsSeconds <= startGpsSeconds) fail('end_time', 'must be after start_time');
  return { startGpsSeconds, stopGpsSeconds };
}

function productsOf(value: unknown, fail: Fail): readonly string[] | undefined {
  if (value === undefined || value === null) return PROCESSING_PRODUCTS;
  if (value === 'all' || (Array.isArray(value) && value.includes('all'))) return undefined;
  if (Array.isArray(value) && value.every((v) => typeof v === 'string' && /^[A-Z]{3}1B$/.test(v)))
    return value;
  fail('products', '"all" or a list such as ["GNV1B", "KBR1B"] expected');
  return undefined;
}

const FRAMES: Readonly<Record<string, 'inertial' | 'terrestrial'>> = {
  inertial: 'inertial',
  celestial: 'inertial',
  terrestrial: 'terrestrial',
};
const KINDS: Readonly<Record<string, TableKindName>> = {
  orbit: 'orbit',
  range_rate: 'range_rate',
  ranging: 'range_rate',
  accelerometer: 'accelerometer',
  attitude: 'attitude',
};
const SCALES = { GPS: 'GPS', TAI: 'TAI', TT: 'TT', UTC: 'UTC' } as const;
const EPOCHS = {
  gps_seconds: 'gps_seconds',
  mjd: 'mjd',
  'mjd+seconds': 'mjd+seconds',
  iso: 'iso',
  decimal_year: 'decimal_year',
} as const;

function tableOf(value: unknown, fail: Fail): TableRequest {
  if (value !== undefined && value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    fail('table', 'an object expected');
    return {};
  }
  const table = (value ?? {}) as Record<string, unknown>;
  const choice = <T>(field: string, choices: Readonly<Record<string, T>>): T | undefined => {
    const given = table[field];
    if (given === undefined || given === null) return undefined;
    if (typeof given === 'string' && Object.hasOwn(choices, given)) return choices[given];
    return fail(`table.${field}`, `one of ${Object.keys(choices).join(', ')} expected`);
  };
  const { satellite } = table;
  const named =
    satellite === undefined || satellite === null
      ? []
      : satelliteList([satellite], (_, message) => fail('table.satellite', message));
  const { columns } = table;
  const columnsGood = Array.isArray(columns) && columns.every((c) => typeof c === 'string');
  if (columns !== undefined && columns !== null && !columnsGood)
    fail('table.columns', 'a list of names expected');
  const kind = choice('kind', KINDS);
  return {
    satellite: named.length > 0 ? named.join('/') : undefined,
    frame: choice('frame', FRAMES),
    timeScale: choice('time_scale', SCALES),
    kind,
    epochFormat: choice('epoch_format', EPOCHS),
    columns: columnsGood ? (columns as string[]) : undefined,
  };
}
