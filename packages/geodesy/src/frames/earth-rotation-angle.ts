const DAY = 86400;
const TURN = 2 * Math.PI;
const ERA_AT_J2000_TURNS = 0.779057273264;
const EXCESS_TURNS_PER_DAY = 0.00273781191135448;

/** dθ/dUT1 of the Earth rotation angle, rad/s. IERS Conventions 2010, eq. 5.15. */
export const EARTH_ROTATION_ANGLE_RATE = (TURN * (1 + EXCESS_TURNS_PER_DAY)) / DAY;

/**
 * Earth rotation angle θ(UT1) in [0, 2π). IERS Conventions 2010, eq. 5.15.
 *
 * @param ut1Seconds UT1 seconds since 2000-01-01T12:00:00 UT1, best whole
 * @param offsetSeconds rest of the time
 */
export function earthRotationAngle(ut1Seconds: number, offsetSeconds: number): number {
  const days = Math.floor(ut1Seconds / DAY);
  // Whole days are whole turns, and the excess of the days is reduced before the rest is added: 21 turns in 2021
  // would cost the last 2e-14 rad, which numeric differentiation of the matrix shows.
  const fraction = (ut1Seconds - days * DAY + offsetSeconds) / DAY;
  const excess = EXCESS_TURNS_PER_DAY * days;
  const turns =
    ERA_AT_J2000_TURNS + (excess - Math.floor(excess)) + fraction + EXCESS_TURNS_PER_DAY * fraction;
  return (turns - Math.floor(turns)) * TURN;
}
