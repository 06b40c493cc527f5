export interface ArcInterval {
  /** Whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
}

/** Less than this is not worth an arc of its own (initial states cost six parameters a satellite). */
const SHORTEST_ARC_SECONDS = 900;

/** Cuts an interval into arcs of equal length from its start; a rest that is too short joins the arc before it. */
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
