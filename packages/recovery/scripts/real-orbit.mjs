// Fits a dynamic orbit to the real reduced-dynamic arc of GRACE-C of 2021-07-17, with and without empirical
// accelerations and with each force left out in turn, and writes docs/validation/real-orbit.json. Usage:
//   node packages/recovery/scripts/real-orbit.mjs [--degree 180] [--hours 24] [--out FILE]
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createLinearAlgebra } from '@gravity/linalg';
import { determineOrbit } from '@gravity/recovery';
import { realOrbitData } from './real-orbit-data.mjs';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '180' },
    hours: { type: 'string', default: '24' },
    out: {
      type: 'string',
      default: fileURLToPath(new URL('../../../docs/validation/real-orbit.json', import.meta.url)),
    },
  },
});
const data = await realOrbitData({ degree: Number(values.degree), hours: Number(values.hours) });
const la = await createLinearAlgebra();

const perRevolution = [{}, { cyclesPerRevolution: 1 }];
const empirical = {
  none: [],
  constant_and_once_per_revolution: perRevolution,
  pieces_of_3_hours: [...perRevolution, { pieceSeconds: 10_800, sigma: 1e-8 }],
  pieces_of_1_hour: [...perRevolution, { pieceSeconds: 3600, sigma: 1e-8 }],
  pieces_of_30_minutes: [...perRevolution, { pieceSeconds: 1800, sigma: 1e-8 }],
  pieces_of_30_minutes_none_radial: [...perRevolution, { pieceSeconds: 1800, sigma: 1e-8 }].map((spec) => ({
    ...spec,
    directions: ['along', 'cross'],
  })),
};
const { forces } = data.setup;
const names = ['thirdBodies', 'solid', 'ocean', 'relativity', 'solidPole'];

async function fit(parameters, force = forces) {
  const began = process.cpuUsage().user;
  const setup = { ...data.setup, forces: force, empiricalAccelerations: empirical[parameters] };
  const result = await determineOrbit(setup, data.arc, la, {
    screening: { method: 'none' },
    outputSamplingSeconds: 3600,
  });
  const { celestial, orbital, max } = result.satellites[0].positions;
  const millimetres = (meters) => Number((1000 * meters).toFixed(3));
  const [x, y, z] = celestial.rms.map(millimetres);
  const [radial, along, cross] = orbital.rms.map(millimetres);
  const row = {
    rmsMillimetres: { x, y, z, radial, along, cross },
    meanRadialMillimetres: millimetres(orbital.mean[0]),
    largestMillimetres: millimetres(max),
    iterations: result.iterations,
    parameters: result.parameterCount,
    cpuSeconds: Number(((process.cpuUsage().user - began) / 1e6).toFixed(1)),
  };
  console.error(parameters, JSON.stringify(row));
  return row;
}

const withAllForces = {};
for (const name of Object.keys(empirical)) withAllForces[name] = await fit(name);
const forceLeftOut = {};
for (const off of [names, ...names.map((name) => [name])]) {
  const row = {};
  for (const parameters of [
    'constant_and_once_per_revolution',
    'pieces_of_30_minutes',
    'pieces_of_30_minutes_none_radial',
  ]) {
    row[parameters] = await fit(parameters, { ...forces, off });
  }
  forceLeftOut[off === names ? 'all of them' : off[0]] = row;
}
const report = {
  orbit: 'GRACE-C 2021-07-17, GEORB v.1.7.4.9, ICRF, 10 s',
  arc: { hours: (data.arc.endGpsSeconds - data.arc.startGpsSeconds) / 3600, samplingSeconds: 10 },
  models: {
    field: `${data.field.name} to degree ${data.field.degree}`,
    thirdBodies: 'Sun and Moon, analytical',
    tides: 'solid Earth (IERS 2010), solid Earth pole tide, FES2004 to degree 8 with admittance',
    relativity: 'Schwarzschild, Lense-Thirring, de Sitter',
    missing: 'accelerometer data, ocean tides above degree 8, dealiasing, ocean pole tide, planets',
  },
  notes: [
    'The arc was made with empirical accelerations of 30 minutes in every hour: pieces of 30 minutes can follow them, longer ones cannot.',
    'Relativity makes the orbit smaller by GM/c² = 4.4 mm, as a constant radial acceleration does: it is seen where none is estimated.',
  ],
  withAllForces,
  forceLeftOut,
};
await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
