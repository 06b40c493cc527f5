import { gpsToIso } from '@gravity/geodesy';
import { splitArcs } from '../process/arcs.js';
import { planArc } from './arc-data.js';
import { estimateCost } from './cost.js';
import type { PlanInput, PlannedArc } from './types.js';
import { planWarnings, resolutionOf } from './warnings.js';

const MAX_ARCS_LISTED = 400;

/**
 * The plan of a computation: its arcs with the data in hand and the files missing, its size, its cost and what to be
 * aware of. Pure: the same input gives the same plan.
 *
 * @returns plain JSON; `start_time`, `end_time`, `satellites`, `arc_length_hours`, `degree_max` and `time_step` are
 *   what a process job takes over
 */
export function buildPlan(input: PlanInput): Record<string, unknown> {
  const { parameters, files } = input;
  const { satellites, startGpsSeconds, endGpsSeconds, arcLengthHours } = parameters;
  const arcs = splitArcs(startGpsSeconds, endGpsSeconds, arcLengthHours).map((arc) =>
    planArc(arc, satellites, files),
  );
  const resolution = resolutionOf(input);
  const cost = estimateCost(parameters, arcs, input.machine);
  const usable = arcs.filter((arc) => arc.usable);
  return {
    start_time: parameters.startTime,
    end_time: parameters.endTime,
    satellites,
    arc_length_hours: arcLengthHours,
    degree_max: parameters.degreeMax,
    time_step: parameters.timeStep,
    processing_mode: parameters.processingMode,
    output_format: parameters.outputFormat,
    resolution,
    orbit: input.orbit ?? null,
    arcs: arcs.slice(0, MAX_ARCS_LISTED).map(listedArc),
    arcs_truncated: arcs.length > MAX_ARCS_LISTED,
    arc_count: arcs.length,
    usable_arcs: usable.length,
    usable_hours: usable.reduce((sum, arc) => sum + (arc.endGpsSeconds - arc.startGpsSeconds) / 3600, 0),
    input_files: countFiles(arcs),
    missing_files: missingNames(arcs),
    ...cost,
    warnings: planWarnings(input, arcs, resolution, cost),
  };
}

function listedArc(arc: PlannedArc) {
  const { startGpsSeconds, endGpsSeconds, usable, reason, data } = arc;
  return {
    start_time: gpsToIso(startGpsSeconds, 0, 0),
    end_time: gpsToIso(endGpsSeconds, 0, 0),
    start_gps_seconds: startGpsSeconds,
    end_gps_seconds: endGpsSeconds,
    usable,
    ...(reason !== undefined && { reason }),
    data,
  };
}

function countFiles(arcs: readonly PlannedArc[]): number {
  return new Set(arcs.flatMap((arc) => arc.data.flatMap((item) => item.files.map((file) => file.id)))).size;
}

/** Names of missing files, each once; an arc's neighbour misses the same day. */
function missingNames(arcs: readonly PlannedArc[]): { file_name: string; or: readonly string[] }[] {
  const names = new Map<string, readonly string[]>();
  for (const { missing } of arcs.flatMap((arc) => arc.data)) {
    for (const { file_name, or } of missing) names.set(file_name, or);
  }
  return [...names].map(([file_name, or]) => ({ file_name, or }));
}
