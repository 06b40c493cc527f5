/** Bodies whose pull a satellite of the Earth feels beside the Earth's. */
export type CelestialBody =
  | 'sun'
  | 'moon'
  | 'mercury'
  | 'venus'
  | 'mars'
  | 'jupiter'
  | 'saturn'
  | 'uranus'
  | 'neptune';

export type Planet = Exclude<CelestialBody, 'sun' | 'moon'>;

/** Geocentric Sun and Moon on the axes of the ICRF; arrays of three. */
export interface SunMoon {
  /** m */
  readonly sun: Float64Array;
  /** m */
  readonly moon: Float64Array;
  /** Velocity of the Sun as seen from the Earth, m/s (the Earth's about the Sun with the sign turned). */
  readonly sunVelocity: Float64Array;
}

/**
 * Geometric geocentric positions (no light time, no aberration) on the axes of the ICRF. An analytical theory
 * (`createAnalyticalEphemeris`) and readers of development ephemerides are implementations.
 *
 * Epochs are whole GPS seconds past 2000-01-01T12:00:00 and an offset, as for `EarthRotation.matrix`; an
 * implementation converts to TDB itself. Methods throw RangeError outside of the span, naming it and the source.
 */
export interface Ephemeris {
  /** Name of the theory or file, for messages and provenance. */
  readonly source: string;
  sunMoon(gpsSeconds: number, offsetSeconds: number, out: SunMoon): void;
  /** Planets `planet` knows; absent or empty when there are none. */
  readonly planets?: readonly Planet[];
  /** Writes the geocentric position of a planet, m. */
  planet?(planet: Planet, gpsSeconds: number, offsetSeconds: number, out: Float64Array): void;
}

/** A SunMoon to be filled. */
export function emptySunMoon(): SunMoon {
  return { sun: new Float64Array(3), moon: new Float64Array(3), sunVelocity: new Float64Array(3) };
}
