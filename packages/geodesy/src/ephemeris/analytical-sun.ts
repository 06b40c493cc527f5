import { parseTable } from '../frames/parse-table.js';
import { ASTRONOMICAL_UNIT } from './constants.js';
import { EARTH_DISTANCE, EARTH_LATITUDE, EARTH_LONGITUDE } from './tables/sun.js';

const COLUMNS = 4;
const MILLENNIUM_SECONDS = 365250 * 86400;
/** Dynamical ecliptic J2000 of VSOP87 to the equator of FK5 (Bretagnon & Francou 1988, section 3). */
const TO_EQUATOR = [
  1, 4.4036e-7, -1.90919e-7, -4.79966e-7, 0.917482137087, -0.397776982902, 0, 0.397776982902, 0.917482137087,
];

let tables: readonly Float64Array[] | undefined;
const scratch = new Float64Array(2);

/**
 * Geocentric position (m) and velocity (m/s) of the Sun on the axes of the ICRF: VSOP87 (Bretagnon & Francou 1988) cut
 * to 5e-8. FK5 and ICRF differ by 0.02″, which is left.
 *
 * @param t Julian centuries TDB since J2000.0
 */
export function sunPosition(t: number, position: Float64Array, velocity?: Float64Array): void {
  tables ??= [EARTH_LONGITUDE, EARTH_LATITUDE, EARTH_DISTANCE].map((text) => parseTable(text, COLUMNS));
  const tau = t / 10;
  const [longitude, longitudeRate] = series(tables[0], tau);
  const [latitude, latitudeRate] = series(tables[1], tau);
  const [distance, distanceRate] = series(tables[2], tau);
  const [sinL, cosL] = [Math.sin(longitude), Math.cos(longitude)];
  const [sinB, cosB] = [Math.sin(latitude), Math.cos(latitude)];
  // The Sun from the Earth is the Earth from the Sun with the sign turned.
  const r = -distance * ASTRONOMICAL_UNIT;
  rotate(r * cosL * cosB, r * sinL * cosB, r * sinB, position);
  if (!velocity) return;
  const dr = (-distanceRate * ASTRONOMICAL_UNIT) / MILLENNIUM_SECONDS;
  const dl = (r * longitudeRate) / MILLENNIUM_SECONDS;
  const db = (r * latitudeRate) / MILLENNIUM_SECONDS;
  rotate(
    dr * cosL * cosB - dl * sinL * cosB - db * cosL * sinB,
    dr * sinL * cosB + dl * cosL * cosB - db * sinL * sinB,
    dr * sinB + db * cosB,
    velocity,
  );
}

function rotate(x: number, y: number, z: number, out: Float64Array): void {
  const m = TO_EQUATOR;
  out[0] = m[0] * x + m[1] * y + m[2] * z;
  out[1] = m[3] * x + m[4] * y + m[5] * z;
  out[2] = m[6] * x + m[7] * y + m[8] * z;
}

/** Sum of the terms and its derivative per millennium. */
function series(table: Float64Array, tau: number): Float64Array {
  let sum = 0;
  let rate = 0;
  for (let i = table.length - COLUMNS; i >= 0; i -= COLUMNS) {
    const n = table[i];
    const power = tau ** n;
    const phase = table[i + 2] + table[i + 3] * tau;
    const cos = table[i + 1] * Math.cos(phase);
    sum += power * cos;
    rate -= power * table[i + 3] * table[i + 1] * Math.sin(phase);
    if (n > 0) rate += n * tau ** (n - 1) * cos;
  }
  scratch[0] = sum;
  scratch[1] = rate;
  return scratch;
}
