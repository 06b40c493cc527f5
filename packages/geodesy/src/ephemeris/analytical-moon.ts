import { ARCSECOND } from '../frames/fundamental-arguments.js';
import { parseTable } from '../frames/parse-table.js';
import { MOON_DISTANCE, MOON_LATITUDE, MOON_LONGITUDE } from './tables/moon.js';

const COLUMNS = 5;
/** Mean longitude of the Moon, powers of T, rad (constants fitted to DE405). */
const MEAN_LONGITUDE = [3.8103440908308803, 8399.68473007193, -3.318952042550094e-5, 3.11024944906e-8];
/** Motion of the ecliptic: P and Q of Laskar (1986), powers of T. */
const P = [0, 0.10180391e-4, 0.47020439e-6, -0.5417367e-9, -0.2507948e-11, 0.463486e-14];
const Q = [0, -0.113469002e-3, 0.12372674e-6, 0.1265417e-8, -0.1371808e-11, -0.320334e-14];
/** Inclination of the ecliptic and its equinox on the equator of the ICRF (Chapront et al. 2002, DE405). */
const OBLIQUITY = 84381.4096 * ARCSECOND;
const EQUINOX = -0.05028 * ARCSECOND;

interface Tables {
  readonly longitude: Float64Array;
  readonly latitude: Float64Array;
  readonly distance: Float64Array;
}
let tables: Tables | undefined;

/**
 * Geocentric position of the Moon on the axes of the ICRF, m: ELP/MPP02 (Chapront & Francou 2003) cut to 0.01″.
 *
 * @param t Julian centuries TDB since J2000.0
 */
export function moonPosition(t: number, out: Float64Array): void {
  tables ??= {
    longitude: parseTable(MOON_LONGITUDE, COLUMNS),
    latitude: parseTable(MOON_LATITUDE, COLUMNS),
    distance: parseTable(MOON_DISTANCE, COLUMNS),
  };
  const longitude = horner(MEAN_LONGITUDE, t) + series(tables.longitude, t) * ARCSECOND;
  const latitude = series(tables.latitude, t) * ARCSECOND;
  const r = series(tables.distance, t) * 1e3;
  const x = r * Math.cos(longitude) * Math.cos(latitude);
  const y = r * Math.sin(longitude) * Math.cos(latitude);
  const z = r * Math.sin(latitude);
  // Ecliptic of date to that of J2000.
  const p = horner(P, t);
  const q = horner(Q, t);
  const w = 2 * Math.sqrt(1 - p * p - q * q);
  const ex = (1 - 2 * p * p) * x + 2 * p * q * y + p * w * z;
  const ey = 2 * p * q * x + (1 - 2 * q * q) * y - q * w * z;
  const ez = -p * w * x + q * w * y + (1 - 2 * p * p - 2 * q * q) * z;
  // To the equator of the ICRF.
  const [cosE, sinE] = [Math.cos(OBLIQUITY), Math.sin(OBLIQUITY)];
  const [cosF, sinF] = [Math.cos(EQUINOX), Math.sin(EQUINOX)];
  const ay = cosE * ey - sinE * ez;
  out[0] = cosF * ex - sinF * ay;
  out[1] = sinF * ex + cosF * ay;
  out[2] = sinE * ey + cosE * ez;
}

function series(table: Float64Array, t: number): number {
  let sum = 0;
  // Small terms first.
  for (let i = table.length - COLUMNS; i >= 0; i -= COLUMNS) {
    const power = table[i];
    let amplitude = table[i + 1];
    for (let k = 0; k < power; k++) amplitude *= t;
    sum += amplitude * Math.sin(table[i + 2] + t * (table[i + 3] + t * table[i + 4]));
  }
  return sum;
}

function horner(powers: readonly number[], t: number): number {
  let sum = 0;
  for (let i = powers.length - 1; i >= 0; i--) sum = sum * t + powers[i];
  return sum;
}
