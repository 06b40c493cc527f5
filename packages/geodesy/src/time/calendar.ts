export interface CalendarDate {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  /** 1–31 */
  readonly day: number;
}

/** Gregorian leap year. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Number of days of a month (1–12) of the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 ? (isLeapYear(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/**
 * Modified Julian Day at 0h of a (proleptic) Gregorian date.
 *
 * @throws RangeError when the date does not exist
 */
export function calendarToMjd(year: number, month: number, day: number): number {
  const valid =
    Number.isInteger(year) &&
    Number.isInteger(month) &&
    Number.isInteger(day) &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month);
  if (!valid) throw new RangeError(`no such date: year ${year}, month ${month}, day ${day}`);
  // Count in years that begin in March, so that the leap day is the last day of the year.
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const dayOfMarchYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leapDays + dayOfMarchYear - 678881;
}

/** Gregorian date of a Modified Julian Day (a fraction is ignored). */
export function mjdToCalendar(mjd: number): CalendarDate {
  if (!Number.isFinite(mjd)) throw new RangeError(`not a Modified Julian Date: ${mjd}`);
  const days = Math.floor(mjd) + 678881;
  const era = Math.floor(days / 146097);
  const dayOfEra = days - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfMarchYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfMarchYear + 2) / 153);
  const day = dayOfMarchYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Day of the year, 1 January = 1. */
export function dayOfYear(year: number, month: number, day: number): number {
  return calendarToMjd(year, month, day) - calendarToMjd(year, 1, 1) + 1;
}

/**
 * Date of a day of the year.
 *
 * @throws RangeError when the year has no such day
 */
export function dateOfDayOfYear(year: number, doy: number): CalendarDate {
  if (!Number.isInteger(doy) || doy < 1 || doy > (isLeapYear(year) ? 366 : 365)) {
    throw new RangeError(`year ${year} has no day ${doy}`);
  }
  return mjdToCalendar(calendarToMjd(year, 1, 1) + doy - 1);
}

/** yyyy-mm-dd of a Modified Julian Day. */
export function mjdToIsoDate(mjd: number): string {
  const { year, month, day } = mjdToCalendar(mjd);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
