import { gpsEpoch, gpsToUtc, mjdToIsoDate, utcDaySeconds } from '@gravity/geodesy';
import { BASELINE_MEASUREMENTS } from '../../db/baseline-columns.js';

/** Columns of a record row in COPY order. */
export const OBSERVATION_COLUMNS = [
  'time',
  'gps_seconds',
  'satellite',
  'product',
  'file_id',
  'values',
  'labels',
  'quality_flag',
] as const;

export const BASELINE_COLUMNS = [
  'time',
  'gps_seconds',
  'pair',
  'product',
  'file_id',
  ...BASELINE_MEASUREMENTS,
  'quality_flag',
] as const;

const two = (value: number) => (value < 10 ? `0${value}` : String(value));

/**
 * Writes GPS epochs as UTC for COPY (microseconds). The conversion is kept for a whole UTC day, so that a full day
 * of records costs one look at the table of leap seconds. A 60th second is written as such; PostgreSQL stores it as
 * the next full minute, gps_seconds keeps it apart.
 */
export function createUtcWriter(): (wholeSeconds: number, fraction: number) => string {
  let dayStart = Number.NaN;
  let dayLength = 0;
  let date = '';
  return (wholeSeconds, fraction) => {
    let microseconds = Math.round(fraction * 1e6);
    let whole = wholeSeconds;
    if (microseconds >= 1e6) {
      microseconds = 0;
      whole += 1;
    }
    let second = whole - dayStart;
    if (!(second >= 0 && second < dayLength)) {
      const utc = gpsToUtc(gpsEpoch(whole));
      dayStart = whole - Math.round(utc.secondsOfDay);
      dayLength = utcDaySeconds(utc.mjd);
      date = mjdToIsoDate(utc.mjd);
      second = whole - dayStart;
    }
    const minutes = Math.min(Math.floor(second / 60), 1439);
    const hour = Math.floor(minutes / 60);
    const clock = `${date} ${two(hour)}:${two(minutes - 60 * hour)}:${two(second - 60 * minutes)}`;
    return microseconds === 0 ? `${clock}+00` : `${clock}.${String(microseconds).padStart(6, '0')}+00`;
  };
}

/** A text as an element of an array literal within COPY text. */
export function copyArrayElement(text: string): string {
  // NUL cannot be stored; whitespace other than blanks would end the field
  const element = `"${text.replace(/[\\"]/g, '\\$&')}"`;
  return element
    .replace(/\\/g, '\\\\')
    .replace(/\0/g, '')
    .replace(/\t/g, '\\t')
    .replace(/\r/g, '\\r')
    .replace(/\n/g, '\\n');
}

/** Width binary digits, bit 0 rightmost. */
export function bitText(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}
