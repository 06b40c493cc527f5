import { evaluateSeries } from './chebyshev.js';
import type {
  EphemerisBody,
  EphemerisHeader,
  EphemerisSeries,
  EphemerisState,
  JplEphemeris,
} from './types.js';

/** A date for which the ephemeris at hand has no record. */
export class EphemerisRangeError extends RangeError {
  override readonly name = 'EphemerisRangeError';
}

const DAY = 86_400;
const KILOMETRE = 1000;

/** Record that covers a date, and the place in it. */
function recordFinder(header: EphemerisHeader, records: readonly Float64Array[], file: string) {
  const days = header.recordDays;
  const startJd = records[0][0];
  const endJd = records[records.length - 1][1];
  const place = { record: records[0], fraction: 0 };
  return (jd: number, jdFraction: number) => {
    // with gaps (excerpts joined) the guess is too far on: step back
    const since = jd - startJd + jdFraction;
    let i = Math.min(records.length - 1, Math.max(0, Math.floor(since / days) || 0));
    while (i > 0 && records[i][0] - jd > jdFraction) i--;
    const record = records[i];
    const fraction = (jd - record[0] + jdFraction) / days;
    if (!(fraction >= 0 && fraction <= 1)) {
      const gap = since >= 0 && jd + jdFraction <= endJd ? ' (the file has a gap there)' : '';
      throw new EphemerisRangeError(
        `${file}: DE${header.denum} from JD ${startJd} to ${endJd} TDB does not cover JD ${jd + jdFraction}${gap}`,
      );
    }
    place.record = record;
    place.fraction = fraction;
    return place;
  };
}

/** Puts header, constants and records together; see `openEphemeris`. */
export function createEphemeris(
  header: EphemerisHeader,
  constants: ReadonlyMap<string, number>,
  records: readonly Float64Array[],
  file: string,
): JplEphemeris {
  const { layout, recordDays } = header;
  const find = recordFinder(header, records, file);
  const series = new Float64Array(6);
  const moonShare = 1 / (1 + header.earthMoonMassRatio);

  /** out += factor · series, in m and m/s. */
  const add = (which: EphemerisSeries, jd: number, jdFraction: number, factor: number, out: Float64Array) => {
    const { record, fraction } = find(jd, jdFraction);
    evaluateSeries(record, which, fraction, recordDays, series);
    const length = factor * KILOMETRE;
    for (let k = 0; k < 3; k++) {
      out[k] += length * series[k];
      out[k + 3] += (length / DAY) * series[k + 3];
    }
  };
  const addBarycentric = (
    body: EphemerisBody,
    jd: number,
    jdFraction: number,
    factor: number,
    out: Float64Array,
  ): void => {
    if (body === 'solarSystemBarycentre') find(jd, jdFraction);
    else if (body === 'earth' || body === 'moon') {
      add(layout.earthMoonBarycentre, jd, jdFraction, factor, out);
      add(
        layout.geocentricMoon,
        jd,
        jdFraction,
        body === 'earth' ? -moonShare * factor : (1 - moonShare) * factor,
        out,
      );
    } else add(layout[body], jd, jdFraction, factor, out);
  };
  const geocentricInto = (body: EphemerisBody, jd: number, jdFraction: number, out: Float64Array): void => {
    out.fill(0, 0, 6);
    // Moon and barycentre do not go through the distance to the Sun: no digits are lost
    if (body === 'earth') find(jd, jdFraction);
    else if (body === 'moon') add(layout.geocentricMoon, jd, jdFraction, 1, out);
    else if (body === 'earthMoonBarycentre') add(layout.geocentricMoon, jd, jdFraction, moonShare, out);
    else {
      addBarycentric(body, jd, jdFraction, 1, out);
      addBarycentric('earth', jd, jdFraction, -1, out);
    }
  };
  const split = (out: Float64Array): EphemerisState => ({
    position: out.slice(0, 3),
    velocity: out.slice(3, 6),
  });
  const values = (which: EphemerisSeries | undefined, jd: number, jdFraction: number) => {
    if (!which) return undefined;
    const { record, fraction } = find(jd, jdFraction);
    evaluateSeries(record, which, fraction, recordDays, series);
    return series.slice(0, which.components);
  };
  return {
    header,
    denum: header.denum,
    startJd: records[0][0],
    endJd: records[records.length - 1][1],
    astronomicalUnit: header.astronomicalUnit,
    earthMoonMassRatio: header.earthMoonMassRatio,
    constants,
    state: (body, jd, jdFraction = 0) => {
      const out = new Float64Array(6);
      addBarycentric(body, jd, jdFraction, 1, out);
      return split(out);
    },
    geocentric: (body, jd, jdFraction = 0) => {
      const out = new Float64Array(6);
      geocentricInto(body, jd, jdFraction, out);
      return split(out);
    },
    geocentricInto,
    librations: (jd, jdFraction = 0) => values(layout.librations, jd, jdFraction),
    ttMinusTdbSeconds: (jd, jdFraction = 0) => values(layout.ttMinusTdb, jd, jdFraction)?.[0],
  };
}
