import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accuracyRows, followJob, type GravityClient } from '@gravity/cli';
import { parseGfc } from '@gravity/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, simulateDay, temporaryFolder } from './support/mission.js';
import { runCommand, type ServerProcess, signIn, spawnServer } from './support/server-process.js';

const DEGREE = 8;
/** The Earth of the simulation turns evenly, as in textbooks. */
const RATE = 7.292115e-5;
const ANGLE = 0.3;
const EPOCH = '2021-07-17T00:00:00Z';
const ROTATION = [
  ...['--earth-rotation', 'constant', '--rotation-rate', String(RATE)],
  ...['--rotation-angle', String(ANGLE), '--rotation-epoch', EPOCH],
];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess | undefined;
const sim = () => join(folder.path, 'sim');
const table = (name: string) => join(sim(), 'tables', `${name}-2021-07-17.csv`);
const read = async (file: string) => (await parseGfc(await readFile(file, 'utf8'), { file })).constant;

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(sim(), DEGREE, ['--tables', '--no-non-gravitational', ...ROTATION]);
});
afterAll(async () => {
  await server?.stop();
  await folder.remove();
});

const inputs = () => [
  ...['--orbit', table('orbit-c'), '--orbit', table('orbit-d'), '--range-rate', table('range-rate')],
  ...['--degree', String(DEGREE), '--truth', join(sim(), 'truth.gfc')],
];

describe('plain tables and an evenly turning Earth', () => {
  test('gravity recover finds the truth from tables, and the same from Level-1B files', async () => {
    const out = join(folder.path, 'tables.gfc');
    const { code, stdout, stderr } = await runCommand([
      'recover',
      ...inputs(),
      ...ROTATION,
      '--json',
      '--out',
      out,
    ]);
    expect(code, stderr).toBe(0);
    const { accuracy, after } = JSON.parse(stdout);
    // 77 coefficients: twice the formal error is beyond ten sigma
    expect(accuracy.total.error).toBeLessThan(2 * accuracy.total.formal);
    expect(accuracy.total.error).toBeLessThan(accuracy.total.apriori / 20);
    // the noise of the simulation comes out again: 0.2 µm/s and 2 cm, within 3 % (17 280 values: 0.5 %)
    const rangeRate = after.find((r: { type: string }) => r.type === 'range_rate');
    expect(rangeRate.rms / 2e-7).toBeGreaterThan(0.97);
    expect(rangeRate.rms / 2e-7).toBeLessThan(1.03);

    const files = (pattern: string) => join(sim(), `${pattern}_04.txt`);
    const level1b = join(folder.path, 'level1b.gfc');
    const second = await runCommand([
      'recover',
      ...['--orbit', files('GNV1B_2021-07-17_C'), '--orbit', files('GNV1B_2021-07-17_D')],
      ...[
        '--range-rate',
        files('KBR1B_2021-07-17_Y'),
        '--degree',
        String(DEGREE),
        ...ROTATION,
        '--out',
        level1b,
      ],
    ]);
    expect(second.code, second.stderr).toBe(0);
    // the file's raw rate and its corrections add up to the table's rate but for the last bit of a double (1e-17 m/s)
    const [a, b] = await Promise.all([read(out), read(level1b)]);
    const difference = Math.max(...a.c.map((value, i) => Math.abs(value - b.c[i])));
    expect(difference).toBeLessThan(1e-18);
  });

  test('the wrong rotation of the Earth shows in sigma0', async () => {
    const out = join(folder.path, 'wrong.gfc');
    const { code, stdout, stderr } = await runCommand(['recover', ...inputs(), '--json', '--out', out]);
    expect(code, stderr).toBe(0);
    const { sigma0, accuracy } = JSON.parse(stdout);
    // positions miss by metres where 2 cm are stated
    expect(sigma0).toBeGreaterThan(50);
    expect(accuracy.total.error).toBeGreaterThan(0.01);
  });

  test('the same over HTTP', async () => {
    server = await spawnServer({ dataDir: join(folder.path, 'data'), fileSources: [join(sim(), 'tables')] });
    const client: GravityClient = await signIn(server.url);
    const ingested = await client.ingest({
      data_source: `file:${join(sim(), 'tables')}`,
      data_type: 'table',
      satellites: DAY.satellites,
    });
    const { result } = await followJob(client, ingested.id);
    expect(result?.totals).toMatchObject({ ingested: 3, rejected: 0, records: 3 * 17_280 });
    const job = await client.process({
      algorithm: 'variational',
      degree_max: DEGREE,
      regularization: { kaula: 0, tikhonov: 0 },
      output_products: ['coefficients'],
      start_time: DAY.start,
      end_time: DAY.end,
      satellites: DAY.satellites,
      background_models: {
        earth_rotation: { model: 'constant', rate: RATE, angle_at_epoch: ANGLE, epoch: EPOCH },
      },
    });
    await followJob(client, job.id);
    const products = await client.products({ job_id: job.id, kind: 'coefficients' });
    const solution = await read(await client.download(products[0], folder.path));
    const [truth, offline] = await Promise.all([
      read(join(sim(), 'truth.gfc')),
      read(join(folder.path, 'tables.gfc')),
    ]);
    const { total } = accuracyRows(solution, offline, truth);
    expect(total.error).toBeLessThan(2 * total.formal!);
    // the command and the server are one recovery: they differ by far less than their formal error
    expect(accuracyRows(solution, offline, offline).total.error).toBeLessThan(total.formal! / 100);
  });
});

describe('the command tells what is wrong', () => {
  test.each([
    [['recover', '--orbit', 'none.csv'], 'none.csv: no such file'],
    [['compare', 'a.gfc'], 'missing required argument'],
    [['simulate', '--out', 'x', '--start', '2021-02-30'], '2021-02-30'],
    [['jobs', '--server', 'http://127.0.0.1:9'], 'not logged in'],
    [['recover', '--orbit', 'x', '--degree', '1'], 'a degree from 2 to 2190'],
  ])('%j', async (args, text) => {
    const { code, stderr } = await runCommand(args, {
      env: { GRAVITY_CONFIG: join(folder.path, 'none.json') },
    });
    expect(code).toBe(1);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('a table that leaves its frame open is refused with line and what to add', async () => {
    const path = join(folder.path, 'orbit.csv');
    await writeFile(path, '# time_scale: GPS\ngps_seconds,x,y,z,vx,vy,vz\n1,2,3,4,5,6,7\n');
    const { code, stderr } = await runCommand(['convert', path, join(folder.path, 'x.csv')]);
    expect(code).toBe(1);
    expect(stderr).toContain('orbit.csv, line 3: state the frame: `# frame: inertial|terrestrial`');
  });
});
