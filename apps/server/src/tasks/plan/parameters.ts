import { isoToGpsSeconds } from '@gravity/geodesy';
import { TaskError } from '../../jobs/task.js';
import { parseSatelliteNames } from '../../observations/index.js';
import type { PlanParameters } from './types.js';

/**
 * The task's parameters with defaults filled in.
 *
 * @throws TaskError `invalid_parameters` with the fields
 */
export function parsePlanParameters(parameters: Record<string, unknown>): PlanParameters {
  const errors: { field: string; message: string }[] = [];
  const fail = (field: string, message: string) => {
    errors.push({ field, message });
    return Number.NaN;
  };
  const instant = (field: string): number => {
    try {
      return isoToGpsSeconds(String(parameters[field] ?? ''));
    } catch (error) {
      return fail(field, (error as Error).message);
    }
  };
  const number = (field: string, otherwise: number | undefined, minimum: number, maximum: number): number => {
    const value = Number(parameters[field] ?? otherwise);
    if (value >= minimum && value <= maximum) return value;
    return fail(field, `a number from ${minimum} to ${maximum} expected`);
  };
  // arcs begin and end at whole seconds, as in the process task
  const startGpsSeconds = Math.ceil(instant('start_time'));
  const endGpsSeconds = Math.floor(instant('end_time'));
  if (endGpsSeconds <= startGpsSeconds) fail('end_time', 'must be after start_time');
  const degreeMax = number('degree_max', undefined, 2, 720);
  if (!Number.isInteger(degreeMax)) fail('degree_max', 'a whole number expected');
  const timeStep = number('time_step', 5, 0.1, 3600);
  const arcLengthHours = number('arc_length_hours', 24, 0.1, 240);
  const satellites = satelliteList(parameters.satellites, fail);
  if (errors.length > 0) {
    throw new TaskError(
      'invalid_parameters',
      errors.map((e) => `${e.field}: ${e.message}`).join('; '),
      errors,
    );
  }
  return {
    startTime: String(parameters.start_time),
    endTime: String(parameters.end_time),
    startGpsSeconds,
    endGpsSeconds,
    satellites,
    timeStep,
    processingMode: String(parameters.processing_mode ?? 'standard'),
    outputFormat: String(parameters.output_format ?? 'spherical_harmonic'),
    degreeMax,
    arcLengthHours,
  };
}

function satelliteList(value: unknown, fail: (field: string, message: string) => number): string[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) {
    fail('satellites', 'at least one satellite required');
    return [];
  }
  try {
    return [...new Set(value.flatMap((name: string) => parseSatelliteNames(name)))];
  } catch (error) {
    fail('satellites', (error as Error).message);
    return [];
  }
}
