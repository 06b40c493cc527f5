import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeGfc } from '@gravity/formats';
import { calendarToMjd, dayToGps, type EarthRotationSpec, type Geopotential } from '@gravity/geodesy';
import { type MissionSpec, simulateMission } from '@gravity/recovery';
import { type ForcesSpec, forcesStatement } from '@gravity/server';
import { prepareForces } from '../forces.js';
import { UsageError } from '../output.js';
import { writeDay, writeDayTables } from './write-day.js';

export interface SimulationRequest {
  /** First day, YYYY-MM-DD, a day of GPS time as in Level-1B files. */
  readonly date: string;
  readonly days: number;
  readonly trueField: Geopotential;
  readonly earthRotation: EarthRotationSpec;
  /** Forces beside the true field; the files state them. */
  readonly forces: 'none' | ForcesSpec;
  /** m/s and m, white. */
  readonly rangeRateNoise: number;
  readonly positionNoise: number;
  readonly orbitSeconds: number;
  readonly rangingSeconds: number;
  readonly accelerometerSeconds: number;
  readonly nonGravitational: boolean;
  readonly seed?: number;
  readonly folder: string;
  /** Where the true field is written; default: truth.gfc in the folder. */
  readonly truthFile?: string;
  readonly tables: boolean;
  /** GNI1B and LRI1B beside the others. */
  readonly allProducts?: boolean;
  readonly softwareVersion: string;
}

/** The day the mission's data are said to be made: fixed, so that the same request gives the same bytes. */
const CREATED = '2000-01-01T00:00:00Z';

/**
 * Simulates a mission and writes its Level-1B files (and tables) and the true field.
 *
 * @returns paths of the Level-1B files
 */
export async function simulateToFolder(
  request: SimulationRequest,
  onProgress: (fraction: number, message: string) => void,
): Promise<string[]> {
  const { days, folder, earthRotation } = request;
  const start = dayStart(request.date);
  const prepared = await prepareForces(
    request.forces,
    request.trueField,
    earthRotation,
    start,
    start + days * 86_400,
  );
  const { field: trueField, forces } = prepared;
  const statement = forcesStatement(request.forces);
  const spec: MissionSpec = {
    satellites: ['GRACE-C', 'GRACE-D'],
    startGpsSeconds: start,
    days,
    trueField,
    earthRotation,
    ...(forces && { forces }),
    nonGravitational: request.nonGravitational,
    sampling: {
      orbitSeconds: request.orbitSeconds,
      rangingSeconds: request.rangingSeconds,
      accelerometerSeconds: request.accelerometerSeconds,
    },
    noise: { rangeRate: request.rangeRateNoise, position: request.positionNoise },
    ...(request.seed !== undefined && { seed: request.seed }),
  };
  const notes = {
    created: CREATED,
    softwareVersion: request.softwareVersion,
    history: [
      `true field ${trueField.name} to degree ${trueField.maxDegree}`,
      `white noise ${request.rangeRateNoise} m/s in range rate, ${request.positionNoise} m in positions`,
      `Earth rotation ${earthRotation.model}`,
      `forces: ${statement}`,
    ],
  };
  const paths: string[] = [];
  for (const day of simulateMission(spec)) {
    onProgress((day.day + 0.5) / days, `day ${day.day + 1} of ${days}: writing`);
    paths.push(...(await writeDay(day, folder, notes, request.allProducts)));
    if (request.tables) await writeDayTables(day, join(folder, 'tables'), statement);
    onProgress((day.day + 1) / days, `day ${day.day + 1} of ${days}`);
  }
  await writeFile(
    request.truthFile ?? join(folder, 'truth.gfc'),
    writeGfc(trueField, { comment: 'true field of a simulation' }),
  );
  return paths;
}

/** 0h GPS time of a date. @throws UsageError for a text that is no date */
export function dayStart(date: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T00:00(?::00(?:\.0+)?)?Z?)?$/.exec(date);
  if (!match)
    throw new UsageError(`${date}: a day such as 2021-07-17 is expected (days of GPS time begin at 0h)`);
  const [year, month, day] = match.slice(1).map(Number);
  try {
    const epoch = dayToGps({ scale: 'GPS', mjd: calendarToMjd(year, month, day), secondsOfDay: 0 });
    return epoch.gpsSeconds;
  } catch (error) {
    throw new UsageError(`${date}: ${(error as Error).message}`);
  }
}
