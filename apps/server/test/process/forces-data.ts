import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type EarthRotationSpec, type Geopotential, gpsToIso } from '@gravity/geodesy';
import { type SimulatedDay, simulateMission } from '@gravity/recovery';
import {
  COMPLETE_FORCES,
  type ForcesSpec,
  forcesStatement,
  loadForces,
  loadStaticField,
  resolveEarthRotation,
} from '@gravity/server';
import type { Harness } from '../ingest/harness.js';

/** 2021-07-17T00:00:00 GPS. */
export const START = 679_752_000;
export const SATELLITES = ['GRACE-C', 'GRACE-D'] as const;
export const noUserFile = () => Promise.reject(new Error('not asked for'));

export async function ggm05c(maxDegree: number): Promise<Geopotential> {
  return (await loadStaticField({ name: 'GGM05C', maxDegree, mjd: 59_412 }, noUserFile)).field;
}

/** A day of a pair over a field, with forces and without noise and drag. */
export async function simulate(
  trueField: Geopotential,
  spec: 'none' | ForcesSpec = COMPLETE_FORCES,
): Promise<SimulatedDay> {
  const earthRotation: EarthRotationSpec = (
    await resolveEarthRotation({ model: 'iers2010' }, START, START + 86_400, 120)
  ).spec;
  const reference = { role: 'static_field', name: '', sha256: '', source: '' } as const;
  const { forces } = await loadForces(spec, {
    startGpsSeconds: START,
    endGpsSeconds: START + 86_400,
    staticField: { field: trueField, reference },
    earthRotation,
    openUserFile: noUserFile,
  });
  const [day] = simulateMission({
    satellites: SATELLITES,
    startGpsSeconds: START,
    days: 1,
    trueField,
    earthRotation,
    ...(forces && { forces }),
    nonGravitational: false,
    sampling: { orbitSeconds: 30, rangingSeconds: 10 },
  });
  return day;
}

/** Tables of a simulated day that state the forces, or say nothing. */
export function tablesOf(
  { satellites, ranging }: SimulatedDay,
  spec: 'none' | ForcesSpec | undefined,
): Record<string, string> {
  const statement = spec === undefined ? '' : `# forces: ${forcesStatement(spec)}\n`;
  const files: Record<string, string> = {};
  for (const { satellite, gpsSeconds, position, velocity } of satellites) {
    files[`${satellite}.csv`] = orbitTable(
      `# satellite: ${satellite}\n${statement}# frame: terrestrial\n`,
      gpsSeconds,
      position,
      velocity,
    );
  }
  const rows = Array.from(ranging.gpsSeconds, (t, i) => `${t},${ranging.rangeRate[i]}`);
  files['range-rate.csv'] = `${statement}gps_seconds,range_rate [m/s]\n${rows.join('\n')}\n`;
  return files;
}

export function orbitTable(
  header: string,
  gpsSeconds: Float64Array,
  position: Float64Array,
  velocity: Float64Array,
): string {
  const rows = Array.from(gpsSeconds, (t, i) =>
    [t, ...position.subarray(3 * i, 3 * i + 3), ...velocity.subarray(3 * i, 3 * i + 3)].join(','),
  );
  return `${header}gps_seconds,x [m],y [m],z [m],vx [m/s],vy [m/s],vz [m/s]\n${rows.join('\n')}\n`;
}

/** The first hours of the real arc of GRACE-C (GEORB v.1.7.4.9, ICRF, 10 s) as a table of whole GPS seconds. */
export function realOrbitTable(hours: number): string {
  const file = new URL(
    '../../../../packages/recovery/test/fixtures/real-orbit/GRACE-C_59412_orbit_crf.orb.gz',
    import.meta.url,
  );
  const [, body] = gunzipSync(readFileSync(file))
    .toString('latin1')
    .split(/end_of_header.*\n/);
  const rows = body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 360 * hours + 1)
    .map((line, i) => {
      // Columns: MJD (TT), seconds, then the state; the first epoch is 0h GPS.
      const state = line.trim().split(/\s+/).slice(-6);
      return [START + 10 * i, ...state].join(',');
    });
  return `# satellite: GRACE-C\n# frame: inertial\ngps_seconds,x [m],y [m],z [m],vx [m/s],vy [m/s],vz [m/s]\n${rows.join('\n')}\n`;
}

export const isoOf = (gpsSeconds: number): string => gpsToIso(gpsSeconds, 0, 0);

/** The bytes of the only product of a kind (whose name ends as told). */
export async function productText(
  { db, objects }: Pick<Harness, 'db' | 'objects'>,
  result: Record<string, unknown>,
  kind: string,
  suffix = '',
): Promise<string> {
  const products = result.products as { id: string; kind: string; file_name: string }[];
  const found = products.filter((p) => p.kind === kind && p.file_name.endsWith(suffix));
  if (found.length !== 1) throw new Error(`${found.length} products ${kind} ${suffix}`);
  const { object_key: key } = await db.kysely
    .selectFrom('gravity_products')
    .select('object_key')
    .where('id', '=', found[0].id)
    .executeTakeFirstOrThrow();
  const chunks: Uint8Array[] = [];
  for await (const chunk of await objects.get('products', key)) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}
