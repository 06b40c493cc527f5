export type ArcErrorCode =
  | 'no_orbit'
  | 'too_few_observations'
  | 'orbit_diverged'
  | 'orbit_not_converged'
  | 'singular_arc'
  | 'accelerometer_gap'
  | 'attitude_missing'
  | 'bad_series'
  | 'cancelled';

/** An arc that cannot be used, with a reason for the user. */
export class ArcError extends Error {
  override readonly name = 'ArcError';
  constructor(
    readonly code: ArcErrorCode,
    message: string,
  ) {
    super(message);
  }
}
