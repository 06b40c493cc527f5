import { type OceanPoleTideCoefficients, triangleIndex, triangleSize } from '@gravity/geodesy';
import { uncompressed } from '../archive/open.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';

/** Highest degree of the published table. */
const PUBLISHED_DEGREE = 360;
const NAMES = ['n', 'm', 'Anm(Real)', 'Bnm(Real)', 'Anm(Imaginary)', 'Bnm(Imaginary)'];

/**
 * Reads the coefficients of the self-consistent equilibrium ocean pole tide (Desai 2002), `desaiscopolecoef.txt` of
 * the IERS Conventions 2010, section 6.5, plain or gzipped: a line of column names, then
 * `n m Anm(Real) Bnm(Real) Anm(Imaginary) Bnm(Imaginary)` from degree 1 on.
 *
 * @throws FormatError with line: `empty_file`, `unknown_format` (other columns), `column_count`, `not_a_number`,
 *   `out_of_range`, `duplicate`; `truncated` when a coefficient up to the highest degree of the file is missing
 */
export async function readOceanPoleTide(
  source: ByteSource,
  options: { readonly file: string; readonly maxDegree?: number },
): Promise<OceanPoleTideCoefficients> {
  const { file } = options;
  const keep = Math.min(options.maxDegree ?? PUBLISHED_DEGREE, PUBLISHED_DEGREE);
  const size = triangleSize(keep);
  const columns = [0, 1, 2, 3].map(() => new Float64Array(size));
  const seen = new Uint8Array(size);
  const buffer = new LineBuffer(uncompressed(source, { file }), file);
  let highest = 0;
  let named = false;
  try {
    let line: string | undefined;
    while ((line = await buffer.nextLine()) !== undefined) {
      const place = { file, line: buffer.line - 1 };
      const text = line.trim();
      if (text === '') continue;
      if (!named) {
        // the order of real and imaginary parts is only in the names: without them nothing is taken for granted
        if (text.replace(/\s+/g, '').toLowerCase() === NAMES.join('').toLowerCase()) named = true;
        else if (/^\d/.test(text) || buffer.line > 100) {
          throw new FormatError('unknown_format', `columns ${NAMES.join(' ')} expected`, place);
        }
        continue;
      }
      const words = text.split(/\s+/);
      if (words.length !== NAMES.length) {
        throw new FormatError('column_count', `${words.length} columns, ${NAMES.length} expected`, place);
      }
      const values = words.map(parseDecimal);
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        const complaint = `not a number: ${quoteForMessage(words[bad])}`;
        throw new FormatError('not_a_number', complaint, { ...place, column: bad + 1, field: NAMES[bad] });
      }
      const [n, m] = values;
      if (!(Number.isInteger(n) && Number.isInteger(m) && m >= 0 && m <= n && n <= PUBLISHED_DEGREE)) {
        throw new FormatError('out_of_range', `no degree and order: ${words[0]} ${words[1]}`, place);
      }
      if (n > keep) continue;
      const i = triangleIndex(n, m);
      if (seen[i] === 1) throw new FormatError('duplicate', `(${n},${m}) comes twice`, place);
      seen[i] = 1;
      columns.forEach((column, k) => {
        column[i] = values[k + 2];
      });
      highest = Math.max(highest, n);
    }
    if (buffer.line === 1) throw new FormatError('empty_file', 'the file is empty', { file });
    for (let n = 1, i = 1; n <= highest; n++) {
      for (let m = 0; m <= n; m++, i++) {
        if (seen[i] === 0)
          throw new FormatError('truncated', `(${n},${m}) is missing`, { file, line: buffer.line });
      }
    }
  } finally {
    await buffer.close();
  }
  if (highest === 0)
    throw new FormatError('unknown_format', 'no coefficient of the ocean pole tide', { file });
  const [aReal, bReal, aImaginary, bImaginary] = columns.map((column) =>
    column.slice(0, triangleSize(highest)),
  );
  return { maxDegree: highest, aReal, bReal, aImaginary, bImaginary };
}
