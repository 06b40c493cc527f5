import { dayToGps, gpsEpoch, utcToGps } from '@gravity/geodesy';
import { parseDecimal } from '../bytes/parse-number.js';
import { isCalendarDate, mjdOfDate } from '../gfc/date.js';
import type { TableTimeScale } from './types.js';

/** Whole GPS seconds and fraction of an epoch. */
export interface TableEpoch {
  readonly gpsSeconds: number;
  readonly offsetSeconds: number;
}

/** Epoch of an MJD day and seconds in a time scale. @throws RangeError for a UTC second that does not exist */
export function epochOfDay(mjd: number, secondsOfDay: number, scale: TableTimeScale): TableEpoch {
  return scale === 'UTC' ? utcToGps({ scale, mjd, secondsOfDay }) : dayToGps({ scale, mjd, secondsOfDay });
}

/** Epoch of seconds past 2000-01-01T12:00:00 in a time scale; the fraction is taken from the digits. */
export function epochOfSeconds(text: string, scale: TableTimeScale): TableEpoch | undefined {
  const value = parseDecimal(text);
  if (!Number.isFinite(value) || Math.abs(value) > 1e10) return undefined;
  const whole = Math.floor(value);
  const fraction = fractionOf(text, value);
  if (scale === 'GPS') return gpsEpoch(whole, fraction);
  const seconds = whole + 43_200;
  const day = Math.floor(seconds / 86_400);
  return epochOfDay(51_544 + day, seconds - day * 86_400 + fraction, scale);
}

/** Epoch of an MJD with its fraction; the fraction is taken from the digits, so that ns survive. */
export function epochOfMjd(text: string, scale: TableTimeScale): TableEpoch | undefined {
  const value = parseDecimal(text);
  if (!Number.isFinite(value) || value < 0 || value > 200_000) return undefined;
  return epochOfDay(Math.floor(value), fractionOf(text, value) * 86_400, scale);
}

function fractionOf(text: string, value: number): number {
  const digits = /^\d+(\.\d*)$/.exec(text);
  return digits ? Number(`0${digits[1]}`) : value - Math.floor(value);
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d*)?))?(Z)?)?$/;

/** Epoch of an ISO 8601 text; a Z at its end demands the time scale UTC. */
export function epochOfIso(text: string, scale: TableTimeScale): TableEpoch | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (!isCalendarDate(year, month, day) || hour > 23 || minute > 59 || second >= 61) return undefined;
  if (match[7] !== undefined && scale !== 'UTC') return undefined;
  if (scale !== 'UTC' && second >= 60) return undefined;
  return epochOfDay(mjdOfDate(year, month, day), hour * 3600 + minute * 60 + second, scale);
}

/** Epoch of a decimal year, its fraction counted in the days of that calendar year. */
export function epochOfDecimalYear(text: string, scale: TableTimeScale): TableEpoch | undefined {
  const value = parseDecimal(text);
  if (!(value >= 1973 && value < 2200)) return undefined;
  const year = Math.floor(value);
  const start = mjdOfDate(year, 1, 1);
  const days = fractionOf(text, value) * (mjdOfDate(year + 1, 1, 1) - start);
  const whole = Math.floor(days);
  return epochOfDay(start + whole, (days - whole) * 86_400, scale);
}
