/** [MJD (UTC) from whose 0h on it holds, TAI−UTC in seconds]. Source: IERS, tai-utc.dat (Bulletin C). */
const TAI_MINUS_UTC: readonly (readonly [mjd: number, seconds: number])[] = [
  [41317, 10], // 1972-01-01
  [41499, 11], // 1972-07-01
  [41683, 12], // 1973-01-01
  [42048, 13], // 1974-01-01
  [42413, 14], // 1975-01-01
  [42778, 15], // 1976-01-01
  [43144, 16], // 1977-01-01
  [43509, 17], // 1978-01-01
  [43874, 18], // 1979-01-01
  [44239, 19], // 1980-01-01
  [44786, 20], // 1981-07-01
  [45151, 21], // 1982-07-01
  [45516, 22], // 1983-07-01
  [46247, 23], // 1985-07-01
  [47161, 24], // 1988-01-01
  [47892, 25], // 1990-01-01
  [48257, 26], // 1991-01-01
  [48804, 27], // 1992-07-01
  [49169, 28], // 1993-07-01
  [49534, 29], // 1994-07-01
  [50083, 30], // 1996-01-01
  [50630, 31], // 1997-07-01
  [51179, 32], // 1999-01-01
  [53736, 33], // 2006-01-01
  [54832, 34], // 2009-01-01
  [56109, 35], // 2012-07-01
  [57204, 36], // 2015-07-01
  [57754, 37], // 2017-01-01
];

/** MJD of 1972-01-01: UTC with whole leap seconds begins here. */
export const FIRST_UTC_MJD = 41317;

/**
 * TAI−UTC in whole seconds on a UTC day.
 *
 * @param mjdUtc Modified Julian Date, UTC
 * @throws RangeError before 1972-01-01 or for a value that is not finite
 */
export function taiMinusUtcSeconds(mjdUtc: number): number {
  if (!(mjdUtc >= FIRST_UTC_MJD && mjdUtc < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`TAI-UTC is known from MJD ${FIRST_UTC_MJD} (1972-01-01) on, not at MJD ${mjdUtc}`);
  }
  let i = TAI_MINUS_UTC.length - 1;
  while (mjdUtc < TAI_MINUS_UTC[i][0]) i--;
  return TAI_MINUS_UTC[i][1];
}

/** Length of a UTC day in seconds: 86401 when it ends with a leap second, else 86400. */
export function utcDaySeconds(mjdUtc: number): number {
  const day = Math.floor(mjdUtc);
  return 86400 + taiMinusUtcSeconds(day + 1) - taiMinusUtcSeconds(day);
}
