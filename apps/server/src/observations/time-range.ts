/** Unix time of 2000-01-01T12:00:00 UTC. */
const UNIX_AT_ORIGIN = 946_728_000;
/** GPS and UTC differ by −19 s (1961) to +18 s (today): bounds a minute wider hold every record. */
const MARGIN_SECONDS = 60;
/** Years that PostgreSQL reads as ISO text: 0001 … 9999. */
const MIN_MS = -62_135_596_800_000;
const MAX_MS = 253_402_300_799_000;

/**
 * UTC bounds, ISO text, that contain every record whose gps_seconds lie in [start, end]. They only help the database to
 * leave out partitions: the condition on gps_seconds has to stand beside them.
 *
 * @throws RangeError for bounds that are no numbers
 */
export function utcBounds(
  startGpsSeconds: number,
  endGpsSeconds: number,
): { readonly from: string; readonly to: string } {
  return { from: boundText(startGpsSeconds, -MARGIN_SECONDS), to: boundText(endGpsSeconds, MARGIN_SECONDS) };
}

function boundText(gpsSeconds: number, margin: number): string {
  if (Number.isNaN(gpsSeconds)) throw new RangeError('a bound of the interval is not a number');
  const ms = (gpsSeconds + UNIX_AT_ORIGIN + margin) * 1000;
  return new Date(Math.min(MAX_MS, Math.max(MIN_MS, ms))).toISOString();
}
