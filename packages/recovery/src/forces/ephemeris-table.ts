import {
  type CelestialBody,
  type Ephemeris,
  emptySunMoon,
  type Planet,
  type SunMoon,
} from '@gravity/geodesy';
import type { EphemerisTable } from './force-model.js';

const PIECE_SECONDS = 86_400;
/** Half a day is 0.12 rad of the Moon's motion: the series ends below rounding. */
const DEGREE = 11;

/**
 * Samples an ephemeris over an interval into Chebyshev series of a day each, plain data for a `ForceModel`.
 * Velocities of the table are derivatives of its positions.
 *
 * @param startGpsSeconds whole GPS seconds
 * @param planets beside Sun and Moon; default none
 * @throws RangeError for an empty interval or a span or planet the ephemeris does not have
 */
export function tabulateEphemeris(
  ephemeris: Ephemeris,
  startGpsSeconds: number,
  endGpsSeconds: number,
  planets: readonly Planet[] = [],
): EphemerisTable {
  if (!Number.isInteger(startGpsSeconds) || !(endGpsSeconds > startGpsSeconds)) {
    throw new RangeError(`ephemeris table: no interval from ${startGpsSeconds} to ${endGpsSeconds}`);
  }
  for (const planet of planets) {
    if (!ephemeris.planet || !ephemeris.planets?.includes(planet)) {
      throw new RangeError(`ephemeris ${ephemeris.source} does not give ${planet}`);
    }
  }
  // Pieces end with the interval: nothing outside of it is asked for.
  const pieceCount = Math.max(1, Math.ceil((endGpsSeconds - startGpsSeconds) / PIECE_SECONDS));
  const pieceSeconds = (endGpsSeconds - startGpsSeconds) / pieceCount;
  const n = DEGREE + 1;
  const names: CelestialBody[] = ['sun', 'moon', ...planets];
  const bodies = names.map((body) => ({ body, coefficients: new Float64Array(3 * n * pieceCount) }));
  const sunMoon = emptySunMoon();
  const position = new Float64Array(3);
  const samples = names.map(() => new Float64Array(3 * n));
  for (let piece = 0; piece < pieceCount; piece++) {
    for (let k = 0; k < n; k++) {
      const x = Math.cos((Math.PI * (k + 0.5)) / n);
      const t = (piece + 0.5 * (1 + x)) * pieceSeconds;
      const whole = Math.floor(t);
      ephemeris.sunMoon(startGpsSeconds + whole, t - whole, sunMoon);
      samples[0].set(sunMoon.sun, 3 * k);
      samples[1].set(sunMoon.moon, 3 * k);
      planets.forEach((planet, i) => {
        ephemeris.planet?.(planet, startGpsSeconds + whole, t - whole, position);
        samples[2 + i].set(position, 3 * k);
      });
    }
    bodies.forEach(({ coefficients }, b) => {
      for (let c = 0; c < 3; c++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += samples[b][3 * k + c] * Math.cos((Math.PI * j * (k + 0.5)) / n);
          coefficients[n * (3 * piece + c) + j] = ((j === 0 ? 1 : 2) / n) * sum;
        }
      }
    });
  }
  return {
    source: ephemeris.source,
    startGpsSeconds,
    pieceSeconds,
    pieceCount,
    degree: DEGREE,
    bodies,
  };
}

/** The ephemeris a table stands for. */
export function ephemerisOfTable(table: EphemerisTable): Ephemeris {
  const { pieceSeconds, pieceCount, degree, startGpsSeconds } = table;
  const n = degree + 1;
  const series = new Map(table.bodies.map(({ body, coefficients }) => [body, coefficients]));
  const evaluate = (
    body: CelestialBody,
    gpsSeconds: number,
    offset: number,
    out: Float64Array,
    rate?: Float64Array,
  ) => {
    const coefficients = series.get(body);
    if (!coefficients) throw new RangeError(`ephemeris ${table.source} does not give ${body}`);
    const t = gpsSeconds - startGpsSeconds + offset;
    const place = t / pieceSeconds;
    if (!(place > -1e-9 && place < pieceCount + 1e-9)) {
      throw new RangeError(
        `ephemeris ${table.source}: ${t} s after its start is outside of its ${pieceCount * pieceSeconds} s`,
      );
    }
    const piece = Math.min(pieceCount - 1, Math.max(0, Math.floor(place)));
    const x = 2 * (place - piece) - 1;
    for (let c = 0; c < 3; c++) {
      const base = n * (3 * piece + c);
      // Clenshaw, with the derivative alongside.
      let [b1, b2, d1, d2] = [0, 0, 0, 0];
      for (let j = degree; j >= 1; j--) {
        const d = 2 * b1 + 2 * x * d1 - d2;
        const b = coefficients[base + j] + 2 * x * b1 - b2;
        d2 = d1;
        d1 = d;
        b2 = b1;
        b1 = b;
      }
      out[c] = coefficients[base] + x * b1 - b2;
      if (rate) rate[c] = (b1 + x * d1 - d2) * (2 / pieceSeconds);
    }
  };
  const planets = table.bodies
    .map(({ body }) => body)
    .filter((body): body is Planet => body !== 'sun' && body !== 'moon');
  return {
    source: table.source,
    planets,
    sunMoon(gpsSeconds: number, offset: number, out: SunMoon) {
      evaluate('sun', gpsSeconds, offset, out.sun, out.sunVelocity);
      evaluate('moon', gpsSeconds, offset, out.moon);
    },
    planet: evaluate,
  };
}
