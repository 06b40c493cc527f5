import { EARTH_GM, EARTH_RADIUS } from '../ephemeris/constants.js';
import { triangleSize } from '../geopotential.js';
import { gpsToIso } from '../time/iso.js';
import type { TideEpoch } from './tide-epoch.js';

/** Stokes coefficients of one epoch of a dealiasing product such as AOD1B; layout n(n+1)/2 + m. */
export interface DealiasingSet {
  readonly gpsSeconds: number;
  readonly maxDegree: number;
  readonly c: Float64Array;
  readonly s: Float64Array;
}

export interface DealiasingOptions {
  readonly degreeMin?: number;
  readonly degreeMax?: number;
  /** GM and radius of the sets; default those of the IERS Conventions. */
  readonly gm?: number;
  readonly radius?: number;
  /** Longest step between sets that is interpolated over, s; default three hours. */
  readonly maxStepSeconds?: number;
}

/** A contribution with its own highest degree; it depends on the time alone. */
export interface Dealiasing {
  readonly degreeMax: number;
  readonly add: (
    epoch: Pick<TideEpoch, 'gpsSeconds' | 'offsetSeconds'>,
    c: Float64Array,
    s: Float64Array,
  ) => void;
}

/**
 * Dealiasing coefficients, linear between epochs (AOD1B product description, Dobslaw et al. 2017).
 *
 * @param sets in any order, each epoch once
 * @throws RangeError for fewer than two sets, an epoch that comes twice or arrays that are too short; when evaluated,
 *   for an epoch outside of the sets or in a gap
 */
export function createDealiasing(
  sets: readonly DealiasingSet[],
  options: DealiasingOptions = {},
): Dealiasing {
  const { degreeMin = 2, gm = EARTH_GM, radius = EARTH_RADIUS, maxStepSeconds = 10800 } = options;
  const sorted = [...sets].sort((a, b) => a.gpsSeconds - b.gpsSeconds);
  if (sorted.length < 2) throw new RangeError(`dealiasing: ${sorted.length} sets, at least two are needed`);
  const highest = Math.min(...sorted.map((set) => set.maxDegree));
  const degreeMax = Math.min(options.degreeMax ?? highest, highest);
  const size = triangleSize(degreeMax);
  const first = triangleSize(degreeMin - 1);
  const scale = new Float64Array(size);
  for (let n = degreeMin, i = first; n <= degreeMax; n++) {
    for (let m = 0; m <= n; m++, i++) scale[i] = (gm / EARTH_GM) * (radius / EARTH_RADIUS) ** n;
  }
  sorted.forEach((set, i) => {
    if (set.c.length < size || set.s.length < size) {
      throw new RangeError(`dealiasing: the set of ${gpsToIso(set.gpsSeconds)} is too short`);
    }
    if (i > 0 && set.gpsSeconds === sorted[i - 1].gpsSeconds) {
      throw new RangeError(`dealiasing: two sets for ${gpsToIso(set.gpsSeconds)}`);
    }
  });
  let at = 0;
  return {
    degreeMax,
    add({ gpsSeconds, offsetSeconds }, c, s) {
      const since = (i: number) => gpsSeconds - sorted[i].gpsSeconds + offsetSeconds;
      if (since(at) < 0) at = 0;
      while (at < sorted.length - 2 && since(at + 1) >= 0) at++;
      const step = sorted[at + 1].gpsSeconds - sorted[at].gpsSeconds;
      if (!(since(at) >= 0 && since(at + 1) <= 0) || step > maxStepSeconds) {
        throw new RangeError(
          `dealiasing: no sets around ${gpsToIso(gpsSeconds)} (${gpsToIso(sorted[0].gpsSeconds)} to ${gpsToIso(sorted[sorted.length - 1].gpsSeconds)})`,
        );
      }
      const u = since(at) / step;
      const [a, b] = [sorted[at], sorted[at + 1]];
      for (let i = first; i < size; i++) {
        c[i] += scale[i] * ((1 - u) * a.c[i] + u * b.c[i]);
        s[i] += scale[i] * ((1 - u) * a.s[i] + u * b.s[i]);
      }
    },
  };
}
