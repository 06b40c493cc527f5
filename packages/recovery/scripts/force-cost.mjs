// Processor time of the orbits of a day (two satellites fitted to their positions) with and without forces. Usage:
//   node packages/recovery/scripts/force-cost.mjs [--degree 60] [--ocean 0,8,30,60,100]
import { parseArgs } from 'node:util';
import { triangleSize, truncateGeopotential } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import { determineOrbit, GaussianNoise, simulateMission } from '@gravity/recovery';
import { realOrbitData } from './real-orbit-data.mjs';

const { values } = parseArgs({
  options: { degree: { type: 'string', default: '60' }, ocean: { type: 'string', default: '0,8,30,60,100' } },
});
const { setup, arc } = await realOrbitData({});
const referenceField = truncateGeopotential(setup.referenceField, Number(values.degree));
const la = await createLinearAlgebra();

/** The waves at another degree, made up above that of the model. */
function wavesTo(degree) {
  const noise = new GaussianNoise(1);
  const size = triangleSize(degree);
  const extend = (a) => Float64Array.from({ length: size }, (_, i) => a[i] ?? 1e-13 * noise.next());
  return setup.forces.tides.ocean.waves.map((wave) => ({
    ...wave,
    maxDegree: degree,
    cosC: extend(wave.cosC),
    sinC: extend(wave.sinC),
    cosS: extend(wave.cosS),
    sinS: extend(wave.sinS),
  }));
}

let base;
for (const degree of [0, ...values.ocean.split(',').map(Number)]) {
  const ocean = degree > 0 ? { ocean: { waves: wavesTo(degree), admittance: true } } : {};
  const { ocean: _, ...tides } = setup.forces.tides;
  const forces = base === undefined ? undefined : { ...setup.forces, tides: { ...tides, ...ocean } };
  const common = { ...setup, referenceField, positionSamplingSeconds: 60, forces };
  const [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: arc.startGpsSeconds,
    days: 1,
    trueField: referenceField,
    earthRotation: setup.earthRotation,
    ...(forces ? { forces } : {}),
    nonGravitational: false,
    sampling: { orbitSeconds: 60 },
    noise: { position: 0.01 },
  });
  const satellites = day.satellites.map((s) => ({
    satellite: s.satellite,
    orbit: { frame: 'terrestrial', gpsSeconds: s.gpsSeconds, position: s.position, velocity: s.velocity },
  }));
  const observations = { ...arc, endGpsSeconds: arc.startGpsSeconds + 86_340, satellites };
  const run = async () => {
    const began = process.cpuUsage().user;
    const { iterations } = await determineOrbit(common, observations, la);
    return { seconds: (process.cpuUsage().user - began) / 1e6, iterations };
  };
  await run();
  const { seconds, iterations } = await run();
  base ??= seconds;
  const what = forces
    ? `Sun, Moon, relativity, solid and pole tide, ocean to degree ${degree}`
    : 'static field only';
  console.log(
    `degree ${values.degree}, ${what}: ${seconds.toFixed(2)} s in ${iterations} iterations (${(seconds / base).toFixed(2)})`,
  );
}
process.exit(0);
