import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type SimulationNotes,
  writeAct1b,
  writeGni1b,
  writeGnv1b,
  writeKbr1b,
  writeSca1b,
} from '@gravity/formats';
import { gpsEpoch, gpsToDay, mjdToIsoDate } from '@gravity/geodesy';
import type { AccelerometerSeries, AttitudeSeries, StateSeries } from '@gravity/recovery';

/** What a simulated pair has measured, in the layout of the files. */
export interface MissionData {
  readonly satellites: readonly {
    readonly letter: 'C' | 'D';
    readonly orbit: StateSeries;
    readonly accelerometer?: AccelerometerSeries;
    readonly attitude?: AttitudeSeries;
  }[];
  readonly ranging?: {
    readonly gpsSeconds: Float64Array;
    /** m, m/s, m/s² */
    readonly range: Float64Array;
    readonly rangeRate: Float64Array;
    readonly rangeAcceleration: Float64Array;
  };
}

/** One day of one product: a name of the mission's pattern and the rows [from, to) of the series. */
interface DayFile {
  readonly name: string;
  readonly write: (from: number, to: number) => AsyncIterable<string>;
  readonly gpsSeconds: Float64Array;
}

/**
 * Writes the data as Level-1B files of whole GPS days: GNV1B or GNI1B, KBR1B, and ACT1B and SCA1B where there are such
 * data. Files appear under their names only when they are complete.
 *
 * @returns the paths in the order written
 */
export async function writeMission(
  data: MissionData,
  folder: string,
  notes: SimulationNotes,
  onFile: (done: number, total: number, name: string) => void = () => {},
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const jobs = filesOf(data, notes).flatMap((file) =>
    daysOf(file.gpsSeconds).map((day) => ({ file, ...day, name: `${file.name.replace('DATE', day.date)}` })),
  );
  const paths: string[] = [];
  for (const { file, name, from, to } of jobs) {
    onFile(paths.length, jobs.length, name);
    const path = join(folder, name);
    await pipeline(Readable.from(file.write(from, to)), createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
    paths.push(path);
  }
  onFile(jobs.length, jobs.length, 'all files written');
  return paths;
}

function filesOf(data: MissionData, notes: SimulationNotes): DayFile[] {
  const files: DayFile[] = [];
  for (const { letter, orbit, accelerometer, attitude } of data.satellites) {
    const inertial = orbit.frame === 'celestial';
    const base = { ...notes, satellite: letter };
    files.push({
      name: `${inertial ? 'GNI1B' : 'GNV1B'}_DATE_${letter}_04.txt`,
      gpsSeconds: orbit.gpsSeconds,
      write: (from, to) =>
        (inertial ? writeGni1b : writeGnv1b)({
          ...base,
          gpsSeconds: orbit.gpsSeconds.subarray(from, to),
          position: orbit.position.subarray(3 * from, 3 * to),
          velocity: orbit.velocity.subarray(3 * from, 3 * to),
        }),
    });
    if (accelerometer) {
      files.push({
        name: `ACT1B_DATE_${letter}_04.txt`,
        gpsSeconds: accelerometer.gpsSeconds,
        write: (from, to) =>
          writeAct1b({
            ...base,
            gpsSeconds: accelerometer.gpsSeconds.subarray(from, to),
            linear: accelerometer.acceleration.subarray(3 * from, 3 * to),
          }),
      });
    }
    if (attitude) {
      files.push({
        name: `SCA1B_DATE_${letter}_04.txt`,
        gpsSeconds: attitude.gpsSeconds,
        write: (from, to) =>
          writeSca1b({
            ...base,
            gpsSeconds: attitude.gpsSeconds.subarray(from, to),
            quaternion: attitude.quaternion.subarray(4 * from, 4 * to),
          }),
      });
    }
  }
  if (data.ranging) files.push(rangingFile(data.ranging, notes));
  return files;
}

function rangingFile(ranging: NonNullable<MissionData['ranging']>, notes: SimulationNotes): DayFile {
  return {
    name: 'KBR1B_DATE_Y_04.txt',
    gpsSeconds: ranging.gpsSeconds,
    write: (from, to) =>
      writeKbr1b({
        ...notes,
        gpsSeconds: ranging.gpsSeconds.subarray(from, to),
        biasedRange: ranging.range.subarray(from, to),
        rangeRate: ranging.rangeRate.subarray(from, to),
        rangeAcceleration: ranging.rangeAcceleration.subarray(from, to),
      }),
  };
}

/** Row ranges of the GPS days in a series of rising time. */
export function daysOf(
  gpsSeconds: ArrayLike<number>,
): { readonly date: string; readonly from: number; readonly to: number }[] {
  const days: { date: string; from: number; to: number }[] = [];
  for (let i = 0; i < gpsSeconds.length; i++) {
    const date = mjdToIsoDate(gpsToDay(gpsEpoch(gpsSeconds[i]), 'GPS').mjd);
    const last = days[days.length - 1];
    if (last?.date === date) last.to = i + 1;
    else days.push({ date, from: i, to: i + 1 });
  }
  return days;
}
