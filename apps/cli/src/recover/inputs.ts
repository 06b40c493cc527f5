import type {
  AccelerometerSeries,
  ArcObservations,
  AttitudeSeries,
  RangingSeries,
  StateSeries,
} from '@gravity/recovery';
import type { ObservationFile } from '../files/read-observations.js';
import { UsageError } from '../output.js';

/** All observations of a mission, one series per satellite and kind. */
export interface MissionObservations {
  readonly satellites: readonly {
    readonly satellite: string;
    readonly orbit: StateSeries;
    readonly accelerometer?: AccelerometerSeries;
    readonly attitude?: AttitudeSeries;
  }[];
  readonly ranging?: RangingSeries;
  /** Whole GPS seconds in which every orbit has data. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
}

interface Satellite {
  satellite: string;
  orbits: StateSeries[];
  accelerometers: AccelerometerSeries[];
  attitudes: AttitudeSeries[];
}

/**
 * Joins the files of one mission: daily files of a satellite follow each other, doubled epochs at their borders are
 * taken once.
 *
 * @throws UsageError naming what is missing or contradicts
 */
export function joinObservations(files: readonly ObservationFile[]): MissionObservations {
  const satellites = new Map<string, Satellite>();
  const rangings: RangingSeries[] = [];
  for (const file of files) {
    if (file.kind === 'ranging') {
      rangings.push(file.ranging);
      continue;
    }
    const name = file.satellite ?? file.name;
    let entry = satellites.get(name);
    if (!entry)
      satellites.set(name, (entry = { satellite: name, orbits: [], accelerometers: [], attitudes: [] }));
    if (file.kind === 'orbit') entry.orbits.push(file.orbit);
    else if (file.kind === 'accelerometer') entry.accelerometers.push(file.accelerometer);
    else entry.attitudes.push(file.attitude);
  }
  const joined = [...satellites.values()].map(joinSatellite);
  if (joined.length === 0) throw new UsageError('no orbit given: --orbit is needed once for each satellite');
  if (joined.length > 2) {
    const names = joined.map((s) => s.satellite).join(', ');
    throw new UsageError(`orbits of ${joined.length} satellites (${names}); a recovery takes one or two`);
  }
  if (rangings.length > 0 && joined.length !== 2)
    throw new UsageError('range rates need the orbits of two satellites');
  if (new Set(rangings.map((r) => r.instrument)).size > 1) {
    throw new UsageError('range rates of more than one instrument; give one of them');
  }
  const startGpsSeconds = Math.ceil(Math.max(...joined.map((s) => s.orbit.gpsSeconds[0])));
  const endGpsSeconds = Math.floor(
    Math.min(...joined.map((s) => s.orbit.gpsSeconds[s.orbit.gpsSeconds.length - 1])),
  );
  if (!(endGpsSeconds > startGpsSeconds)) throw new UsageError('the orbits have no time in common');
  return {
    satellites: joined,
    startGpsSeconds,
    endGpsSeconds,
    ...(rangings.length > 0 && { ranging: joinRanging(rangings) }),
  };
}

function joinSatellite({ satellite, orbits, accelerometers, attitudes }: Satellite) {
  if (orbits.length === 0) throw new UsageError(`${satellite}: data, but no orbit`);
  if (new Set(orbits.map((o) => o.frame)).size > 1)
    throw new UsageError(`${satellite}: orbits in two frames`);
  const states = join(orbits, (o) => [
    [o.position, 3],
    [o.velocity, 3],
  ]);
  const orbit = {
    frame: orbits[0].frame,
    gpsSeconds: states.gpsSeconds,
    position: states.values[0],
    velocity: states.values[1],
  };
  const force = accelerometers.length > 0 ? join(accelerometers, (a) => [[a.acceleration, 3]]) : undefined;
  const attitude = attitudes.length > 0 ? join(attitudes, (a) => [[a.quaternion, 4]]) : undefined;
  return {
    satellite,
    orbit,
    ...(force && { accelerometer: { gpsSeconds: force.gpsSeconds, acceleration: force.values[0] } }),
    ...(attitude && { attitude: { gpsSeconds: attitude.gpsSeconds, quaternion: attitude.values[0] } }),
  };
}

function joinRanging(parts: readonly RangingSeries[]): RangingSeries {
  const { gpsSeconds, values } = join(parts, (r) => [[r.rangeRate, 1]]);
  return { instrument: parts[0].instrument, gpsSeconds, rangeRate: values[0] };
}

function join<T extends { readonly gpsSeconds: Float64Array }>(
  parts: readonly T[],
  columns: (part: T) => readonly (readonly [Float64Array, number])[],
): { gpsSeconds: Float64Array; values: Float64Array[] } {
  const ordered = parts
    .filter((p) => p.gpsSeconds.length > 0)
    .sort((a, b) => a.gpsSeconds[0] - b.gpsSeconds[0]);
  if (ordered.length === 0) throw new UsageError('a file without any epoch');
  let last = Number.NEGATIVE_INFINITY;
  const pieces = ordered.map((part) => {
    const from = part.gpsSeconds.findIndex((t) => t > last);
    if (from >= 0) last = part.gpsSeconds[part.gpsSeconds.length - 1];
    return { part, from: from < 0 ? part.gpsSeconds.length : from };
  });
  const gpsSeconds = concatenate(pieces.map(({ part, from }) => part.gpsSeconds.subarray(from)));
  const values = columns(ordered[0]).map(([, width], k) =>
    concatenate(pieces.map(({ part, from }) => columns(part)[k][0].subarray(width * from))),
  );
  return { gpsSeconds, values };
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Less than this is not worth an arc of its own, s. */
const SHORTEST_ARC = 900;

/** Cuts the observations into arcs of equal length from their start; a short rest joins the last one. */
export function cutArcs(mission: MissionObservations, arcHours: number): ArcObservations[] {
  const length = Math.round(arcHours * 3600);
  const { startGpsSeconds: start, endGpsSeconds: end } = mission;
  const count = Math.max(
    1,
    Math.floor((end - start) / length + ((end - start) % length >= SHORTEST_ARC ? 1 : 0)),
  );
  return Array.from({ length: count }, (_, k) => {
    const from = start + k * length;
    const to = k === count - 1 ? end : from + length;
    return {
      startGpsSeconds: from,
      endGpsSeconds: to,
      satellites: mission.satellites.map(({ satellite, orbit, accelerometer, attitude }) => ({
        satellite,
        orbit: cutStates(orbit, from, to),
        // interpolation needs values beyond the ends
        ...(accelerometer && { accelerometer: cutForce(accelerometer, from - 60, to + 60) }),
        ...(attitude && { attitude: cutAttitude(attitude, from - 60, to + 60) }),
      })),
      ...(mission.ranging && { ranging: cutRanging(mission.ranging, from, to) }),
    };
  });
}

function rows(gpsSeconds: Float64Array, from: number, to: number): readonly [number, number] {
  const first = gpsSeconds.findIndex((t) => t >= from);
  if (first < 0) return [0, 0];
  let last = gpsSeconds.length;
  while (last > first && gpsSeconds[last - 1] > to) last--;
  return [first, last];
}

function cutStates(orbit: StateSeries, from: number, to: number): StateSeries {
  const [a, b] = rows(orbit.gpsSeconds, from, to);
  return {
    frame: orbit.frame,
    gpsSeconds: orbit.gpsSeconds.slice(a, b),
    position: orbit.position.slice(3 * a, 3 * b),
    velocity: orbit.velocity.slice(3 * a, 3 * b),
  };
}

function cutForce(series: AccelerometerSeries, from: number, to: number): AccelerometerSeries {
  const [a, b] = rows(series.gpsSeconds, from, to);
  return { gpsSeconds: series.gpsSeconds.slice(a, b), acceleration: series.acceleration.slice(3 * a, 3 * b) };
}

function cutAttitude(series: AttitudeSeries, from: number, to: number): AttitudeSeries {
  const [a, b] = rows(series.gpsSeconds, from, to);
  return { gpsSeconds: series.gpsSeconds.slice(a, b), quaternion: series.quaternion.slice(4 * a, 4 * b) };
}

function cutRanging(series: RangingSeries, from: number, to: number): RangingSeries {
  const [a, b] = rows(series.gpsSeconds, from, to);
  return {
    instrument: series.instrument,
    gpsSeconds: series.gpsSeconds.slice(a, b),
    rangeRate: series.rangeRate.slice(a, b),
  };
}
