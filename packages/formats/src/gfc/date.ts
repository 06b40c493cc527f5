import { calendarToMjd, daysInMonth } from '@gravity/geodesy';

/** True for a day that exists in the calendar. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/** MJD of 0h of a calendar date, NaN when there is no such date. */
export function mjdOfDate(year: number, month: number, day: number): number {
  return isCalendarDate(year, month, day) ? calendarToMjd(year, month, day) : Number.NaN;
}

/**
 * MJD of `yyyymmdd` or `yyyymmdd.hhmm`; NaN when it is none. A minute of 60 occurs in published models
 * (20041226.0060 in EIGEN-6S4v2) and means the next full hour.
 */
export function mjdOfCompactDate(text: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})(?:\.(\d{2})(\d{2})?\d*)?$/.exec(text);
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute] = match.slice(1).map((part) => Number(part ?? 0));
  if (!isCalendarDate(year, month, day) || hour > 24 || minute > 60) return Number.NaN;
  return mjdOfDate(year, month, day) + hour / 24 + minute / 1440;
}
