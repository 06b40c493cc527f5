// A month: degree 60, 30 days, range rates every 5 s, positions once a minute; everything from the observations in
// memory to the field with its full covariance, one linearization. The simulation is not counted.
//   node bench/month.mjs [--degree 60] [--days 30] [--backend openblas|wasm] [--threads 2] [--json file]
import os from 'node:os';
import { parseArgs } from 'node:util';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import { addArcNormals, computeNormals, emptyNormals, solveNormals } from '@gravity/recovery';
import {
  geoidDifference,
  kaulaField,
  parametersOf,
  rankUpdateRate,
  setupOf,
  simulatedArcs,
} from './lib/case.mjs';
import { save, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '60' },
    days: { type: 'string', default: '30' },
    backend: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    json: { type: 'string' },
  },
});
const degree = whole(values, 'degree', 2, 180);
const days = whole(values, 'days', 1, 366);
enableRelaxedSimd();
const la = await createLinearAlgebra({
  backend: values.backend,
  threads: whole(values, 'threads', 1, 256),
});
console.log(`degree ${degree}, ${days} days, ${la.description}`);
const truth = kaulaField(degree, 'truth');
const apriori = kaulaField(degree, 'a-priori', truth);
const n = parametersOf(degree);
const rate = await rankUpdateRate(la, n);
const arcs = simulatedArcs({ truth, days });
const setup = setupOf(degree, apriori);

const began = performance.now();
const stages = {};
let normals;
let compressed = 0;
for (const [i, arc] of arcs.entries()) {
  const part = await computeNormals(setup, arc, la);
  for (const [stage, seconds] of Object.entries(part.stages)) {
    stages[stage] = (stages[stage] ?? 0) + seconds;
  }
  compressed += part.compression.rows;
  const since = performance.now();
  normals ??= emptyNormals(setup, la);
  addArcNormals(normals, part);
  stages.sum = (stages.sum ?? 0) + (performance.now() - since) / 1000;
  const elapsed = (performance.now() - began) / 1000;
  if (i % 5 === 4) console.log(`${elapsed.toFixed(1).padStart(7)} s  ${i + 1} arcs`);
}
const since = performance.now();
const solution = await solveNormals(setup, normals, { kaula: 0, tikhonov: 0 }, la, { covariance: true });
stages.solve = (performance.now() - since) / 1000;
const seconds = (performance.now() - began) / 1000;
const errors = geoidDifference(solution.field, truth);
const observations = arcs.reduce(
  (sum, { satellites, ranging }) =>
    sum +
    ranging.gpsSeconds.length +
    satellites.reduce((positions, { orbit }) => positions + 3 * orbit.gpsSeconds.length, 0),
  0,
);
/** What the uncompressed rank update alone would take at full speed. */
const fullRankUpdateSeconds = (observations * n * (n + 1)) / rate;
const figures = {
  degree,
  days,
  parameters: n,
  backend: la.backend,
  description: la.description,
  observations,
  rowsAccumulated: compressed,
  seconds,
  secondsPerDay: seconds / days,
  stages,
  rankUpdateGigaflops: rate / 1e9,
  fullRankUpdateSeconds,
  ratioToFullRankUpdate: seconds / fullRankUpdateSeconds,
  effectiveGigaflops: (observations * n * (n + 1)) / seconds / 1e9,
  peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  geoidErrorMeters: { largest: Math.max(...errors), apriori: Math.max(...geoidDifference(apriori, truth)) },
};
console.table(Object.fromEntries(Object.entries(stages).map(([stage, s]) => [stage, s.toFixed(2)])));
console.log(
  `${seconds.toFixed(1)} s in all, ${(figures.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB; ` +
    `the plain rank update of all ${observations} rows alone: ${fullRankUpdateSeconds.toFixed(1)} s at ${(rate / 1e9).toFixed(0)} GF/s; ` +
    `largest geoid error ${figures.geoidErrorMeters.largest.toExponential(1)} m (a priori ${figures.geoidErrorMeters.apriori.toExponential(1)} m)`,
);
await save(`month-${la.backend}`, figures, values.json);
await la.close();
