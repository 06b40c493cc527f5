// Closed loop at degree 120 without noise: simulated days of range rates every 5 s and positions every 60 s, a field
// recovered from them with its full covariance, time, memory, and the error by degree against the truth.
//   node bench/degree-120.mjs [--degree 120] [--days 10] [--passes 1] [--kaula 0] [--backend auto] [--threads 2]
//                             [--panel-rows 2048] [--json docs/performance/degree-120.json]
// With --panel-rows the normals lie in panels of so many rows in a temporary file.
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { emptyGeopotential, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import {
  addArcNormals,
  addArcToPanels,
  computeNormals,
  emptyNormals,
  emptyPanelNormals,
  GaussianNoise,
  panelLayout,
  simulateMission,
  solveNormals,
  solvePanelNormals,
} from '@gravity/recovery';
import { openFilePanelStore } from '@gravity/server';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '120' },
    days: { type: 'string', default: '10' },
    passes: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    kaula: { type: 'string', default: '0' },
    'panel-rows': { type: 'string' },
    json: { type: 'string' },
  },
});
const degree = Number(values.degree);
const days = Number(values.days);
const passes = Number(values.passes);
const panelRows = values['panel-rows'] === undefined ? undefined : Number(values['panel-rows']);
const START = 738_849_600;
const GM = 3.986004415e14;
const RADIUS = 6_378_136.3;
const began = performance.now();
const seconds = () => (performance.now() - began) / 1000;
const say = (text) => console.log(`${seconds().toFixed(1).padStart(7)} s  ${text}`);

/** A field with the Earth's flattening and a power law like Kaula's; `from` is departed from by some centimetres. */
function field(name, scale, from) {
  const noise = new GaussianNoise(from ? 7 : 1);
  const made = emptyGeopotential(degree, GM, RADIUS, name, 'zero_tide');
  made.c[0] = 1;
  for (let n = 2; n <= degree; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      made.c[i] = (from?.c[i] ?? 0) + noise.next() * scale(n);
      if (m > 0) made.s[i] = (from?.s[i] ?? 0) + noise.next() * scale(n);
    }
  }
  if (!from) made.c[triangleIndex(2, 0)] = -4.84169e-4;
  return made;
}
const truth = field('truth', (n) => 0.7e-5 / n ** 2);
const apriori = field('a-priori', (n) => 1e-9 / n, truth);

const rms = (a, b) =>
  Array.from({ length: degree + 1 }, (_, n) => {
    let sum = 0;
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      sum += (a.c[i] - b.c[i]) ** 2 + (a.s[i] - b.s[i]) ** 2;
    }
    return RADIUS * Math.sqrt(sum);
  });

const earthRotation = { model: 'constant', rate: 7.292115e-5, angleAtEpoch: 0.3, epochGpsSeconds: START };
enableRelaxedSimd();
const la = await createLinearAlgebra({ backend: values.backend, threads: Number(values.threads) });
say(`degree ${degree}, ${days} days, ${la.description}`);
const arcs = [
  ...simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: START,
    days,
    trueField: truth,
    earthRotation,
    nonGravitational: false,
    sampling: { orbitSeconds: 60 },
    noise: {},
  }),
].map((day) => ({
  startGpsSeconds: day.startGpsSeconds,
  endGpsSeconds: day.startGpsSeconds + 86_400,
  satellites: day.satellites.map(({ satellite, gpsSeconds, position, velocity }) => ({
    satellite,
    orbit: { frame: 'terrestrial', gpsSeconds, position, velocity },
  })),
  ranging: {
    instrument: 'KBR1B',
    gpsSeconds: day.ranging.gpsSeconds,
    rangeRate: day.ranging.rangeRate,
  },
}));
const simulated = seconds();
say('simulated');

const setup = {
  degreeMin: 2,
  degreeMax: degree,
  earthRotation,
  sigmaRangeRate: 1e-7,
  sigmaPosition: 0.01,
  positionSamplingSeconds: 60,
  accelerometerBias: 'none',
  accelerometerScale: false,
  rangingEmpirical: 'none',
};
const regularization = { kaula: Number(values.kaula), tikhonov: 0 };
const n = (degree + 1) ** 2 - 4;
const stages = [];
let reference = apriori;
let solution;
let highest = 0;
const watch = setInterval(() => {
  highest = Math.max(highest, process.memoryUsage.rss());
}, 20).unref();
for (let pass = 1; pass <= passes; pass++) {
  const current = { ...setup, referenceField: reference };
  const store =
    panelRows === undefined
      ? undefined
      : await openFilePanelStore(
          join(os.tmpdir(), `gravity-panels-${process.pid}-${pass}`),
          panelLayout(n, panelRows),
        );
  const total = store ? emptyPanelNormals(current, store, panelRows) : emptyNormals(current, la);
  const start = seconds();
  let compression;
  const arcSeconds = [];
  // A function of its own: a variable of the loop would hold an arc's matrix while the next one is computed.
  const addArc = async (arc) => {
    const normals = await computeNormals(current, arc, la);
    if (store) await addArcToPanels(total, normals, la);
    else addArcNormals(total, normals);
    return normals.compression;
  };
  for (const [k, arc] of arcs.entries()) {
    const before = seconds();
    compression = await addArc(arc);
    arcSeconds.push(seconds() - before);
    say(
      `arc ${k + 1} in ${(seconds() - before).toFixed(1)} s, ${compression.rows} rows, ${(process.memoryUsage.rss() / 1e9).toFixed(2)} GB`,
    );
  }
  const summed = seconds();
  const peakOfArcs = Math.max(highest, process.resourceUsage().maxRSS * 1024);
  solution = store
    ? await solvePanelNormals(current, total, regularization, la)
    : await solveNormals(current, total, regularization, la, { overwriteNormals: true });
  await store?.close();
  reference = solution.field;
  stages.push({ arcs: summed - start, arcSeconds, solve: seconds() - summed, peakOfArcs, compression });
  say(
    `pass ${pass}: solved in ${(seconds() - summed).toFixed(1)} s, sigma0 ${solution.sigma0.toExponential(2)}`,
  );
}
clearInterval(watch);
const before = rms(apriori, truth);
const after = rms(solution.field, truth);
const nothing = { c: new Float64Array(truth.c.length), s: new Float64Array(truth.c.length) };
/** From the covariance, by the rounding of the simulated data that the residuals show. */
const formal = rms({ c: solution.field.sigmaC, s: solution.field.sigmaS }, nothing);
const report = {
  degree,
  days,
  passes,
  parameters: n,
  observations: solution.observationCount,
  linearAlgebra: la.description,
  processor: os.cpus()[0]?.model,
  cores: os.availableParallelism(),
  panelRows: panelRows ?? null,
  seconds: { simulation: simulated, stages, total: seconds() },
  peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  conditionEstimate: solution.conditionEstimate,
  sigma0: solution.sigma0,
  geoidErrorMeters: { perDegreeBefore: before, perDegreeAfter: after, perDegreeFormal: formal },
};
await la.close();
const total = (list) => Math.sqrt(list.reduce((sum, value) => sum + value ** 2, 0));
console.table(
  [2, 10, 30, 60, 90, 120, 150, 180]
    .filter((l) => l <= degree)
    .map((l) => ({
      degree: l,
      'a-priori error, m': before[l].toExponential(2),
      'error, m': after[l].toExponential(2),
      'formal error, m': formal[l].toExponential(2),
    })),
);
say(
  `geoid error ${total(before).toExponential(2)} m before, ${total(after).toExponential(2)} m after; ` +
    `peak memory ${(report.peakMemoryBytes / 1e9).toFixed(2)} GB, condition ${solution.conditionEstimate.toExponential(1)}`,
);
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
