import { FormatError, quoteForMessage } from '../errors.js';
import { type DoodsonMultipliers, formatDoodson, parseDoodson } from './doodson.js';
import type { TideAmplitude } from './types.js';

/**
 * Reads a table of astronomical amplitudes with pivot waves, laid out as IERS Conventions 2010, table 6.7:
 * `[Darwin's symbol] Doodson H_f [pivot 1 pivot 2]`, H_f in metres. Waves without H_f are left
 * out; other lines are header or comment.
 *
 * @throws FormatError `unknown_format` (no row), `not_a_number`, `column_count`, `duplicate` with line
 */
export function parseTideAmplitudes(text: string, options: { readonly file: string }): TideAmplitude[] {
  const { file } = options;
  const rows: TideAmplitude[] = [];
  const seen = new Set<string>();
  text.split(/\r?\n/).forEach((line, i) => {
    const words = line.trim().split(/\s+/);
    const at = words.findIndex((word) => parseDoodson(word));
    // M₄, a tide of shallow water, stands in the table without an amplitude
    if (at < 0 || at > 1 || words.length === at + 1) return;
    const place = { file, line: i + 1 };
    const rest = words.slice(at + 1);
    if (rest.length !== 1 && rest.length !== 3) {
      throw new FormatError('column_count', 'an amplitude and no or two pivot waves expected', place);
    }
    const amplitudeMeters = /^[+-]?\d*\.?\d+$/.test(rest[0]) ? Number(rest[0]) : Number.NaN;
    if (!Number.isFinite(amplitudeMeters)) {
      throw new FormatError('not_a_number', `not a number: ${quoteForMessage(rest[0])}`, {
        ...place,
        field: 'Hf',
      });
    }
    const multipliers = parseDoodson(words[at]) as DoodsonMultipliers;
    const doodson = formatDoodson(multipliers) ?? words[at];
    if (seen.has(doodson)) throw new FormatError('duplicate', `${doodson} comes twice`, place);
    seen.add(doodson);
    const pivots = rest.slice(1).map((word) => {
      const pivot = parseDoodson(word);
      if (pivot) return pivot;
      const complaint = `no Doodson number: ${quoteForMessage(word)}`;
      throw new FormatError('unknown_value', complaint, { ...place, field: 'pivot wave' });
    });
    rows.push({
      name: at === 1 ? words[0] : '',
      doodson,
      multipliers,
      amplitudeMeters,
      ...(pivots.length === 2 && { pivots: [pivots[0], pivots[1]] as const }),
    });
  });
  if (rows.length === 0) throw new FormatError('unknown_format', 'no row of a table of amplitudes', { file });
  return rows;
}
