import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type SimulationNotes,
  writeAcc1b,
  writeGni1b,
  writeGnv1b,
  writeKbr1b,
  writeLri1b,
  writeSca1b,
} from '@gravity/formats';
import { gpsEpoch, gpsToDay, mjdToIsoDate } from '@gravity/geodesy';
import type { SimulatedDay, SimulatedSatelliteDay } from '@gravity/recovery';
import { observationsCsv } from '../files/observations-csv.js';

const LETTERS = ['C', 'D'] as const;
const RELEASE = '04';

/**
 * Writes a simulated day (a whole GPS day) as the Level-1B files a mission would deliver: GNV1B, KBR1B and, where there
 * are accelerometer data, ACC1B and SCA1B. The ranging file holds the raw measurement beside its corrections, as real
 * ones do. Files appear under their names only when complete.
 *
 * @param allProducts GNI1B (the orbit without noise in the inertial frame) and LRI1B (the ranges of KBR1B once more,
 * with no antenna offset) as well
 * @returns paths in the order written
 */
export async function writeDay(
  day: SimulatedDay,
  folder: string,
  notes: SimulationNotes,
  allProducts = false,
): Promise<string[]> {
  const date = dateOf(day);
  const files: [name: string, content: AsyncIterable<string>][] = [];
  day.satellites.forEach((data, k) => {
    const satellite = LETTERS[k];
    const { gpsSeconds, position, velocity, accelerometerGpsSeconds, linearAcceleration, quaternion } = data;
    files.push([
      `GNV1B_${date}_${satellite}`,
      writeGnv1b({ ...notes, satellite, gpsSeconds, position, velocity }),
    ]);
    if (allProducts) {
      const { celestialPosition, celestialVelocity } = data;
      const states = { position: celestialPosition, velocity: celestialVelocity };
      files.push([`GNI1B_${date}_${satellite}`, writeGni1b({ ...notes, satellite, gpsSeconds, ...states })]);
    }
    if (accelerometerGpsSeconds.length === 0) return;
    const base = { ...notes, satellite, gpsSeconds: accelerometerGpsSeconds };
    files.push([`ACC1B_${date}_${satellite}`, writeAcc1b({ ...base, linear: linearAcceleration })]);
    files.push([`SCA1B_${date}_${satellite}`, writeSca1b({ ...base, quaternion })]);
  });
  files.push([`KBR1B_${date}_Y`, rangingFile(day.ranging, notes, 'KBR1B')]);
  if (allProducts) files.push([`LRI1B_${date}_Y`, rangingFile(day.ranging, notes, 'LRI1B')]);
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const [name, content] of files) {
    paths.push(await writeWhole(join(folder, `${name}_${RELEASE}.txt`), content));
  }
  return paths;
}

function rangingFile(
  ranging: SimulatedDay['ranging'],
  notes: SimulationNotes,
  product: 'KBR1B' | 'LRI1B',
): AsyncIterable<string> {
  const { gpsSeconds, range, rangeRate, rangeAcceleration, rangeBias } = ranging;
  const antennaRange = product === 'KBR1B' ? ranging.antennaRange : 0;
  const { lightTimeRange, lightTimeRate, lightTimeAcceleration } = ranging;
  const zero = new Float64Array(gpsSeconds.length);
  const write = product === 'KBR1B' ? writeKbr1b : writeLri1b;
  return write({
    ...notes,
    gpsSeconds,
    biasedRange: range.map((rho, i) => rho + rangeBias - lightTimeRange[i] - antennaRange),
    rangeRate: rangeRate.map((rate, i) => rate - lightTimeRate[i]),
    rangeAcceleration: rangeAcceleration.map((a, i) => a - lightTimeAcceleration[i]),
    lightTime: { range: lightTimeRange, rate: lightTimeRate, acceleration: lightTimeAcceleration },
    antennaCentre: { range: zero.map(() => antennaRange), rate: zero, acceleration: zero },
  });
}

/**
 * The same day as plain tables: orbits, range rates and, where there are, accelerations and attitude.
 *
 * @param forces what the data were simulated with, as the tables state it
 */
export async function writeDayTables(day: SimulatedDay, folder: string, forces: string): Promise<string[]> {
  const date = dateOf(day);
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  const write = async (name: string, content: Iterable<string>) => {
    paths.push(await writeWhole(join(folder, `${name}-${date}.csv`), content));
  };
  for (const [k, data] of day.satellites.entries()) {
    const satellite = `GRACE-${LETTERS[k]}`;
    const suffix = LETTERS[k].toLowerCase();
    await write(
      `orbit-${suffix}`,
      observationsCsv({ kind: 'orbit', name: '', satellite, forces, orbit: orbitOf(data) }),
    );
    if (data.accelerometerGpsSeconds.length === 0) continue;
    const { accelerometerGpsSeconds: gpsSeconds, linearAcceleration: acceleration, quaternion } = data;
    const base = { name: '', satellite, forces };
    await write(
      `accelerometer-${suffix}`,
      observationsCsv({ kind: 'accelerometer', ...base, accelerometer: { gpsSeconds, acceleration } }),
    );
    await write(
      `attitude-${suffix}`,
      observationsCsv({ kind: 'attitude', ...base, attitude: { gpsSeconds, quaternion } }),
    );
  }
  const { gpsSeconds, rangeRate } = day.ranging;
  const ranging = { instrument: 'table', gpsSeconds, rangeRate };
  await write('range-rate', observationsCsv({ kind: 'ranging', name: '', forces, ranging }));
  return paths;
}

function orbitOf(data: SimulatedSatelliteDay) {
  const { gpsSeconds, position, velocity } = data;
  return { frame: 'terrestrial' as const, gpsSeconds, position, velocity };
}

const dateOf = (day: SimulatedDay) => mjdToIsoDate(gpsToDay(gpsEpoch(day.startGpsSeconds), 'GPS').mjd);

async function writeWhole(path: string, content: Iterable<string> | AsyncIterable<string>): Promise<string> {
  await pipeline(Readable.from(content), createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
  return path;
}
