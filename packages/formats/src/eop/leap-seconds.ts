import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfDate } from '../gfc/date.js';

export interface LeapSecondTable {
  /** From whose 0h UTC on the value holds; ascending, from 1972-01-01. */
  readonly entries: readonly { readonly mjdUtc: number; readonly taiMinusUtcSeconds: number }[];
  /** Until when the file vouches for itself, MJD, when it says so. */
  readonly expiresMjd?: number;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** MJD of 1900-01-01, from which NTP counts seconds. */
const NTP_ORIGIN_MJD = 15020;

/**
 * Reads a table of leap seconds in any of its four layouts: tai-utc.dat (USNO), LeapSecond.dat (year, month, day, JD,
 * TAI−UTC), Leap_Second.dat (IERS: MJD, day, month, year, TAI−UTC) and leap-seconds.list (NTP seconds). Rows before
 * 1972, when UTC ran at another rate, are left out.
 *
 * @throws FormatError with line: `unknown_format`, `not_a_number`, `bad_time` (date and day number apart, rows out
 *   of order), `out_of_range` (steps other than one second)
 */
export function parseLeapSeconds(text: string, options: { readonly file: string }): LeapSecondTable {
  const { file } = options;
  if (text.trim() === '') throw new FormatError('empty_file', 'the file is empty', { file });
  const entries: { mjdUtc: number; taiMinusUtcSeconds: number }[] = [];
  let expiresMjd: number | undefined;
  text.split(/\r?\n/).forEach((raw, i) => {
    const line = raw.trim();
    const place = { file, line: i + 1 };
    if (line === '' || line[0] === '#') {
      expiresMjd ??= expiry(line);
      return;
    }
    // LeapSecond.dat begins with the number of its rows
    if (/^\d{1,3}$/.test(line) && entries.length === 0) return;
    const entry = rowOf(line);
    if (!entry)
      throw new FormatError('unknown_format', `no row of leap seconds: ${quoteForMessage(line)}`, place);
    const { mjdUtc, taiMinusUtcSeconds, dateMjd } = entry;
    if (!Number.isInteger(mjdUtc) || (dateMjd !== undefined && dateMjd !== mjdUtc)) {
      throw new FormatError('bad_time', `day number and date differ: ${quoteForMessage(line)}`, place);
    }
    if (mjdUtc < 41317) return;
    if (!Number.isInteger(taiMinusUtcSeconds)) {
      throw new FormatError('not_a_number', `TAI-UTC is no whole second: ${quoteForMessage(line)}`, place);
    }
    const last = entries.at(-1);
    if (last && mjdUtc <= last.mjdUtc) throw new FormatError('bad_time', 'rows out of order', place);
    if (last && Math.abs(taiMinusUtcSeconds - last.taiMinusUtcSeconds) !== 1) {
      const complaint = `TAI-UTC goes from ${last.taiMinusUtcSeconds} to ${taiMinusUtcSeconds} s`;
      throw new FormatError('out_of_range', complaint, place);
    }
    entries.push({ mjdUtc, taiMinusUtcSeconds });
  });
  if (entries[0]?.mjdUtc !== 41317 || entries[0].taiMinusUtcSeconds !== 10) {
    throw new FormatError('unknown_format', 'the table does not begin with 10 s on 1972-01-01', { file });
  }
  return { entries, ...(expiresMjd !== undefined && { expiresMjd }) };
}

interface Row {
  readonly mjdUtc: number;
  readonly taiMinusUtcSeconds: number;
  readonly dateMjd?: number;
}

function rowOf(line: string): Row | undefined {
  const named =
    /^(\d{4})\s+([A-Z]{3})\s+(\d{1,2})\s+(?:=JD\s+)?(\d{7}\.5)\s+(?:TAI-UTC=\s*)?(\d+\.?\d*)/.exec(line);
  if (named) {
    const [, year, month, day, jd, value] = named;
    const dateMjd = mjdOfDate(Number(year), MONTHS.indexOf(month) + 1, Number(day));
    return { mjdUtc: parseDecimal(jd) - 2_400_000.5, taiMinusUtcSeconds: parseDecimal(value), dateMjd };
  }
  const iers = /^(\d{5})(?:\.0*)?\s+(\d{1,2})\s+(\d{1,2})\s+(\d{4})\s+(\d+)$/.exec(line);
  if (iers) {
    const [mjd, day, month, year, value] = iers.slice(1).map(Number);
    return { mjdUtc: mjd, taiMinusUtcSeconds: value, dateMjd: mjdOfDate(year, month, day) };
  }
  const ntp = /^(\d{10})\s+(\d+)(?:\s*#.*)?$/.exec(line);
  if (!ntp) return undefined;
  return { mjdUtc: Number(ntp[1]) / 86_400 + NTP_ORIGIN_MJD, taiMinusUtcSeconds: Number(ntp[2]) };
}

function expiry(line: string): number | undefined {
  const ntp = /^#@\s*(\d{10})/.exec(line);
  if (ntp) return Number(ntp[1]) / 86_400 + NTP_ORIGIN_MJD;
  const named = /expires on (\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})/.exec(line);
  if (!named) return undefined;
  const mjd = mjdOfDate(Number(named[3]), MONTHS.indexOf(named[2].toUpperCase()) + 1, Number(named[1]));
  return Number.isNaN(mjd) ? undefined : mjd;
}
