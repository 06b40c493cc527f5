import {
  type AccelerometerTable,
  accelerometerRecords,
  attitudeRecords,
  correctedRanging,
  type Level1bHeader,
  orbitRecords,
  parseLevel1bFileName,
  readEpochTable,
  readGeorbOrbit,
  readLevel1bTable,
  type TableFrame,
  type TableKind,
  type TableTimeScale,
} from '@gravity/formats';
import type { AccelerometerSeries, AttitudeSeries, RangingSeries, StateSeries } from '@gravity/recovery';
import { statedForces } from '@gravity/server';
import { UsageError } from '../output.js';
import { type FileMember, headText, readMembers } from './read-file.js';

/** What one file holds, whichever format it has. */
export type ObservationFile = {
  readonly name: string;
  readonly satellite?: string;
  /** The forces it was simulated with, as it states them; undefined for measured data. */
  readonly forces?: string;
} & (
  | { readonly kind: 'orbit'; readonly orbit: StateSeries }
  | { readonly kind: 'ranging'; readonly ranging: RangingSeries }
  | { readonly kind: 'accelerometer'; readonly accelerometer: AccelerometerSeries }
  | { readonly kind: 'attitude'; readonly attitude: AttitudeSeries }
);

export interface ObservationOptions {
  /** For tables that do not say themselves. */
  readonly kind?: TableKind;
  readonly frame?: TableFrame;
  readonly timeScale?: TableTimeScale;
}

/** Reads tables (CSV and the like), GEORB orbits and Level-1B files, compressed or archived. */
export async function readObservations(
  path: string,
  options: ObservationOptions = {},
): Promise<ObservationFile[]> {
  const found: ObservationFile[] = [];
  for (const member of await readMembers(path)) found.push(await readMember(member, options));
  return found;
}

async function readMember(member: FileMember, options: ObservationOptions): Promise<ObservationFile> {
  const head = headText(member.bytes);
  if (parseLevel1bFileName(member.name) || /^\s*header:/.test(head)) return readLevel1b(member);
  if (/^\s*end_of_header/m.test(head)) {
    const table = await readGeorbOrbit([member.bytes], { file: member.name });
    return { kind: 'orbit', name: member.name, satellite: table.satellite, orbit: statesOf(table) };
  }
  const table = await readEpochTable([member.bytes], { file: member.name, ...options });
  const forces = statedForces(table.metadata);
  const base = { name: member.name, satellite: table.satellite, ...(forces !== undefined && { forces }) };
  const { gpsSeconds } = table;
  switch (table.kind) {
    case 'orbit':
      return { kind: 'orbit', ...base, orbit: statesOf(table) };
    case 'ranging':
      return {
        kind: 'ranging',
        ...base,
        ranging: { instrument: 'table', gpsSeconds, rangeRate: table.rangeRate },
      };
    case 'accelerometer':
      return { kind: 'accelerometer', ...base, accelerometer: accelerationsOf(table) };
    case 'attitude':
      return { kind: 'attitude', ...base, attitude: { gpsSeconds, quaternion: table.quaternion } };
  }
}

async function readLevel1b(member: FileMember): Promise<ObservationFile> {
  const { header, table } = await readLevel1bTable([member.bytes], { file: member.name });
  const forces = statedForces(header.globalAttributes);
  return { ...level1bSeries(member.name, header, table), ...(forces !== undefined && { forces }) };
}

type Level1bRecords = Awaited<ReturnType<typeof readLevel1bTable>>['table'];

function level1bSeries(name: string, header: Level1bHeader, table: Level1bRecords): ObservationFile {
  const satellite = header.satellite ? `GRACE-${header.satellite}` : undefined;
  switch (header.product) {
    case 'GNV1B':
    case 'GNI1B': {
      const records = orbitRecords(header, table);
      const frame = records.frame === 'inertial' ? 'celestial' : 'terrestrial';
      const { gpsSeconds, position, velocity } = records;
      return { kind: 'orbit', name, satellite, orbit: { frame, gpsSeconds, position, velocity } };
    }
    case 'KBR1B':
    case 'LRI1B': {
      const { instrument, gpsSeconds, rangeRate } = correctedRanging(header, table);
      return { kind: 'ranging', name, ranging: { instrument, gpsSeconds, rangeRate } };
    }
    case 'ACT1B':
    case 'ACC1B': {
      const { gpsSeconds, linear } = accelerometerRecords(header, table);
      return { kind: 'accelerometer', name, satellite, accelerometer: { gpsSeconds, acceleration: linear } };
    }
    case 'SCA1B': {
      const { gpsSeconds, quaternion } = attitudeRecords(header, table);
      return { kind: 'attitude', name, satellite, attitude: { gpsSeconds, quaternion } };
    }
    default:
      throw new UsageError(`${name}: product ${header.product ?? 'unknown'} is not used in a recovery`);
  }
}

function statesOf(table: {
  readonly frame: TableFrame;
  readonly gpsSeconds: Float64Array;
  readonly position: Float64Array;
  readonly velocity: Float64Array;
}): StateSeries {
  const { gpsSeconds, position, velocity } = table;
  return { frame: table.frame === 'inertial' ? 'celestial' : 'terrestrial', gpsSeconds, position, velocity };
}

function accelerationsOf(table: AccelerometerTable): AccelerometerSeries {
  return { gpsSeconds: table.gpsSeconds, acceleration: table.acceleration };
}
