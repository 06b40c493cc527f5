import { ARCSECOND, fundamentalArguments, planetaryArguments } from './fundamental-arguments.js';
import { parseTable } from './parse-table.js';
import { LUNI_SOLAR, PLANETARY } from './tables/nutation-2000a.js';

export interface Nutation {
  /** Δψ, rad. */
  readonly longitude: number;
  /** Δε, rad. */
  readonly obliquity: number;
}

const UNIT = ARCSECOND * 1e-7;

/**
 * Nutation IAU 2000A (678 luni-solar and 687 planetary terms, without free core nutation).
 *
 * @param t Julian centuries TT since J2000.0
 * @see IERS Conventions 2010, section 5.5.1; Mathews, Herring & Buffett 2002
 */
export function nutation2000A(t: number): Nutation {
  const lunar = fundamentalArguments(t);
  const luniSolar = sumLuniSolar(t, [
    lunar.moonAnomaly,
    // The luni-solar series was fitted with l' and D rounded to 10 µas: rounding kept, as in the published code.
    lunar.sunAnomaly + 2e-6 * ARCSECOND,
    lunar.moonLatitudeArgument,
    lunar.elongation - 2e-6 * ARCSECOND,
    lunar.node,
  ]);
  const planets = planetaryArguments(t);
  // The planetary series was fitted with linear lunar arguments and a Neptune of its own (MHB2000).
  const planetary = sumPlanetary([
    2.35555598 + 8328.6914269554 * t,
    1.627905234 + 8433.466158131 * t,
    5.198466741 + 7771.3771468121 * t,
    2.1824392 - 33.757045 * t,
    ...planets.slice(0, 7),
    5.321159 + 3.8127774 * t,
    planets[8],
  ]);
  return {
    longitude: (luniSolar.longitude + planetary.longitude) * UNIT,
    obliquity: (luniSolar.obliquity + planetary.obliquity) * UNIT,
  };
}

/**
 * Nutation IAU 2000A_R06: IAU 2000A adjusted to the IAU 2006 obliquity and the secular change of J2.
 *
 * @param t Julian centuries TT since J2000.0
 * @see Wallace & Capitaine 2006, eq. 5
 */
export function nutation2000AR06(t: number): Nutation {
  const { longitude, obliquity } = nutation2000A(t);
  const j2Rate = -2.7774e-6 * t;
  return { longitude: longitude * (1 + 0.4697e-6 + j2Rate), obliquity: obliquity * (1 + j2Rate) };
}

function sumLuniSolar(t: number, args: readonly number[]): Nutation {
  luniSolarTable ??= parseTable(LUNI_SOLAR, 11);
  const table = luniSolarTable;
  let longitude = 0;
  let obliquity = 0;
  // From the smallest terms to the largest, so that little is lost to rounding.
  for (let i = table.length - 11; i >= 0; i -= 11) {
    let argument = 0;
    for (let j = 0; j < 5; j++) argument += table[i + j] * args[j];
    const sin = Math.sin(argument);
    const cos = Math.cos(argument);
    longitude += (table[i + 5] + table[i + 6] * t) * sin + table[i + 7] * cos;
    obliquity += (table[i + 8] + table[i + 9] * t) * cos + table[i + 10] * sin;
  }
  return { longitude, obliquity };
}

function sumPlanetary(args: readonly number[]): Nutation {
  planetaryTable ??= parseTable(PLANETARY, 17);
  const table = planetaryTable;
  let longitude = 0;
  let obliquity = 0;
  for (let i = table.length - 17; i >= 0; i -= 17) {
    let argument = 0;
    for (let j = 0; j < 13; j++) argument += table[i + j] * args[j];
    const sin = Math.sin(argument);
    const cos = Math.cos(argument);
    longitude += table[i + 13] * sin + table[i + 14] * cos;
    obliquity += table[i + 15] * sin + table[i + 16] * cos;
  }
  return { longitude, obliquity };
}

let luniSolarTable: Float64Array | undefined;
let planetaryTable: Float64Array | undefined;
