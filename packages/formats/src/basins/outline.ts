import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';

/** One closed line. */
export interface BasinRing {
  /** Degrees east, as the file has them (−180 to 360), and degrees north. */
  readonly longitude: Float64Array;
  readonly latitude: Float64Array;
}

export interface BasinOutline {
  readonly name: string;
  readonly rings: readonly BasinRing[];
  /** What was left out. */
  readonly notes: readonly string[];
}

const COUNT = /^(\d+)(?:\s*,\s*[01])?(?:\s*,?\s*"[^"]*")?$/;

/**
 * Reads an outline: a blanking file (`count[,flag]`, then as many `longitude latitude` rows, repeated for every
 * ring), or rows alone. A row of NaN or a line of `>` begins a new ring, as in published basin files. Rings stay as
 * they are, closed or not; those of one or two points (they occur) are left out with a note.
 *
 * @throws FormatError with line: `empty_file`, `not_a_number`, `column_count`, `out_of_range`, `truncated`
 */
export function parseBasinOutline(text: string, options: { readonly file: string }): BasinOutline {
  const { file } = options;
  const rings: BasinRing[] = [];
  let points: [number, number][] = [];
  /** Rows the block has still to give; undefined without counts. */
  let left: number | undefined;
  const notes: string[] = [];
  const finish = (line: number) => {
    if (points.length >= 3) {
      rings.push({
        longitude: Float64Array.from(points, ([x]) => x),
        latitude: Float64Array.from(points, ([, y]) => y),
      });
    } else if (points.length > 0) {
      notes.push(
        `a ring of ${points.length} point${points.length > 1 ? 's' : ''} before line ${line + 1} is left out`,
      );
    }
    points = [];
  };
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '' || line[0] === '#') continue;
    const place = { file, line: i + 1 };
    const count = COUNT.exec(line);
    if (count && (left === undefined ? points.length === 0 && rings.length === 0 : left === 0)) {
      finish(i + 1);
      left = Number(count[1]);
      continue;
    }
    if (left === 0) throw new FormatError('column_count', 'more rows than the count says', place);
    if (left !== undefined) left--;
    if (line[0] === '>') {
      finish(i + 1);
      continue;
    }
    const words = line.split(/[\s,;]+/);
    if (words.length !== 2) {
      throw new FormatError(
        'column_count',
        `longitude and latitude expected: ${quoteForMessage(line)}`,
        place,
      );
    }
    if (words.every((word) => /^nan$/i.test(word))) {
      finish(i + 1);
      continue;
    }
    const [longitude, latitude] = words.map(parseDecimal);
    if (!(Number.isFinite(longitude) && Number.isFinite(latitude))) {
      throw new FormatError('not_a_number', `not two numbers: ${quoteForMessage(line)}`, place);
    }
    if (!(longitude >= -180 && longitude <= 360 && Math.abs(latitude) <= 90)) {
      throw new FormatError('out_of_range', `no longitude and latitude: ${quoteForMessage(line)}`, place);
    }
    points.push([longitude, latitude]);
  }
  if (left !== undefined && left > 0) {
    throw new FormatError('truncated', `${left} rows less than the count says`, { file, line: lines.length });
  }
  finish(lines.length);
  if (rings.length === 0) {
    const complaint = 'no ring of three points or more';
    throw new FormatError(notes.length > 0 ? 'out_of_range' : 'empty_file', complaint, { file });
  }
  const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  return { name, rings, notes };
}
