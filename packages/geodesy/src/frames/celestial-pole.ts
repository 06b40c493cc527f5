import { ARCSECOND, fundamentalArguments, planetaryArguments } from './fundamental-arguments.js';
import { nutation2000AR06 } from './nutation.js';
import { parseTable } from './parse-table.js';
import { precessionAngles2006 } from './precession.js';
import { CIO_LOCATOR } from './tables/cio-locator.js';

/** Celestial intermediate pole (unit vector components in the GCRS) and origin locator s, rad. */
export interface CelestialPole {
  readonly x: number;
  readonly y: number;
  readonly s: number;
}

/**
 * X, Y and s of the IAU 2006 precession and IAU 2000A nutation, straight from the series (about 0.1 ms).
 *
 * @param t Julian centuries TT since J2000.0
 * @see IERS Conventions 2010, sections 5.4.4 and 5.5.4
 */
export function celestialPole2006(t: number): CelestialPole {
  const { gamma, phi, psi, obliquity } = precessionAngles2006(t);
  const nutation = nutation2000AR06(t);
  const { x, y } = poleOfAngles(gamma, phi, psi + nutation.longitude, obliquity + nutation.obliquity);
  return { x, y, s: cioLocator2006(t, x, y) };
}

/** Third row (X, Y) of R1(−ε)·R3(−ψ)·R1(φ)·R3(γ): the pole in the celestial frame. */
function poleOfAngles(gamma: number, phi: number, psi: number, epsilon: number): { x: number; y: number } {
  // R1(−ε): row 3 = (0, −sin ε·…): the pole of date in the ecliptic frame turned by ψ, tilted by φ, turned by γ.
  const [sinE, cosE] = [Math.sin(epsilon), Math.cos(epsilon)];
  const [sinPhi, cosPhi] = [Math.sin(phi), Math.cos(phi)];
  const u = sinE * Math.sin(psi);
  const v = sinE * cosPhi * Math.cos(psi) - cosE * sinPhi;
  return {
    x: u * Math.cos(gamma) - v * Math.sin(gamma),
    y: u * Math.sin(gamma) + v * Math.cos(gamma),
  };
}

/**
 * CIO locator s for a given pole.
 *
 * @param t Julian centuries TT since J2000.0
 * @see IERS Conventions 2010, table 5.2d
 */
export function cioLocator2006(t: number, x: number, y: number): number {
  cioTable ??= parseTable(CIO_LOCATOR, 11);
  const table = cioTable;
  const lunar = fundamentalArguments(t);
  const planets = planetaryArguments(t);
  const args = [
    lunar.moonAnomaly,
    lunar.sunAnomaly,
    lunar.moonLatitudeArgument,
    lunar.elongation,
    lunar.node,
    planets[1],
    planets[2],
    planets[8],
  ];
  const powers = [94.0, 3808.65, -122.68, -72574.11, 27.98, 15.62];
  for (let i = table.length - 11; i >= 0; i -= 11) {
    let argument = 0;
    for (let j = 0; j < 8; j++) argument += table[i + 1 + j] * args[j];
    powers[table[i]] += table[i + 9] * Math.sin(argument) + table[i + 10] * Math.cos(argument);
  }
  return powers.reduceRight((sum, c) => sum * t + c, 0) * 1e-6 * ARCSECOND - (x * y) / 2;
}

let cioTable: Float64Array | undefined;
