import { createEopTable, type EopRow, type EopTable } from '@gravity/geodesy';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfDate } from '../gfc/date.js';

const ARCSECOND = Math.PI / 648_000;
const MILLIARCSECOND = ARCSECOND / 1000;
const ROW = /^[ \d]\d[ \d]\d[ \d]\d\s+\d{5}\.\d\d/;

export interface FinalsOptions {
  readonly file: string;
  /**
   * Which values: Bulletin A throughout (default), or Bulletin B where it is given, without its celestial pole
   * offsets before 1997 (they refer to another model).
   */
  readonly prefer?: 'bulletinA' | 'bulletinB';
  /** Days predicted without celestial pole offsets: left out (default), or taken with offsets of zero. */
  readonly missingPoleOffsets?: 'cut' | 'zero';
}

export interface FinalsSeries {
  readonly table: EopTable;
  /** First day whose polar motion or UT1 is predicted, when there is one. */
  readonly firstPredictedMjd?: number;
}

/** True for text that begins with a row of a finals file. */
export function looksLikeFinals(text: string): boolean {
  return ROW.test(text.slice(0, 200));
}

/**
 * Reads the rapid series of the IERS, finals2000A (.all, .data, .daily), by the columns of its read-me. Rows at the
 * end without values are left out.
 *
 * Bulletin A goes on into the predictions without a step; Bulletin B ends a month or two before. On early 2022 they
 * differ from C04 by up to 67 µs and 27 µs in UT1, and both by 0.1 mas in the pole.
 *
 * @throws FormatError with line: `unknown_format`, `unsupported` (finals of IAU 1980, whose offsets are dψ, dε),
 *   `not_a_number`, `missing_field`, `bad_time`, `out_of_range`
 */
export function parseFinals2000A(text: string, options: FinalsOptions): FinalsSeries {
  const { file, prefer = 'bulletinA', missingPoleOffsets = 'cut' } = options;
  if (text.trim() === '') throw new FormatError('empty_file', 'the file is empty', { file });
  const rows: EopRow[] = [];
  let firstPredictedMjd: number | undefined;
  let ended: number | undefined;
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '') return;
    const place = { file, line: i + 1 };
    if (!ROW.test(line)) {
      throw new FormatError('unknown_format', `no row of finals2000A: ${quoteForMessage(line)}`, place);
    }
    const mjdUtc = dayOf(line, place);
    const hasValues = line.slice(18, 27).trim() !== '' && line.slice(58, 68).trim() !== '';
    const hasOffsets = line.slice(97, 106).trim() !== '';
    if (!hasValues || (!hasOffsets && missingPoleOffsets === 'cut')) {
      ended ??= i + 1;
      return;
    }
    if (ended !== undefined) {
      throw new FormatError('missing_field', `values again after line ${ended} had none`, place);
    }
    const last = rows.at(-1);
    if (last && mjdUtc !== last.mjdUtc + 1) {
      throw new FormatError('bad_time', `MJD ${mjdUtc} does not follow ${last.mjdUtc}`, place);
    }
    if (line[16] === 'P' || line[57] === 'P') firstPredictedMjd ??= mjdUtc;
    rows.push(rowOf(line, mjdUtc, prefer === 'bulletinB', hasOffsets, place));
  });
  if (rows.length === 0) throw new FormatError('unknown_format', 'no row with values', { file });
  return {
    table: createEopTable('IERS finals2000A', rows),
    ...(firstPredictedMjd !== undefined && { firstPredictedMjd }),
  };
}

interface Place {
  readonly file: string;
  readonly line: number;
}

function dayOf(line: string, place: Place): number {
  const mjd = parseDecimal(line.slice(7, 15).trim());
  const [year, month, day] = [line.slice(0, 2), line.slice(2, 4), line.slice(4, 6)].map(Number);
  // two digits of the year: the century follows from the MJD
  const full = year + (mjd >= 51544 ? 2000 : 1900);
  if (!Number.isInteger(mjd) || mjdOfDate(full, month, day) !== mjd) {
    throw new FormatError('bad_time', `MJD ${mjd} is not the date ${line.slice(0, 6)}`, {
      ...place,
      field: 'MJD',
    });
  }
  return mjd;
}

function rowOf(line: string, mjdUtc: number, preferB: boolean, hasOffsets: boolean, place: Place): EopRow {
  const at = (start: number, end: number, field: string): number => {
    const word = line.slice(start - 1, end).trim();
    const value = parseDecimal(word);
    if (Number.isFinite(value)) return value;
    throw new FormatError('not_a_number', `not a number: ${quoteForMessage(word)}`, { ...place, field });
  };
  const useB = preferB && line.slice(134, 165).trim() !== '';
  // Bulletin B gave offsets to IAU 2000 only later: those of 1973 are of 18 mas
  const offsetsB = useB && mjdUtc >= 50_449 && line.slice(165, 185).trim() !== '';
  const dX = hasOffsets || offsetsB ? (offsetsB ? at(166, 175, 'dX') : at(98, 106, 'dX')) : 0;
  const dY = hasOffsets || offsetsB ? (offsetsB ? at(176, 185, 'dY') : at(117, 125, 'dY')) : 0;
  if (Math.max(Math.abs(dX), Math.abs(dY)) > 5) {
    const text = `offsets of ${dX} and ${dY} mas are dPsi and dEps of IAU 1980 (finals.all); finals2000A needed`;
    throw new FormatError('unsupported', text, { ...place, field: 'dX, dY' });
  }
  const ut1 = useB ? at(155, 165, 'UT1-UTC') : at(59, 68, 'UT1-UTC');
  if (Math.abs(ut1) > 1) throw new FormatError('out_of_range', `|UT1-UTC| above 1 s: ${ut1}`, place);
  return {
    mjdUtc,
    xPole: (useB ? at(135, 144, 'x pole') : at(19, 27, 'x pole')) * ARCSECOND,
    yPole: (useB ? at(145, 154, 'y pole') : at(38, 46, 'y pole')) * ARCSECOND,
    ut1MinusUtcSeconds: ut1,
    dX: dX * MILLIARCSECOND,
    dY: dY * MILLIARCSECOND,
  };
}
