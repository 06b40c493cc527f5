import { triangleIndex, triangleSize } from '@gravity/geodesy';
import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { formatDoodson, parseDoodson } from './doodson.js';
import type { OceanTideModel, OceanTideWave } from './types.js';

export interface OceanTideOptions {
  readonly file: string;
  /** Records of higher degree or order are read over. */
  readonly maxDegree?: number;
  /** Factor of the numbers (1e-11, or metres per unit), for files whose header does not tell. */
  readonly unit?: number;
}

interface Row {
  readonly n: number;
  readonly m: number;
  readonly values: readonly number[];
}

interface WaveRows {
  readonly name: string;
  readonly rows: Row[];
  readonly seen: Set<number>;
}

/**
 * Reads ocean tide coefficients in Doodson form: `Doodson Darw l m DelC+ DelS+ DelC- DelS-` (Stokes coefficients,
 * 8 columns) or `Doodson Darw n m Csin+ Ccos+ Csin- Ccos- [C+ eps+ C- eps-]` (heights, 8 or 12 columns).
 *
 * Everything before the first record is header: which layout it is comes from the line of column names, the unit
 * from "unit = 10^-11" or "in cm". Waves may come in any order; pieces of one wave are joined by Doodson number.
 *
 * @throws FormatError `not_a_number`, `column_count`, `out_of_range`, `duplicate` with line; `missing_field` when
 *   neither header nor options give layout and unit
 */
export async function readOceanTides(source: ByteSource, options: OceanTideOptions): Promise<OceanTideModel> {
  const { file, maxDegree = 2200 } = options;
  const buffer = new LineBuffer(source, file);
  const header: string[] = [];
  const waves = new Map<string, WaveRows>();
  try {
    let line: string | undefined;
    while ((line = await buffer.nextLine()) !== undefined) {
      const place = { file, line: buffer.line - 1 };
      const words = line.trim().split(/\s+/);
      const multipliers = parseDoodson(words[0]);
      if (!multipliers) {
        if (waves.size === 0) {
          if (header.length > 1000) break;
          header.push(line.trim());
        } else if (words[0] !== '' && words[0][0] !== '#') {
          const text = `no Doodson number: ${quoteForMessage(words[0])}`;
          throw new FormatError('unknown_value', text, { ...place, field: 'Doodson' });
        }
        continue;
      }
      // the name of a wave may be missing
      const named = words.length === 8 || words.length === 12;
      const at = named ? 2 : 1;
      if (!named && words.length !== 7 && words.length !== 11) {
        throw new FormatError('column_count', `${words.length} columns, 8 or 12 expected`, place);
      }
      const row = parseRow(words.slice(at), place);
      const doodson = formatDoodson(multipliers) ?? words[0];
      let wave = waves.get(doodson);
      if (!wave) {
        wave = { name: named ? words[1] : '', rows: [], seen: new Set() };
        waves.set(doodson, wave);
      }
      const key = triangleIndex(row.n, row.m);
      if (wave.seen.has(key)) {
        throw new FormatError('duplicate', `(${row.n},${row.m}) of ${doodson} comes twice`, place);
      }
      wave.seen.add(key);
      if (row.n <= maxDegree) wave.rows.push(row);
    }
    if (buffer.line === 1) throw new FormatError('empty_file', 'the file is empty', { file });
  } finally {
    await buffer.close();
  }
  if (waves.size === 0) throw new FormatError('unknown_format', 'no record of an ocean tide', { file });
  const { quantity, unit } = describe(header, options);
  const built = [...waves].map(([doodson, wave]) => buildWave(doodson, wave, unit));
  return {
    title: header.filter((text) => text !== '').join('\n'),
    quantity,
    unit,
    maxDegree: Math.max(...built.map((wave) => wave.maxDegree)),
    waves: built,
  };
}

function parseRow(words: readonly string[], place: { readonly file: string; readonly line: number }): Row {
  const names = ['degree', 'order', 'C+', 'S+', 'C-', 'S-', 'amplitude+', 'phase+', 'amplitude-', 'phase-'];
  const values = words.map((word, i) => {
    const value = parseDecimal(word);
    if (Number.isFinite(value)) return value;
    const text = `not a number: ${quoteForMessage(word)}`;
    throw new FormatError('not_a_number', text, { ...place, field: names[i] });
  });
  const [n, m] = values;
  if (!(Number.isInteger(n) && Number.isInteger(m) && m >= 0 && m <= n && n <= 2200)) {
    throw new FormatError('out_of_range', `no degree and order: ${words[0]} ${words[1]}`, {
      ...place,
      field: 'degree, order',
    });
  }
  return { n, m, values: values.slice(2, 6) };
}

function describe(header: readonly string[], options: OceanTideOptions) {
  const { file } = options;
  const text = header.join('\n');
  const quantity = /Del[CS][+-]/i.test(text) ? 'stokes' : /C(sin|cos)[+-]/i.test(text) ? 'height' : undefined;
  if (!quantity) {
    throw new FormatError(
      'missing_field',
      'no line of column names (DelC+ … or Csin+ …) before the records',
      {
        file,
        field: 'column names',
      },
    );
  }
  const power = /unit\s*=?\s*10\s*\^\s*\(?([+-]?\d+)/i.exec(text);
  const length = /\bin (mm|cm|m)\b/i.exec(text);
  const unit =
    options.unit ??
    (quantity === 'stokes'
      ? power && Number(`1e${Number(power[1])}`)
      : length && { mm: 0.001, cm: 0.01, m: 1 }[length[1].toLowerCase()]);
  if (!unit) throw new FormatError('missing_field', 'the header gives no unit', { file, field: 'unit' });
  return { quantity, unit } as const;
}

function buildWave(doodson: string, wave: WaveRows, unit: number): OceanTideWave {
  const maxDegree = wave.rows.reduce((max, row) => Math.max(max, row.n), 0);
  const arrays = [0, 1, 2, 3].map(() => new Float64Array(triangleSize(maxDegree)));
  for (const { n, m, values } of wave.rows) {
    values.forEach((value, k) => {
      // + 0 turns the −0.00000 of the files into 0
      arrays[k][triangleIndex(n, m)] = value * unit + 0;
    });
  }
  const [cPlus, sPlus, cMinus, sMinus] = arrays;
  const multipliers = parseDoodson(doodson);
  if (!multipliers) throw new RangeError(`no Doodson number: ${doodson}`);
  return { name: wave.name, doodson, multipliers, maxDegree, cPlus, sPlus, cMinus, sMinus };
}
