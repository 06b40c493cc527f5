import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import {
  type EpochTable,
  type OrbitTable,
  type RangingTable,
  readEpochTable,
  readGfc,
} from '@gravity/formats';
import { type EarthRotationSpec, type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { ArcObservations, SatelliteArc } from '@gravity/recovery';

const FIXTURES = new URL('../fixtures/independent/', import.meta.url);

/** As compiled into the independent simulator; its epoch is not the start of the data. */
export const SIMULATOR_ROTATION: EarthRotationSpec = {
  model: 'constant',
  rate: 7.292115e-5,
  angleAtEpoch: 0.3,
  epochGpsSeconds: 7e8,
};

function open(name: string) {
  return createReadStream(new URL(`${name}.gz`, FIXTURES)).pipe(createGunzip());
}

export async function ggm05c(maxDegree: number): Promise<Geopotential> {
  const file = 'GGM05C-degree-60.gfc';
  return (await readGfc(open(file), { file, maxDegree })).constant;
}

async function table(file: string): Promise<EpochTable> {
  return readEpochTable(open(file), { file });
}

export async function orbitTable(file: string): Promise<OrbitTable> {
  const read = await table(file);
  if (read.kind !== 'orbit') throw new Error(`${file} is not an orbit`);
  return read;
}

export async function rangingTable(file: string): Promise<RangingTable> {
  const read = await table(file);
  if (read.kind !== 'ranging') throw new Error(`${file} holds no range rates`);
  return read;
}

/** Indices of the epochs in [start, end]. */
function within(epochs: Float64Array, start: number, end: number): [number, number] {
  const first = epochs.findIndex((t) => t >= start);
  const past = epochs.findIndex((t) => t > end);
  return [first, past < 0 ? epochs.length : past];
}

function satelliteArc(orbit: OrbitTable, start: number, end: number, velocities: boolean): SatelliteArc {
  const [a, b] = within(orbit.gpsSeconds, start, end);
  const velocity = orbit.velocity.slice(3 * a, 3 * b);
  return {
    satellite: orbit.satellite ?? '',
    orbit: {
      frame: orbit.frame === 'inertial' ? 'celestial' : 'terrestrial',
      gpsSeconds: orbit.gpsSeconds.slice(a, b),
      position: orbit.position.slice(3 * a, 3 * b),
      velocity: velocities ? velocity : velocity.fill(Number.NaN),
    },
  };
}

export function cutArcs(
  orbits: readonly OrbitTable[],
  ranging: RangingTable,
  arcSeconds: number,
  velocities = true,
): ArcObservations[] {
  const { gpsSeconds } = orbits[0];
  const [start, end] = [gpsSeconds[0], gpsSeconds[gpsSeconds.length - 1]];
  return Array.from({ length: Math.round((end - start) / arcSeconds) }, (_, k) => {
    const from = start + k * arcSeconds;
    const to = from + arcSeconds;
    const [a, b] = within(ranging.gpsSeconds, from, to);
    return {
      startGpsSeconds: from,
      endGpsSeconds: to,
      satellites: orbits.map((orbit) => satelliteArc(orbit, from, to, velocities)),
      ranging: {
        instrument: ranging.file,
        gpsSeconds: ranging.gpsSeconds.slice(a, b),
        rangeRate: ranging.rangeRate.slice(a, b),
      },
    };
  });
}

/** The field with seeded errors uniform in ±1.2e-8/n^2.2: 19 mm of geoid at degree 2, 0.2 mm at 30. */
export function displaced(truth: Geopotential): Geopotential {
  let state = 7;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
  const c = truth.c.slice();
  const s = truth.s.slice();
  for (let n = 2; n <= truth.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      c[triangleIndex(n, m)] += (random() * 2.4e-8) / n ** 2.2;
      if (m > 0) s[triangleIndex(n, m)] += (random() * 2.4e-8) / n ** 2.2;
    }
  }
  return { ...truth, name: 'displaced', c, s };
}
