import { parseTable } from '../frames/parse-table.js';
import { TIDE_GENERATING_POTENTIAL } from './tables/tide-generating-potential.js';
import { type Doodson, tideFrequency } from './tide-arguments.js';

/** One line of the tide-generating potential of degree 2. */
export interface TideLine {
  readonly doodson: Doodson;
  /** Amplitude H_f of the equilibrium tide, m, signed as in the IERS Conventions. */
  readonly amplitude: number;
  /** rad per day */
  readonly frequency: number;
}

let lines: readonly TideLine[] | undefined;

/** The lines of the tide-generating potential of degree 2 down to 0.05 mm; the constant one is among them. */
export function tideGeneratingPotential(): readonly TideLine[] {
  if (!lines) {
    const table = parseTable(TIDE_GENERATING_POTENTIAL, 7);
    lines = Array.from({ length: table.length / 7 }, (_, i) => {
      const row = table.subarray(7 * i, 7 * i + 7);
      const doodson: Doodson = [row[0], row[1], row[2], row[3], row[4], row[5]];
      return { doodson, amplitude: row[6], frequency: tideFrequency(doodson) };
    });
  }
  return lines;
}
