import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError } from '../errors.js';

/**
 * One line of a Level-1 report (`.rpt`, `.pass`), as far as its layout can be told from the files themselves:
 * name, start of the day, creation time, first and last epoch, record count, mean, standard deviation, minimum
 * and maximum of the time steps, number of flag bits, records per flag bit, then figures of the product.
 * Counts include overlap with the neighbouring days that the distributed .txt files do not hold.
 */
export interface Level1bReport {
  readonly name: string;
  readonly dayStartGpsSeconds: number;
  readonly createdGpsSeconds: number;
  readonly firstGpsSeconds: number;
  readonly lastGpsSeconds: number;
  readonly recordCount: number;
  readonly stepSeconds: {
    readonly mean: number;
    readonly standardDeviation: number;
    readonly minimum: number;
    readonly maximum: number;
  };
  /** Records with bit 0, 1, 2 … of qualflg set. */
  readonly flagCounts: readonly number[];
  /** Figures that depend on the product, meaning not documented in the file. */
  readonly rest: readonly number[];
}

/**
 * Lines of a report file.
 *
 * @throws FormatError `column_count`, `not_a_number`
 */
export function parseLevel1bReport(text: string, file: string): Level1bReport[] {
  const reports: Level1bReport[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '') return;
    reports.push(parseLine(words, file, i + 1));
  });
  if (reports.length === 0) throw new FormatError('empty_file', 'the report is empty', { file });
  return reports;
}

function parseLine(words: readonly string[], file: string, line: number): Level1bReport {
  const values = words.slice(1).map((word, k) => {
    const value = parseDecimal(word);
    if (Number.isFinite(value)) return value;
    throw new FormatError('not_a_number', `not a number: ${JSON.stringify(word)}`, {
      file,
      line,
      column: k + 2,
    });
  });
  const bits = values[9];
  if (
    !(values.length >= 10 && Number.isInteger(bits) && bits >= 0 && bits <= 32 && values.length >= 10 + bits)
  ) {
    throw new FormatError('column_count', 'a report line is shorter than its layout asks', { file, line });
  }
  const [day, created, first, last, recordCount, mean, standardDeviation, minimum, maximum] = values;
  return {
    name: words[0],
    dayStartGpsSeconds: day,
    createdGpsSeconds: created,
    firstGpsSeconds: first,
    lastGpsSeconds: last,
    recordCount,
    stepSeconds: { mean, standardDeviation, minimum, maximum },
    flagCounts: values.slice(10, 10 + bits),
    rest: values.slice(10 + bits),
  };
}
