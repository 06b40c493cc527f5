import { createHash, randomUUID } from 'node:crypto';
import { type Geopotential, gpsToIso, triangleIndex } from '@gravity/geodesy';
import { GaussianNoise, simulateMission } from '@gravity/recovery';
import type { TestServer } from './support.js';

export const SATELLITES = ['SIM-A', 'SIM-B'] as const;
/** 2023-06-01T00:00:00 UTC. */
export const START = 738_849_618;
export const ROTATION = { rate: 7.292115e-5, angleAtEpoch: 1.2, epochGpsSeconds: START } as const;

/** A field off the given one by a rough power law, far beyond formal errors: 1e-9/n per coefficient. */
export function disturbed(field: Geopotential): Geopotential {
  const c = field.c.slice();
  const s = field.s.slice();
  let phase = 0.3;
  for (let n = 2; n <= field.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      phase = (phase * 7.7 + 0.31) % 1;
      c[triangleIndex(n, m)] += (1e-9 / n) * Math.sin(2 * Math.PI * phase);
      if (m > 0) s[triangleIndex(n, m)] += (1e-9 / n) * Math.cos(2 * Math.PI * phase);
    }
  }
  return { ...field, name: 'disturbed', c, s };
}

/** Noise of one simulated day: standard deviation of a coordinate (m), and of each range rate (m/s). */
export interface DayNoise {
  readonly position: number;
  rangeRates(count: number): Float64Array;
}

export function whiteNoise(sigma: number, seed: number): DayNoise['rangeRates'] {
  const noise = new GaussianNoise(seed);
  return (count) => Float64Array.from({ length: count }, () => sigma * noise.next());
}

/** An autoregressive process of order 2 with real poles. */
export function redNoise(
  innovation: number,
  poles: readonly [number, number],
  seed: number,
): DayNoise['rangeRates'] {
  const noise = new GaussianNoise(seed);
  const [a, b] = poles;
  return (count) => {
    const out = new Float64Array(count);
    let [x1, x2] = [0, 0];
    for (let i = -3000; i < count; i++) {
      const x = (a + b) * x1 - a * b * x2 + innovation * noise.next();
      if (i >= 0) out[i] = x;
      x2 = x1;
      x1 = x;
    }
    return out;
  };
}

/**
 * Puts `days` simulated days into the database as ingested tables: states every 30 s in the celestial frame and range
 * rates every 10 s, without drag, and without noise but what is stated day by day.
 */
export async function insertMission(
  server: TestServer,
  trueField: Geopotential,
  days: number,
  noiseOfDays: readonly DayNoise[] = [],
): Promise<void> {
  const random = new GaussianNoise(20_230_601);
  let index = 0;
  const simulated = simulateMission({
    satellites: SATELLITES,
    startGpsSeconds: START,
    days,
    trueField,
    earthRotation: { model: 'constant', ...ROTATION },
    nonGravitational: false,
    sampling: { orbitSeconds: 30, rangingSeconds: 10 },
  });
  for (const day of simulated) {
    const noise = noiseOfDays[index++];
    for (const satellite of day.satellites) {
      const { gpsSeconds, celestialPosition, celestialVelocity: v } = satellite;
      const p = celestialPosition.map((x) => x + (noise?.position ?? 0) * random.next());
      const fileId = await insertFile(server, 'table_orbit', satellite.satellite, gpsSeconds, [
        'x',
        'y',
        'z',
        'vx',
        'vy',
        'vz',
      ]);
      await insertRows(gpsSeconds.length, (from, to) =>
        server.db.kysely
          .insertInto('satellite_observations')
          .values(
            range(from, to).map((i) => ({
              time: gpsToIso(gpsSeconds[i]),
              gps_seconds: gpsSeconds[i],
              satellite: satellite.satellite,
              product: 'table_orbit',
              file_id: fileId,
              values: [...p.subarray(3 * i, 3 * i + 3), ...v.subarray(3 * i, 3 * i + 3)],
            })),
          )
          .execute(),
      );
    }
    const { gpsSeconds } = day.ranging;
    const errors = noise?.rangeRates(gpsSeconds.length);
    const rangeRate = day.ranging.rangeRate.map((x, i) => x + (errors?.[i] ?? 0));
    const pair = SATELLITES.join('/');
    const fileId = await insertFile(server, 'table_range_rate', pair, gpsSeconds, ['range_rate']);
    await insertRows(gpsSeconds.length, (from, to) =>
      server.db.kysely
        .insertInto('baseline_vectors')
        .values(
          range(from, to).map((i) => ({
            time: gpsToIso(gpsSeconds[i]),
            gps_seconds: gpsSeconds[i],
            pair,
            product: 'table_range_rate',
            file_id: fileId,
            range_rate: rangeRate[i],
          })),
        )
        .execute(),
    );
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, k) => from + k);

async function insertRows(
  count: number,
  insert: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < count; from += 1000) await insert(from, Math.min(count, from + 1000));
}

async function insertFile(
  server: TestServer,
  product: string,
  satellite: string,
  gpsSeconds: Float64Array,
  columns: readonly string[],
): Promise<string> {
  const id = randomUUID();
  const name = `${product}_${satellite.replace('/', '-')}_${gpsSeconds[0]}.txt`;
  await server.db.kysely
    .insertInto('ingested_files')
    .values({
      id,
      sha256: createHash('sha256').update(name).digest('hex'),
      file_name: name,
      product,
      satellite,
      gps_start: gpsSeconds[0],
      gps_end: gpsSeconds[gpsSeconds.length - 1],
      records: gpsSeconds.length,
      bytes: 1,
      object_key: name,
      columns: JSON.stringify(columns.map((column) => ({ name: column, unit: null, kind: 'number' }))),
      quality: JSON.stringify({}),
      metadata: JSON.stringify({ frame: 'celestial' }),
      user_id: server.userId,
    })
    .execute();
  return id;
}
