import type { EopTable } from '@gravity/geodesy';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfDate } from '../gfc/date.js';

const ARCSECOND = Math.PI / 648_000;

/** Where the values stand in a row (0-based). */
interface Layout {
  readonly name: string;
  readonly delimiter: RegExp;
  readonly mjd: number;
  readonly xPole: number;
  readonly yPole: number;
  readonly ut1: number;
  readonly dX: number;
  readonly dY: number;
  readonly columns: number;
}

/** year month day MJD x y UT1−UTC LOD dX dY … (header of the 08 and 14 C04 files). */
const OLD: Layout = {
  name: 'C04',
  delimiter: /\s+/,
  mjd: 3,
  xPole: 4,
  yPole: 5,
  ut1: 6,
  dX: 8,
  dY: 9,
  columns: 10,
};
/** year month day hour MJD x y UT1−UTC dX dY x-rate y-rate LOD … (20 C04). */
const NEW: Layout = {
  name: '20 C04',
  delimiter: /\s+/,
  mjd: 4,
  xPole: 5,
  yPole: 6,
  ut1: 7,
  dX: 8,
  dY: 9,
  columns: 10,
};

/**
 * Reads an EOP C04 series: 08/14 C04 text, 20 C04 text, or the semicolon CSV.
 *
 * The layout is told by the rows themselves (where the MJD stands), since 14 C04 headers hold lines of # as well;
 * the order of LOD and dX/dY differs between them. Predicted days without UT1−UTC at the end are left out.
 *
 * @throws FormatError `unknown_format`, `unsupported` (series with dψ, dε), `not_a_number`, `column_count`,
 *   `bad_time` (days not consecutive, or MJD and calendar date disagree)
 */
export function parseEopC04(text: string, options: { readonly file: string }): EopTable {
  const { file } = options;
  const lines = text.split(/\r?\n/);
  if (text.trim() === '') throw new FormatError('empty_file', 'the file is empty', { file });
  let layout: Layout | undefined;
  let title = '';
  const rows: { readonly words: string[]; readonly line: number }[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '') continue;
    if (!layout && /^"?MJD"?;/i.test(line)) {
      layout = csvLayout(line, file, i + 1);
      continue;
    }
    if (!/^\d/.test(line)) {
      if (rows.length > 0 && !line.startsWith('#')) {
        throw new FormatError('column_count', `no row of the series: ${quoteForMessage(line)}`, {
          file,
          line: i + 1,
        });
      }
      if (/d(psi|eps)/i.test(line)) {
        throw new FormatError('unsupported', 'series with dPsi/dEps (IAU 1980); dX/dY (IAU 2000) needed', {
          file,
          line: i + 1,
        });
      }
      if (/C04/.test(line) && title === '') title = line.replace(/^#\s*/, '').trim();
      continue;
    }
    layout ??= textLayout(line, file, i + 1);
    rows.push({ words: line.split(layout.delimiter), line: i + 1 });
  }
  if (!layout || rows.length === 0) {
    throw new FormatError('unknown_format', 'no row of an EOP C04 series found', { file });
  }
  return tableOf(rows, layout, title === '' ? `IERS ${layout.name}` : title, file);
}

function csvLayout(header: string, file: string, line: number): Layout {
  const names = header.split(';').map((name) => name.replaceAll('"', '').trim());
  const at = (name: string): number => {
    const i = names.indexOf(name);
    if (i < 0)
      throw new FormatError('missing_field', 'the header row lacks this column', { file, line, field: name });
    return i;
  };
  const found = {
    mjd: at('MJD'),
    xPole: at('x_pole'),
    yPole: at('y_pole'),
    ut1: at('UT1-UTC'),
    dX: at('dX'),
    // the header row of the distributed file is cut after dX and its sigma
    dY: names.includes('dY') ? at('dY') : at('dX') + 2,
  };
  return { name: '20 C04', delimiter: /;/, ...found, columns: Math.max(...Object.values(found)) + 1 };
}

function textLayout(row: string, file: string, line: number): Layout {
  const words = row.split(/\s+/).map(parseDecimal);
  if (words[3] >= 10_000 && words.length >= OLD.columns) return OLD;
  if (words[3] >= 0 && words[3] < 24 && words[4] >= 10_000 && words.length >= NEW.columns) return NEW;
  throw new FormatError('unknown_format', `no EOP C04 row: ${quoteForMessage(row)}`, { file, line });
}

function tableOf(
  rows: readonly { readonly words: string[]; readonly line: number }[],
  layout: Layout,
  source: string,
  file: string,
): EopTable {
  let n = rows.length;
  // predictions lacking UT1 close some files; a hole inside the series is an error below
  while (n > 0 && (rows[n - 1].words[layout.ut1] ?? '').trim() === '') n--;
  const table = {
    source,
    mjdUtc: new Float64Array(n),
    xPole: new Float64Array(n),
    yPole: new Float64Array(n),
    ut1MinusUtcSeconds: new Float64Array(n),
    dX: new Float64Array(n),
    dY: new Float64Array(n),
  };
  for (let i = 0; i < n; i++) {
    const { words, line } = rows[i];
    if (words.length < layout.columns) {
      throw new FormatError('column_count', `${words.length} columns, at least ${layout.columns} expected`, {
        file,
        line,
      });
    }
    const value = (column: number, field: string): number => {
      const x = parseDecimal(words[column].trim());
      if (Number.isFinite(x)) return x;
      const text = `not a number: ${quoteForMessage(words[column])}`;
      throw new FormatError('not_a_number', text, { file, line, column: column + 1, field });
    };
    table.mjdUtc[i] = value(layout.mjd, 'MJD');
    checkDate(words, layout, table.mjdUtc, i, file, line);
    table.xPole[i] = value(layout.xPole, 'x pole') * ARCSECOND;
    table.yPole[i] = value(layout.yPole, 'y pole') * ARCSECOND;
    table.ut1MinusUtcSeconds[i] = value(layout.ut1, 'UT1-UTC');
    table.dX[i] = value(layout.dX, 'dX') * ARCSECOND;
    table.dY[i] = value(layout.dY, 'dY') * ARCSECOND;
    if (Math.abs(table.ut1MinusUtcSeconds[i]) > 1) {
      throw new FormatError('out_of_range', `|UT1-UTC| above 1 s: ${table.ut1MinusUtcSeconds[i]}`, {
        file,
        line,
      });
    }
  }
  return table;
}

function checkDate(
  words: string[],
  layout: Layout,
  mjd: Float64Array,
  i: number,
  file: string,
  line: number,
): void {
  if (!Number.isInteger(mjd[i])) {
    throw new FormatError('bad_time', `values at 0h UTC expected, MJD ${mjd[i]}`, { file, line });
  }
  if (i > 0 && mjd[i] !== mjd[i - 1] + 1) {
    throw new FormatError('bad_time', `MJD ${mjd[i]} does not follow ${mjd[i - 1]}`, { file, line });
  }
  const [year, month, day] = (layout.mjd === 0 ? words.slice(1, 4) : words.slice(0, 3)).map(Number);
  if (mjdOfDate(year, month, day) !== mjd[i]) {
    throw new FormatError('bad_time', `MJD ${mjd[i]} is not the date ${year}-${month}-${day}`, {
      file,
      line,
    });
  }
}

/**
 * Joins series; where days are double the later table wins.
 *
 * @throws RangeError when days are missing between them
 */
export function mergeEopTables(tables: readonly EopTable[]): EopTable {
  const byDay = new Map<number, { readonly table: EopTable; readonly i: number }>();
  for (const table of tables) {
    for (let i = 0; i < table.mjdUtc.length; i++) byDay.set(table.mjdUtc[i], { table, i });
  }
  const days = [...byDay.keys()].sort((a, b) => a - b);
  days.forEach((day, i) => {
    if (i > 0 && day !== days[i - 1] + 1) {
      throw new RangeError(`EOP missing between MJD ${days[i - 1]} and ${day}`);
    }
  });
  const pick = (name: Exclude<keyof EopTable, 'source'>) =>
    Float64Array.from(days, (day) => {
      const entry = byDay.get(day);
      return entry ? entry.table[name][entry.i] : Number.NaN;
    });
  return {
    source: [...new Set(tables.map((t) => t.source))].join(' + '),
    mjdUtc: Float64Array.from(days),
    xPole: pick('xPole'),
    yPole: pick('yPole'),
    ut1MinusUtcSeconds: pick('ut1MinusUtcSeconds'),
    dX: pick('dX'),
    dY: pick('dY'),
  };
}
