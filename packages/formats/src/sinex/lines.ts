import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { parseSinexEpoch } from './epoch.js';
import type { SinexHeader, SinexParameter } from './types.js';

interface Place {
  readonly file: string;
  readonly line: number;
}

/** `%=SNX 2.02 AGY created AGY start end C nnnnn 2 …`. */
export function parseSinexHeader(text: string, place: Place): SinexHeader {
  const words = text.trim().split(/\s+/);
  if (!/^%=SNX/.test(text) || words.length < 9) {
    throw new FormatError('unknown_format', `no SINEX header: ${quoteForMessage(text)}`, place);
  }
  const [, version, agency, created, dataAgency, start, end, technique, count, constraint = ''] = words;
  const parameterCount = parseDecimal(count);
  if (!Number.isInteger(parameterCount) || parameterCount < 0) {
    throw new FormatError('bad_header', `number of estimates: ${quoteForMessage(count)}`, place);
  }
  return {
    version,
    agency,
    dataAgency,
    technique,
    parameterCount,
    constraint,
    createdMjd: epoch(created, place),
    startMjd: epoch(start, place),
    endMjd: epoch(end, place),
  };
}

function epoch(text: string, place: Place): number | undefined {
  const mjd = parseSinexEpoch(text);
  if (mjd !== undefined && Number.isNaN(mjd)) {
    throw new FormatError('bad_time', `no epoch yy:ddd:sssss: ${quoteForMessage(text)}`, place);
  }
  return mjd;
}

export interface ParameterLine {
  readonly parameter: SinexParameter;
  readonly value: number;
  /** NaN when the line has none. */
  readonly sigma: number;
}

/** A line of SOLUTION/ESTIMATE, SOLUTION/APRIORI or NORMAL_EQUATION_VECTOR, by the columns of the format. */
export function parseParameterLine(text: string, block: string, place: Place): ParameterLine {
  const at = { ...place, field: block };
  const index = parseDecimal(text.slice(0, 6).trim());
  if (!Number.isInteger(index) || index < 1) {
    throw new FormatError('not_a_number', `no index: ${quoteForMessage(text.slice(0, 6))}`, at);
  }
  const type = text.slice(7, 13).trim();
  const code = text.slice(14, 18).trim();
  const solution = text.slice(22, 26).trim();
  const harmonic = type === 'CN' || type === 'SN';
  const [degree, order] = [parseDecimal(code), parseDecimal(solution)];
  if (harmonic && !(Number.isInteger(degree) && Number.isInteger(order) && order >= 0 && order <= degree)) {
    throw new FormatError(
      'out_of_range',
      `no degree and order: ${quoteForMessage(`${code} ${solution}`)}`,
      at,
    );
  }
  const value = parseDecimal(text.slice(47, 68).trim());
  if (!Number.isFinite(value)) {
    throw new FormatError('not_a_number', `not a number: ${quoteForMessage(text.slice(47, 68).trim())}`, at);
  }
  const sigma = parseDecimal(text.slice(69, 80).trim());
  return {
    parameter: {
      index,
      type,
      code,
      solution,
      ...(harmonic && { degree, order }),
      epochMjd: epoch(text.slice(27, 39), place),
      unit: text.slice(40, 44).trim(),
      constraint: text.slice(45, 46).trim(),
    },
    value,
    sigma,
  };
}
