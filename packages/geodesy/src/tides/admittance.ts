import { type Doodson, formatDoodsonNumber, tideFrequency } from './tide-arguments.js';
import type { TideLine } from './tide-generating-potential.js';

/** A line whose tide is taken from main waves: factors of their coefficients. */
export interface AdmittanceLine {
  readonly doodson: Doodson;
  readonly shares: readonly { readonly wave: number; readonly factor: number }[];
}

/** A secondary line, with its pivot waves when they are prescribed (IERS Conventions 2010, table 6.7). */
export interface SecondaryLine {
  readonly doodson: Doodson;
  /** Equilibrium amplitude, m, signed. */
  readonly amplitude: number;
  readonly pivots?: readonly [Doodson, Doodson];
}

/**
 * Waves that are not used as pivots unless prescribed: driven by the Sun's radiation as well (Sa, S1, S2), of the nodal
 * cycle, or too near another pivot (P1), as in IERS Conventions 2010, table 6.7.
 */
const NO_PIVOTS = new Set(['055.565', '055.575', '056.554', '163.555', '164.556', '273.555']);

/**
 * Admittance of the lines of the tide-generating potential that a model does not hold: linear in frequency between
 * two main waves of the same band, on beyond the outermost; constant where a band has one main wave only.
 * Main waves themselves are not among the result.
 *
 * Source: IERS Conventions 2010, eq. 6.16.
 *
 * @param waves main waves of the model
 * @param lines tide-generating potential, where the amplitudes of the main waves are looked up too
 * @param secondary lines to be interpolated; default all of `lines`
 * @throws RangeError when a prescribed pivot is no main wave
 */
export function interpolateAdmittance(
  waves: readonly Doodson[],
  lines: readonly TideLine[],
  secondary: readonly SecondaryLine[] = lines,
): readonly AdmittanceLine[] {
  const amplitudes = new Map(lines.map((line) => [line.doodson.join(' '), line.amplitude]));
  const mains = waves.map((doodson, wave) => ({
    wave,
    doodson,
    frequency: tideFrequency(doodson),
    amplitude: amplitudes.get(doodson.join(' ')) ?? 0,
  }));
  const known = new Set(waves.map((doodson) => doodson.join(' ')));
  const main = (doodson: Doodson, of: Doodson) => {
    const found = mains.find((m) => m.doodson.join(' ') === doodson.join(' '));
    if (!found || found.amplitude === 0) {
      throw new RangeError(
        `admittance of ${formatDoodsonNumber(of)}: pivot ${formatDoodsonNumber(doodson)} is no main wave with an amplitude`,
      );
    }
    return found;
  };
  const candidates = mains
    .filter((m) => m.amplitude !== 0 && m.frequency > 0 && !NO_PIVOTS.has(formatDoodsonNumber(m.doodson)))
    .sort((a, b) => a.frequency - b.frequency);
  const out: AdmittanceLine[] = [];
  for (const { doodson, amplitude, pivots } of secondary) {
    if (known.has(doodson.join(' ')) || doodson.every((n) => n === 0)) continue;
    const frequency = tideFrequency(doodson);
    let pair: readonly (typeof mains)[number][];
    if (pivots) {
      pair = pivots.map((pivot) => main(pivot, doodson));
    } else {
      const band = candidates.filter((m) => m.doodson[0] === doodson[0]);
      const above = band.findIndex((m) => m.frequency >= frequency);
      const upper = Math.max(1, above < 0 ? band.length - 1 : above);
      pair = band.length < 2 ? band : [band[upper - 1], band[upper]];
    }
    if (pair.length === 0) continue;
    if (pair.length === 1) {
      out.push({ doodson, shares: [{ wave: pair[0].wave, factor: amplitude / pair[0].amplitude }] });
      continue;
    }
    const [a, b] = pair;
    const u = (frequency - a.frequency) / (b.frequency - a.frequency);
    out.push({
      doodson,
      shares: [
        { wave: a.wave, factor: ((1 - u) * amplitude) / a.amplitude },
        { wave: b.wave, factor: (u * amplitude) / b.amplitude },
      ],
    });
  }
  return out;
}
