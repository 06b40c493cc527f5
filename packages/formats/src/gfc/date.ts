/** Modified Julian date of 0h of a Gregorian calendar date (Fliegel & Van Flandern 1968, integer arithmetic). */
export function mjdOfDate(year: number, month: number, day: number): number {
  const a = Math.trunc((month - 14) / 12);
  const jdn =
    Math.trunc((1461 * (year + 4800 + a)) / 4) +
    Math.trunc((367 * (month - 2 - 12 * a)) / 12) -
    Math.trunc((3 * Math.trunc((year + 4900 + a) / 100)) / 4) +
    day -
    32075;
  return jdn - 2400001;
}

/** True for a day that exists in the calendar. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const next = month === 12 ? mjdOfDate(year + 1, 1, 1) : mjdOfDate(year, month + 1, 1);
  return mjdOfDate(year, month, day) < next;
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
