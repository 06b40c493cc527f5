/**
 * Earth orientation parameters at 0h UTC of consecutive days, as plain arrays so that they can be sent to
 * worker threads. Angles in radians, UT1−UTC in seconds, mjdUtc strictly increasing.
 */
export interface EopTable {
  readonly source: string;
  readonly mjdUtc: Float64Array;
  readonly xPole: Float64Array;
  readonly yPole: Float64Array;
  readonly ut1MinusUtcSeconds: Float64Array;
  /** Celestial pole offsets with respect to IAU 2006/2000A. */
  readonly dX: Float64Array;
  readonly dY: Float64Array;
}

/** A serializable description of how the Earth turns; `createEarthRotation` makes the function of it. */
export type EarthRotationSpec =
  | {
      readonly model: 'iers2010';
      readonly eop: EopTable;
      /** Diurnal and semidiurnal variations by ocean tides and libration (IERS Conventions 2010, chapters 5 and 8). Default true. */
      readonly subDailyTides?: boolean;
      /** Interpolate UT1 with the zonal tides taken off. Default true. */
      readonly zonalTides?: boolean;
    }
  | {
      /** Turn about the z axis with constant rate: angle = angleAtEpoch + rate·(t − epoch). */
      readonly model: 'constant';
      /** rad/s */
      readonly rate: number;
      /** rad */
      readonly angleAtEpoch: number;
      readonly epochGpsSeconds: number;
    };

/** Celestial (GCRS) to terrestrial (ITRS) rotation. */
export interface EarthRotation {
  readonly spec: EarthRotationSpec;
  /**
   * Writes the 3×3 row-major matrix R with r_terrestrial = R · r_celestial.
   *
   * @param gpsSeconds whole GPS seconds past 2000-01-01T12:00:00 (exact in a double)
   * @param offsetSeconds rest of the epoch, so that nanoseconds survive
   * @param out 9 values
   * @param outRate when given, 9 values: dR/dt in 1/s
   */
  matrix(gpsSeconds: number, offsetSeconds: number, out: Float64Array, outRate?: Float64Array): void;
}
