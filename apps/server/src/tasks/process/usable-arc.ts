import type { ArcObservations, RangingSeries } from '@gravity/recovery';
import type { LoadedArc } from './arc-source.js';
import type { ProcessRequest } from './request.js';

/** Why an arc cannot be used; undefined when it can. */
export function missingData(
  { observations, missing }: LoadedArc,
  satellites: readonly string[],
  { ranging }: ProcessRequest['observations'],
): string | undefined {
  const orbits = observations.satellites.filter(({ orbit }) => orbit.gpsSeconds.length > 0);
  const found = new Set(orbits.map(({ satellite }) => satellite));
  const absent = satellites.find((satellite) => !found.has(satellite));
  if (absent) return missing.find((text) => text.includes(absent)) ?? `no orbit of ${absent}`;
  if (satellites.length === 2 && ranging !== 'none' && !observations.ranging?.gpsSeconds.length) {
    return missing.find((text) => text.includes('ranging')) ?? 'no ranging between the satellites';
  }
  // Without, the drag of one satellite would be taken for gravity.
  const measured = orbits.filter(({ accelerometer }) => accelerometer !== undefined);
  const lacking = orbits.find(({ accelerometer }) => accelerometer === undefined);
  return measured.length > 0 && lacking
    ? `no accelerometer of ${lacking.satellite}, but of ${measured[0].satellite}`
    : undefined;
}

/** What is used of a loaded arc; the last arc of an interval keeps the epoch at its end. */
export function usableObservations({ observations }: LoadedArc, last: boolean): ArcObservations {
  return last ? observations : withoutEndEpoch(observations);
}

/**
 * The observations of an arc before its end: the epoch at the end itself is the first of the next arc and must not
 * count twice. Accelerations and attitude are kept, the orbit is integrated with them to the end.
 */
function withoutEndEpoch(arc: ArcObservations): ArcObservations {
  const before = (epochs: Float64Array): number => {
    let count = epochs.length;
    while (count > 0 && epochs[count - 1] >= arc.endGpsSeconds) count--;
    return count;
  };
  const { ranging } = arc;
  return {
    ...arc,
    satellites: arc.satellites.map((satellite) => {
      const { orbit } = satellite;
      const count = before(orbit.gpsSeconds);
      return {
        ...satellite,
        orbit: {
          ...orbit,
          gpsSeconds: orbit.gpsSeconds.slice(0, count),
          position: orbit.position.slice(0, 3 * count),
          velocity: orbit.velocity.slice(0, 3 * count),
        },
      };
    }),
    ...(ranging && { ranging: rangingBefore(ranging, before(ranging.gpsSeconds)) }),
  };
}

function rangingBefore(ranging: RangingSeries, count: number): RangingSeries {
  const { range, rangeAcceleration } = ranging;
  return {
    ...ranging,
    gpsSeconds: ranging.gpsSeconds.slice(0, count),
    rangeRate: ranging.rangeRate.slice(0, count),
    ...(range && { range: range.slice(0, count) }),
    ...(rangeAcceleration && { rangeAcceleration: rangeAcceleration.slice(0, count) }),
  };
}
