/**
 * Branded numbers: a plain number at run time, but one time scale cannot be handed where another is expected.
 * Plain doubles carry about 0.1 µs as seconds past 2000 and 1 µs as MJD; where that is not enough use the
 * two-part epochs.
 */
declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** GPS seconds past 2000-01-01T12:00:00 GPS. */
export type GpsSeconds = Branded<'gpsSeconds'>;
/** Modified Julian Dates, each in its own time scale. */
export type MjdGps = Branded<'mjdGps'>;
export type MjdTai = Branded<'mjdTai'>;
export type MjdTt = Branded<'mjdTt'>;
export type MjdTdb = Branded<'mjdTdb'>;
export type MjdUtc = Branded<'mjdUtc'>;
export type MjdUt1 = Branded<'mjdUt1'>;

export type TimeScale = 'GPS' | 'TAI' | 'TT' | 'TDB' | 'UTC' | 'UT1';

/** The project's epoch: whole GPS seconds (exact in a double) and the rest, 0 ≤ offsetSeconds < 1. */
export interface GpsEpoch {
  readonly gpsSeconds: GpsSeconds;
  readonly offsetSeconds: number;
}

/**
 * Calendar day (whole Modified Julian Day) and seconds since its 0h, in the named scale. In UTC the seconds
 * reach 86401 on a day that ends with a leap second.
 */
export interface DayEpoch<S extends TimeScale> {
  readonly scale: S;
  readonly mjd: number;
  readonly secondsOfDay: number;
}

/** Marks a number as GPS seconds past 2000-01-01T12:00:00 GPS. */
export function asGpsSeconds(value: number): GpsSeconds {
  return value as GpsSeconds;
}

/** Splits GPS seconds plus offset into a normalized epoch (whole seconds, 0 ≤ offset < 1). */
export function gpsEpoch(gpsSeconds: number, offsetSeconds = 0): GpsEpoch {
  const whole = Math.floor(gpsSeconds);
  const rest = gpsSeconds - whole + offsetSeconds;
  const carry = Math.floor(rest);
  // A tiny negative rest gives rest − carry = 1 after rounding: the next whole second.
  const offset = rest - carry;
  return offset < 1
    ? { gpsSeconds: asGpsSeconds(whole + carry), offsetSeconds: offset }
    : { gpsSeconds: asGpsSeconds(whole + carry + 1), offsetSeconds: 0 };
}
