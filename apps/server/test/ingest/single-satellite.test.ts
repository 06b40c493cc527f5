import { parseGfc } from '@gravity/formats';
import { type Geopotential, isoToGpsSeconds } from '@gravity/geodesy';
import { degreeAmplitudes, differenceDegreeAmplitudes, errorDegreeAmplitudes } from '@gravity/products';
import { simulateMission } from '@gravity/recovery';
import { createProcessTask, loadConfig, loadStaticField, registerSatellites } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturbed } from '../process/simulated-data.js';
import { createHarness, type Harness } from './harness.js';

/** Kinematic positions of one satellite, as CHAMP and Swarm give them: no velocities, no ranging, no accelerometer. */
const DEGREE = 6;
const SIGMA = 0.01;
const START = isoToGpsSeconds('2023-06-01T00:00:00Z');
const ROTATION = { rate: 7.292115e-5, angleAtEpoch: 1.2, epochGpsSeconds: START };
const interval = { start_time: '2023-06-01T00:00:00Z', end_time: '2023-06-02T00:00:00Z' };

let harness: Harness;
let aPriori: Geopotential;
let truth: Geopotential;
beforeAll(async () => {
  harness = await createHarness();
  const request = { name: 'GGM05C', maxDegree: DEGREE, mjd: 60096 };
  aPriori = (await loadStaticField(request, () => Promise.reject(new Error('no uploads')))).field;
  truth = disturbed(aPriori);
});
afterAll(async () => {
  registerSatellites([]);
  await harness.close();
});

/** A table of GPS seconds and terrestrial positions every 30 s. */
function positions(header: string): string {
  const [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: START,
    days: 1,
    trueField: truth,
    earthRotation: { model: 'constant', ...ROTATION },
    nonGravitational: false,
    sampling: { orbitSeconds: 30, rangingSeconds: 60 },
    noise: { position: SIGMA },
  });
  const { gpsSeconds, position } = day.satellites[0];
  const rows = Array.from(gpsSeconds, (t, i) => [t, ...position.subarray(3 * i, 3 * i + 3)].join(','));
  return `${header}# frame: terrestrial\ngps_seconds,x [m],y [m],z [m]\n${rows.join('\n')}\n`;
}

async function process(satellite: string): Promise<Geopotential> {
  const result = await harness.runTask(createProcessTask(), {
    algorithm: 'variational',
    degree_max: DEGREE,
    regularization: { kaula: 0, tikhonov: 0 },
    output_products: ['coefficients'],
    satellites: [satellite],
    ...interval,
    background_models: {
      earth_rotation: {
        model: 'constant',
        rate: ROTATION.rate,
        angle_at_epoch: ROTATION.angleAtEpoch,
        epoch_gps_seconds: ROTATION.epochGpsSeconds,
      },
    },
    observations: { sigma_position: SIGMA, position_sampling_seconds: 30, use_accelerometer: false },
  });
  const [product] = (result.products as { id: string; kind: string; file_name: string }[]).filter(
    ({ kind }) => kind === 'coefficients',
  );
  const { object_key: key } = await harness.db.kysely
    .selectFrom('gravity_products')
    .select('object_key')
    .where('id', '=', product.id)
    .executeTakeFirstOrThrow();
  const chunks: Uint8Array[] = [];
  for await (const chunk of await harness.objects.get('products', key)) chunks.push(chunk as Uint8Array);
  expect(product.file_name).toContain(satellite === 'CHAMP' ? 'GPB_CHAMP_' : 'GPB_MAGIC_');
  return (await parseGfc(Buffer.concat(chunks).toString('utf8'), { file: product.file_name })).constant;
}

describe('one satellite with positions only', () => {
  it('gives a field within its formal error', async () => {
    harness.folder('champ', { 'CHAMP-2023-06-01.csv': positions('') });
    const result = await harness.run({
      data_source: 'file:champ',
      data_type: 'table',
      satellites: ['champ'],
      ...interval,
    });
    expect(result.files[0]).toMatchObject({ product: 'table_orbit', satellite: 'CHAMP', records: 2880 });
    const field = await process('CHAMP');
    const before = differenceDegreeAmplitudes(truth, aPriori, 'geoidHeight', { minDegree: 2 });
    const after = differenceDegreeAmplitudes(truth, field, 'geoidHeight', { minDegree: 2 });
    const formal = errorDegreeAmplitudes(field, 'geoidHeight', { minDegree: 2 });
    expect(degreeAmplitudes(field).amplitudes[2]).toBeGreaterThan(1000);
    expect(before.cumulative[DEGREE]).toBeGreaterThan(0.005);
    // 45 coefficients of white noise as stated: twice the formal error is beyond nine sigma of their sum
    expect(after.cumulative[DEGREE]).toBeLessThan(2 * formal.cumulative[DEGREE]);
    expect(after.cumulative[DEGREE]).toBeGreaterThan(0.4 * formal.cumulative[DEGREE]);
    expect(after.cumulative[DEGREE]).toBeLessThan(0.5 * before.cumulative[DEGREE]);
  });

  it('of a mission that only the missions file knows', async () => {
    const folder = harness.folder('config', {
      'missions.json': '{"satellites":[{"name":"MAGIC-P1","mission":"MAGIC","aliases":["NGGM-1"]}]}',
    });
    const env = { GRAVITY_DATA_DIR: harness.config.dataDir };
    const run = () =>
      harness.run({ data_source: 'file:magic', data_type: 'table', satellites: ['NGGM-1'], ...interval });
    // the file names the satellite itself: the parsing thread has to know it too
    harness.folder('magic', { 'orbit.csv': positions('# satellite: nggm-1\n') });
    await expect(run()).rejects.toThrow(/unknown satellite "NGGM-1"/i);
    loadConfig({ ...env, GRAVITY_MISSIONS_FILE: `${folder}/missions.json` });
    expect((await run()).files[0]).toMatchObject({ satellite: 'MAGIC-P1', status: 'ingested' });
    const field = await process('MAGIC-P1');
    const after = differenceDegreeAmplitudes(truth, field, 'geoidHeight', { minDegree: 2 });
    expect(after.cumulative[DEGREE]).toBeLessThan(0.01);
  });
});
