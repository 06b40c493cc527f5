import { canonicalSatellite, satelliteNames } from '../missions.js';

/** Satellites whose Level-1B files are read, by the letter in the file name. */
const BY_LETTER: Readonly<Record<string, string>> = {
  A: 'GRACE-A',
  B: 'GRACE-B',
  C: 'GRACE-C',
  D: 'GRACE-D',
};

/** GRACE-C of the letter C; undefined for letters that stand for no satellite. */
export function satelliteOfLetter(letter: string): string | undefined {
  return Object.hasOwn(BY_LETTER, letter) ? BY_LETTER[letter] : undefined;
}

/** The letter of a GRACE satellite in file names, undefined for other satellites. */
export function letterOfSatellite(satellite: string): string | undefined {
  return Object.keys(BY_LETTER).find((letter) => BY_LETTER[letter] === satellite);
}

/**
 * Canonical satellite names of what people write: a name or alias of the registry, the letter of file names, or a
 * pair such as `GRACE-C/GRACE-D`.
 *
 * @throws RangeError for a satellite that is not known
 */
export function parseSatelliteNames(text: string): readonly string[] {
  if (text.includes('/')) return text.split('/').flatMap(parseSatelliteNames);
  const name = text
    .trim()
    .toUpperCase()
    .replace(/[\s_]+/g, '-');
  const known = satelliteOfLetter(name) ?? canonicalSatellite(name);
  if (known !== undefined) return [known];
  const quoted = JSON.stringify(text.slice(0, 40));
  throw new RangeError(`unknown satellite ${quoted}; known: ${satelliteNames().join(', ')}`);
}

/** Canonical names of a list, each once, in alphabetical order. @throws RangeError as parseSatelliteNames */
export function normalizeSatellites(names: readonly string[]): string[] {
  return [...new Set(names.flatMap(parseSatelliteNames))].sort();
}

/** `GRACE-C/GRACE-D`: the name of a pair, independent of the order given. */
export function pairName(satellites: readonly [string, string]): string {
  return [...satellites].sort().join('/');
}

/** Satellites of a name that may be a pair. */
export function satellitesOf(name: string): readonly string[] {
  return name.split('/');
}
