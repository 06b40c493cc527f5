import type { TableEpochFormat, TableKind, TableTimeScale } from './types.js';

/** What a column of a table is. */
export type Quantity =
  | 'gps_seconds'
  | 'mjd'
  | 'seconds_of_day'
  | 'iso'
  | 'iso_time'
  | 'decimal_year'
  | `${'position' | 'velocity' | 'acceleration'}_${0 | 1 | 2}`
  | `quaternion_${0 | 1 | 2 | 3}`
  | 'range'
  | 'range_rate'
  | 'range_acceleration';

export interface NamedColumn {
  readonly name: string;
  readonly quantity?: Quantity;
  /** Factor to SI. */
  readonly factor: number;
  readonly timeScale?: TableTimeScale;
}

const EXACT: Readonly<Record<string, Quantity>> = {
  gps_time: 'gps_seconds',
  gps_seconds: 'gps_seconds',
  gpsseconds: 'gps_seconds',
  time_gps: 'gps_seconds',
  mjd: 'mjd',
  sod: 'seconds_of_day',
  seconds_of_day: 'seconds_of_day',
  seconds: 'seconds_of_day',
  sec: 'seconds_of_day',
  iso: 'iso',
  date: 'iso',
  datetime: 'iso',
  iso_time: 'iso',
  time_of_day: 'iso_time',
  decimal_year: 'decimal_year',
  dec_year: 'decimal_year',
  range: 'range',
  biased_range: 'range',
  rho: 'range',
  range_rate: 'range_rate',
  rangerate: 'range_rate',
  range_acceleration: 'range_acceleration',
  range_accl: 'range_acceleration',
  range_accel: 'range_acceleration',
  quatangle: 'quaternion_0',
  quaticoeff: 'quaternion_1',
  quatjcoeff: 'quaternion_2',
  quatkcoeff: 'quaternion_3',
};

const PATTERNS: readonly (readonly [RegExp, string, string])[] = [
  [/^(?:pos(?:ition)?_?|r_?)?([xyz])(?:_?pos(?:ition)?)?$/, 'position', 'xyz'],
  [/^(?:vel(?:ocity)?_?|v_?)([xyz])$|^([xyz])_?(?:vel(?:ocity)?|dot)$/, 'velocity', 'xyz'],
  [/^(?:lin_accl_|acc(?:el(?:eration)?|l)?_?|a_?)([xyz])$|^([xyz])_?acc(?:el)?$/, 'acceleration', 'xyz'],
  [/^q(?:uat(?:ernion)?)?_?([wxyz])$/, 'quaternion', 'wxyz'],
  [/^q(?:uat(?:ernion)?)?_?([0123])$/, 'quaternion', '0123'],
];

const UNITS: Readonly<Record<string, number>> = {
  m: 1,
  km: 1e3,
  mm: 1e-3,
  'm/s': 1,
  'm/sec': 1,
  'km/s': 1e3,
  'mm/s': 1e-3,
  'um/s': 1e-6,
  'm/s2': 1,
  'm/s^2': 1,
  'm/s**2': 1,
  'nm/s2': 1e-9,
  'nm/s^2': 1e-9,
  s: 1,
  sec: 1,
  seconds: 1,
};

/**
 * Meaning of a column heading such as "x", "vel_y [km/s]", "range-rate (m/s)", "time [dec. year]", "mjd_tt".
 *
 * @throws RangeError for a unit that is not known
 */
export function interpretColumnName(heading: string): NamedColumn {
  const name = heading.trim().replace(/^"(.*)"$/, '$1');
  const match = /^([^[(]*?)\s*(?:[[(]([^\])]*)[\])])?$/.exec(name);
  const unit = match?.[2]?.trim().toLowerCase().replaceAll('µ', 'u');
  let key = (match?.[1] ?? name)
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  let timeScale: TableTimeScale | undefined;
  const scale = /_(gps|tai|tt|utc)$/.exec(key);
  if (scale && key !== 'time_gps') {
    timeScale = scale[1].toUpperCase() as TableTimeScale;
    key = key.slice(0, scale.index);
  }
  const quantity = quantityOf(key, unit);
  let factor = 1;
  if (quantity !== undefined && !isEpoch(quantity) && unit !== undefined && unit !== '' && unit !== '-') {
    factor = UNITS[unit] ?? Number.NaN;
    if (Number.isNaN(factor)) throw new RangeError(`unit "${unit}" of column "${name}" is not known`);
  }
  return { name, quantity, factor, timeScale };
}

function quantityOf(key: string, unit: string | undefined): Quantity | undefined {
  if (/^(time|t|epoch)$/.test(key)) {
    if (unit !== undefined && /^dec\w*\.?\s*year/.test(unit)) return 'decimal_year';
    if (unit === 'mjd') return 'mjd';
    return undefined;
  }
  const exact = Object.hasOwn(EXACT, key) ? EXACT[key] : undefined;
  if (exact !== undefined) return exact;
  for (const [pattern, quantity, letters] of PATTERNS) {
    const match = pattern.exec(key);
    const letter = match?.[1] ?? match?.[2];
    if (letter !== undefined) return `${quantity}_${letters.indexOf(letter)}` as Quantity;
  }
  return undefined;
}

const EPOCHS: readonly string[] = ['gps_seconds', 'mjd', 'seconds_of_day', 'iso', 'iso_time', 'decimal_year'];
const isEpoch = (quantity: Quantity) => EPOCHS.includes(quantity);

/** Columns of a table without headings, when its kind and epoch format are stated. */
export function defaultColumns(kind: TableKind, epoch: TableEpochFormat): readonly Quantity[] {
  const epochs: readonly Quantity[] =
    epoch === 'mjd+seconds'
      ? ['mjd', 'seconds_of_day']
      : epoch === 'decimal_year'
        ? ['decimal_year']
        : [epoch];
  const values: Readonly<Record<TableKind, readonly Quantity[]>> = {
    orbit: ['position_0', 'position_1', 'position_2', 'velocity_0', 'velocity_1', 'velocity_2'],
    ranging: ['range_rate'],
    accelerometer: ['acceleration_0', 'acceleration_1', 'acceleration_2'],
    attitude: ['quaternion_0', 'quaternion_1', 'quaternion_2', 'quaternion_3'],
  };
  return [...epochs, ...values[kind]];
}
