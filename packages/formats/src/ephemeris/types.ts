/** Bodies of a JPL development ephemeris. `earthMoonBarycentre` and `solarSystemBarycentre` are points. */
export type EphemerisBody =
  | 'mercury'
  | 'venus'
  | 'earth'
  | 'mars'
  | 'jupiter'
  | 'saturn'
  | 'uranus'
  | 'neptune'
  | 'pluto'
  | 'moon'
  | 'sun'
  | 'earthMoonBarycentre'
  | 'solarSystemBarycentre';

/** Position and velocity, ICRF axes. */
export interface EphemerisState {
  /** x y z, m */
  readonly position: Float64Array;
  /** m/s */
  readonly velocity: Float64Array;
}

/** Where the Chebyshev coefficients of one series lie in a record. */
export interface EphemerisSeries {
  /** 0-based index of the first coefficient, the two dates counted. */
  readonly first: number;
  /** Coefficients per component and granule. */
  readonly coefficients: number;
  /** Granules per record. */
  readonly granules: number;
  readonly components: number;
}

export interface EphemerisLayout {
  readonly mercury: EphemerisSeries;
  readonly venus: EphemerisSeries;
  readonly earthMoonBarycentre: EphemerisSeries;
  readonly mars: EphemerisSeries;
  readonly jupiter: EphemerisSeries;
  readonly saturn: EphemerisSeries;
  readonly uranus: EphemerisSeries;
  readonly neptune: EphemerisSeries;
  readonly pluto: EphemerisSeries;
  /** Moon with respect to the Earth. */
  readonly geocentricMoon: EphemerisSeries;
  readonly sun: EphemerisSeries;
  readonly nutations?: EphemerisSeries;
  readonly librations?: EphemerisSeries;
  readonly lunarAngularVelocity?: EphemerisSeries;
  readonly ttMinusTdb?: EphemerisSeries;
}

export interface EphemerisHeader {
  readonly title: string;
  /** Number of the ephemeris, e.g. 440. */
  readonly denum: number;
  readonly littleEndian: boolean;
  /** Interval the header states, Julian dates TDB. */
  readonly headerStartJd: number;
  readonly headerEndJd: number;
  readonly recordDays: number;
  /** m */
  readonly astronomicalUnit: number;
  readonly earthMoonMassRatio: number;
  readonly constantNames: readonly string[];
  readonly layout: EphemerisLayout;
  /** Doubles per record. */
  readonly recordLength: number;
}

/** Julian dates come in two parts (TDB), so that a day and its fraction keep their digits. */
export interface JplEphemeris {
  readonly header: EphemerisHeader;
  readonly denum: number;
  /** Interval of the records at hand, Julian dates TDB. It may hold gaps when the file does. */
  readonly startJd: number;
  readonly endJd: number;
  /** m */
  readonly astronomicalUnit: number;
  readonly earthMoonMassRatio: number;
  /** Every constant of the file by name, in its own units (au, day, arcsecond, …). */
  readonly constants: ReadonlyMap<string, number>;
  /** Barycentric state. @throws EphemerisRangeError outside the records */
  state(body: EphemerisBody, jdTdb: number, jdTdbFraction?: number): EphemerisState;
  /** State with respect to the centre of the Earth. */
  geocentric(body: EphemerisBody, jdTdb: number, jdTdbFraction?: number): EphemerisState;
  /** As `geocentric`, into x y z vx vy vz of `out`, without garbage. */
  geocentricInto(body: EphemerisBody, jdTdb: number, jdTdbFraction: number, out: Float64Array): void;
  /** Euler angles of the lunar mantle φ θ ψ, rad, when the file holds them. */
  librations(jdTdb: number, jdTdbFraction?: number): Float64Array | undefined;
  /** TT−TDB at the geocentre, s, when the file holds it. */
  ttMinusTdbSeconds(jdTdb: number, jdTdbFraction?: number): number | undefined;
}
