import { mjdToCalendar } from '@gravity/geodesy';
import { mjdOfDate } from '../gfc/date.js';

/** MJD of `yy:ddd:sssss`; undefined for 00:000:00000 ("not known"), NaN when it is no epoch. */
export function parseSinexEpoch(text: string): number | undefined {
  const match = /^(\d{2,4}):(\d{3}):(\d{5})$/.exec(text.trim());
  if (!match) return Number.NaN;
  const [, year, day, second] = match;
  if (Number(day) === 0) return Number(second) === 0 ? undefined : Number.NaN;
  const full = year.length === 4 ? Number(year) : Number(year) + (Number(year) <= 50 ? 2000 : 1900);
  return mjdOfDate(full, 1, 1) + Number(day) - 1 + Number(second) / 86_400;
}

/** `yy:ddd:sssss` of an MJD. */
export function formatSinexEpoch(mjd: number | undefined): string {
  if (mjd === undefined) return '00:000:00000';
  // to the second, carried into the next day
  const seconds = Math.round((mjd - Math.floor(mjd)) * 86_400);
  const day = Math.floor(mjd) + Math.floor(seconds / 86_400);
  const { year } = mjdToCalendar(day);
  const ofYear = day - mjdOfDate(year, 1, 1) + 1;
  const digits = (value: number, width: number) => String(value).padStart(width, '0');
  return `${digits(year % 100, 2)}:${digits(ofYear, 3)}:${digits(seconds % 86_400, 5)}`;
}
