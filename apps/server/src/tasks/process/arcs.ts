import type { ArcObservations } from '@gravity/recovery';

export interface ArcInterval {
  /** Whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
}

/** Less than this is not worth an arc of its own (initial states cost six parameters a satellite). */
const SHORTEST_ARC_SECONDS = 900;

/**
 * Cuts an interval into arcs of equal length from its start; a rest that is too short joins the arc before it.
 * Neighbouring arcs share their boundary epoch.
 */
export function splitArcs(startGpsSeconds: number, endGpsSeconds: number, hours: number): ArcInterval[] {
  const length = Math.max(1, Math.round(hours * 3600));
  const arcs: ArcInterval[] = [];
  for (let start = startGpsSeconds; start < endGpsSeconds; start += length) {
    const rest = endGpsSeconds - (start + length);
    const end = rest < SHORTEST_ARC_SECONDS ? endGpsSeconds : start + length;
    arcs.push({ startGpsSeconds: start, endGpsSeconds: end });
    if (end === endGpsSeconds) break;
  }
  return arcs;
}

/** Why an arc cannot be used; undefined when it can. */
export function missingData(
  arc: ArcObservations,
  wanted: { readonly satellites: readonly string[]; readonly ranging: string },
): string | undefined {
  for (const satellite of wanted.satellites) {
    const found = arc.satellites.find((item) => item.satellite === satellite);
    if (!found || found.orbit.gpsSeconds.length === 0) return `no orbit of ${satellite}`;
    if (found.orbit.gpsSeconds.length < 10) {
      return `only ${found.orbit.gpsSeconds.length} orbit epochs of ${satellite}`;
    }
  }
  if (
    wanted.satellites.length === 2 &&
    wanted.ranging !== 'none' &&
    !(arc.ranging && arc.ranging.gpsSeconds.length > 0)
  ) {
    return 'no ranging between the satellites';
  }
  return undefined;
}

/** Leaves the accelerometers out. */
export function withoutAccelerometer(arc: ArcObservations): ArcObservations {
  return {
    ...arc,
    satellites: arc.satellites.map(({ satellite, orbit }) => ({ satellite, orbit })),
  };
}
