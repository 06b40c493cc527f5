import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfCompactDate } from './date.js';
import type { GfcTerm } from './types.js';

const KIND = { gfct: 'offset', trnd: 'trend', dot: 'trend', acos: 'cosine', asin: 'sine' } as const;

/**
 * One gfct, trnd, dot, acos or asin record. Format 1 ends gfct with the reference epoch and acos/asin with the
 * period; format 2.0 ends every record with t0 t1 and acos/asin with t0 t1 period. What stands between C S and
 * that end are the standard deviations (none, two or four), whatever the header's `errors` says.
 */
export function parseTerm(
  words: readonly string[],
  version2: boolean,
  place: { readonly file: string; readonly line: number },
): GfcTerm {
  const kind = KIND[words[0] as keyof typeof KIND];
  const periodic = kind === 'cosine' || kind === 'sine';
  const dates = version2 ? 2 : kind === 'offset' ? 1 : 0;
  const tail = dates + (periodic ? 1 : 0);
  const sigmas = words.length - 5 - tail;
  if (sigmas !== 0 && sigmas !== 2 && sigmas !== 4) {
    throw new FormatError(
      'column_count',
      `unexpected number of values for ${words[0]}: ${words.length}`,
      place,
    );
  }
  const number = (i: number): number => {
    const value = parseDecimal(words[i]);
    if (Number.isFinite(value)) return value;
    const text = `not a number: ${quoteForMessage(words[i])}`;
    throw new FormatError('not_a_number', text, { ...place, column: i + 1 });
  };
  const date = (i: number): number => {
    const value = mjdOfCompactDate(words[i]);
    if (Number.isFinite(value)) return value;
    const text = `no date yyyymmdd or yyyymmdd.hhmm: ${quoteForMessage(words[i])}`;
    throw new FormatError('bad_time', text, { ...place, column: i + 1 });
  };
  const dateAt = 5 + sigmas;
  const start = dates > 0 ? date(dateAt) : Number.NaN;
  const stop = version2 ? date(dateAt + 1) : Number.POSITIVE_INFINITY;
  if (version2 && !(stop > start)) throw new FormatError('bad_time', 't1 is not after t0', place);
  const periodYears = periodic ? number(words.length - 1) : undefined;
  if (periodYears !== undefined && !(periodYears > 0)) {
    throw new FormatError('out_of_range', `period must be positive: ${periodYears}`, place);
  }
  return {
    kind,
    startMjd: version2 ? start : Number.NEGATIVE_INFINITY,
    stopMjd: stop,
    referenceMjd: start,
    c: number(3),
    s: number(4),
    sigmaC: sigmas > 0 ? number(5) : 0,
    sigmaS: sigmas > 0 ? number(6) : 0,
    ...(periodYears !== undefined && { periodYears }),
  };
}
