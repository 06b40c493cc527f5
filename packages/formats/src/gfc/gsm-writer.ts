import { type Geopotential, mjdToCalendar, triangleIndex } from '@gravity/geodesy';
import { mjdOfDate } from './date.js';
import type { Level2FileName } from './gsm.js';

export interface Level2WriteOptions {
  /** GSM, GAA, GAB, GAC or GAD; GSM by default. */
  readonly product?: string;
  /** Time of the first and end of the last datum, MJD; to the minute. */
  readonly startMjd: number;
  readonly stopMjd: number;
  readonly institution: string;
  /** E.g. "GRACE-FO C, GRACE-FO D". */
  readonly platform: string;
  /** Release, e.g. "0600". */
  readonly release: string;
  /** Four letters of the file name, e.g. BA01. */
  readonly mnemonic?: string;
  readonly title?: string;
  readonly summary?: string;
  /** When it was made, ISO 8601; left out by default, so that equal fields give equal bytes. */
  readonly dateCreated?: string;
  /** Degrees below were not estimated (flags n); 2 by default. */
  readonly degreeMin?: number;
  /** True when the coefficients were constrained. */
  readonly constrained?: boolean;
  /** What the standard deviations are, e.g. "formal sigmas are not calibrated". */
  readonly comments?: string;
  /** Further global attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * A GRACE Level-2 file in the form of release 06: YAML header and GRCOF2 records in the fixed columns of older
 * readers. The columns hold 12 significant digits of a coefficient and 5 of a standard deviation.
 *
 * @throws RangeError for values that are not finite, an interval upside down, or texts with line ends
 */
export function writeLevel2(field: Geopotential, options: Level2WriteOptions): string {
  const { startMjd, stopMjd, degreeMin = 2, constrained = false } = options;
  if (!(startMjd < stopMjd)) throw new RangeError(`interval from MJD ${startMjd} to ${stopMjd}`);
  const lines = headerLines(field, options);
  const interval = `${compactDate(startMjd)} ${compactDate(stopMjd)}`;
  const apriori = constrained ? 'y' : 'n';
  for (let n = 0; n <= field.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      const [estimatedC, estimatedS] = [n >= degreeMin, n >= degreeMin && m > 0];
      const flags = [
        estimatedC ? 'y' : 'n',
        estimatedS ? 'y' : 'n',
        estimatedC ? apriori : 'n',
        estimatedS ? apriori : 'n',
      ].join('');
      const values = [
        fixed(field.c[i], 11, 18),
        fixed(field.s[i], 11, 18),
        fixed(field.sigmaC?.[i] ?? 0, 4, 10),
        fixed(field.sigmaS?.[i] ?? 0, 4, 10),
      ];
      lines.push(
        `GRCOF2${String(n).padStart(5)}${String(m).padStart(5)} ${values.join(' ')} ${interval} ${flags}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Name of a Level-2 file, e.g. GSM-2_2008001-2008031_GRAC_UTCSR_BB01_0600. */
export function formatLevel2FileName(parts: Level2FileName): string {
  const day = (mjd: number) => {
    const { year } = mjdToCalendar(mjd);
    return `${year}${String(mjd - mjdOfDate(year, 1, 1) + 1).padStart(3, '0')}`;
  };
  // the last day of the name is the day of the last datum
  const last = Math.ceil(parts.stopMjd) - 1;
  const { product, mission, centre, mnemonic, release } = parts;
  return `${product}-2_${day(Math.floor(parts.startMjd))}-${day(last)}_${mission}_${centre}_${mnemonic}_${release}`;
}

function headerLines(field: Geopotential, options: Level2WriteOptions): string[] {
  const { product = 'GSM', mnemonic, comments } = options;
  const lines: string[] = [];
  const entry = (indent: number, key: string, value?: string) => {
    const start = `${' '.repeat(indent)}${key}`;
    lines.push(value === undefined ? `${start}:` : `${start.padEnd(26)}: ${value}`);
  };
  const exponential = (value: number) => {
    if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${value} is no constant of a field`);
    return value
      .toExponential(10)
      .replace(/e([+-])(\d)$/, 'E$10$2')
      .replace('e', 'E');
  };
  entry(0, 'header');
  entry(2, 'dimensions');
  entry(4, 'degree', String(field.maxDegree));
  entry(4, 'order', String(field.maxDegree));
  entry(2, 'non-standard_attributes');
  entry(4, 'product_id', `${product}-2`);
  entry(4, 'format_id');
  entry(6, 'short_name', 'SHM');
  entry(6, 'long_name', 'Earth Gravity Spherical Harmonic Model Format');
  if (mnemonic) {
    entry(4, 'filename_mnemonic');
    entry(6, 'id', mnemonic);
  }
  entry(4, 'normalization', 'fully normalized');
  const flag = { zero_tide: 'inclusive', tide_free: 'exclusive', mean_tide: 'unknown', unknown: 'unknown' };
  entry(4, 'permanent_tide_flag', flag[field.tideSystem]);
  for (const [key, name, units, value] of [
    ['earth_gravity_param', 'gravitational constant times mass of Earth', 'm3/s2', field.gm],
    ['mean_equator_radius', 'mean equator radius', 'meters', field.radius],
  ] as const) {
    entry(4, key);
    entry(6, 'long_name', name);
    entry(6, 'units', units);
    entry(6, 'value', exponential(value));
  }
  if (comments) entry(4, 'comments', quoted(comments));
  entry(2, 'global_attributes');
  const attributes: Record<string, string | undefined> = {
    title: options.title ?? field.name,
    summary: options.summary,
    institution: options.institution,
    platform: options.platform,
    processing_level: '2',
    product_version: options.release,
    time_coverage_start: isoMinute(options.startMjd),
    time_coverage_end: isoMinute(options.stopMjd),
    date_created: options.dateCreated,
    ...options.attributes,
  };
  for (const [key, value] of Object.entries(attributes)) {
    if (!/^\w+$/.test(key)) throw new RangeError(`bad name of an attribute: ${key}`);
    if (value !== undefined) entry(4, key, quoted(value));
  }
  entry(2, 'variables');
  VARIABLES.forEach(([name, longName], i) => {
    entry(4, name);
    entry(6, 'long_name', longName);
    entry(6, 'comment', `column ${i + 1}`);
  });
  lines.push('# End of YAML header');
  return lines;
}

const VARIABLES = [
  ['record_key', 'type of record, GRCOF2'],
  ['degree_index', 'spherical harmonic degree l'],
  ['order_index', 'spherical harmonic order m'],
  ['clm', 'cosine coefficient for degree l and order m'],
  ['slm', 'sine coefficient for degree l and order m'],
  ['clm_std_dev', 'standard deviation of clm'],
  ['slm_std_dev', 'standard deviation of slm'],
  ['epoch_begin_time', 'begin of the data, yyyymmdd.hhmm'],
  ['epoch_stop_time', 'end of the data, yyyymmdd.hhmm'],
  ['solution_flags', 'clm and slm adjusted, a priori information for clm and slm, y or n'],
] as const;

/** Plain where YAML reads it as text anyway, else in double quotes. */
function quoted(value: string): string {
  if (/[\r\n]/.test(value)) throw new RangeError(`${JSON.stringify(value)} holds a line end`);
  return /^[A-Za-z0-9][\w ./,+-]*$/.test(value) ? value : JSON.stringify(value);
}

function fixed(value: number, digits: number, width: number): string {
  if (!Number.isFinite(value)) throw new RangeError('a coefficient or standard deviation is not finite');
  const text = value
    .toExponential(digits)
    .replace(/e([+-])(\d)$/, 'e$10$2')
    .replace('e', 'E');
  // exponents of three digits take the place of a digit
  return (text.length > width ? value.toExponential(digits - 1).replace('e', 'E') : text).padStart(width);
}

function minuteParts(mjd: number) {
  const minutes = Math.round((mjd - Math.floor(mjd)) * 1440);
  const { year, month, day } = mjdToCalendar(Math.floor(mjd) + Math.floor(minutes / 1440));
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    year,
    month: two(month),
    day: two(day),
    hour: two(Math.floor(minutes / 60) % 24),
    minute: two(minutes % 60),
  };
}

function compactDate(mjd: number): string {
  const { year, month, day, hour, minute } = minuteParts(mjd);
  return `${year}${month}${day}.${hour}${minute}`;
}

function isoMinute(mjd: number): string {
  const { year, month, day, hour, minute } = minuteParts(mjd);
  return `${year}-${month}-${day}T${hour}:${minute}:00.00`;
}
