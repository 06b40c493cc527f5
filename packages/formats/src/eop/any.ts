import type { EopTable } from '@gravity/geodesy';
import { parseEopC04 } from './c04.js';
import { looksLikeFinals, parseFinals2000A } from './finals.js';

/**
 * Reads Earth orientation parameters of any layout known here: C04 (08, 14, 20, CSV) or finals2000A (Bulletin A,
 * days without celestial pole offsets left out), told apart by the first row.
 *
 * @throws FormatError as `parseEopC04` and `parseFinals2000A`
 */
export function parseEop(text: string, options: { readonly file: string }): EopTable {
  return looksLikeFinals(text) ? parseFinals2000A(text, options).table : parseEopC04(text, options);
}
