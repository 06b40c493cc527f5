/** Multipliers of τ, s, h, p, N′, p_s (mean lunar time, Moon, Sun, lunar perigee, −node, solar perigee). */
export type DoodsonMultipliers = readonly [number, number, number, number, number, number];

/**
 * Multipliers of a Doodson number such as 255.555 or 56.554: the first digit as it is, the others less five.
 *
 * @returns undefined when the text is no Doodson number
 */
export function parseDoodson(text: string): DoodsonMultipliers | undefined {
  const match = /^(\d{1,3})\.(\d{3})$/.exec(text);
  if (!match) return undefined;
  const digits = `${match[1].padStart(3, '0')}${match[2]}`;
  const [a, b, c, d, e, f] = Array.from(digits, (digit, i) => Number(digit) - (i === 0 ? 0 : 5));
  return [a, b, c, d, e, f];
}

/** Doodson number with six digits, e.g. 056.554; undefined when a multiplier does not fit a digit. */
export function formatDoodson(multipliers: DoodsonMultipliers): string | undefined {
  const digits = multipliers.map((value, i) => value + (i === 0 ? 0 : 5));
  if (!digits.every((digit) => Number.isInteger(digit) && digit >= 0 && digit <= 9)) return undefined;
  return `${digits.slice(0, 3).join('')}.${digits.slice(3).join('')}`;
}
