// Times the recovery of one simulated day: backends, threads, row compression. Usage:
//   npm run bench -- [--degree 60] [--repeats 3]
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { emptyGeopotential, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import {
  addArcNormals,
  computeArcNormals,
  emptyNormals,
  evaluateArc,
  GaussianNoise,
  simulateMission,
  solveNormals,
} from '@gravity/recovery';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '60' },
    repeats: { type: 'string', default: '3' },
  },
});
const degree = Number(values.degree);
const repeats = Number(values.repeats);
if (!(degree >= 2 && degree <= 180) || !(repeats >= 1))
  throw new RangeError('--degree 2…180, --repeats from 1');
enableRelaxedSimd();

function kaulaField() {
  const noise = new GaussianNoise(1);
  const field = emptyGeopotential(degree, 3.986004415e14, 6378136.3, 'kaula', 'zero_tide');
  field.c[0] = 1;
  for (let n = 2; n <= degree; n++) {
    for (let m = 0; m <= n; m++) {
      field.c[triangleIndex(n, m)] = (noise.next() * 0.7e-5) / n ** 2;
      if (m > 0) field.s[triangleIndex(n, m)] = (noise.next() * 0.7e-5) / n ** 2;
    }
  }
  field.c[3] = -4.84169e-4;
  return field;
}

const field = kaulaField();
const earthRotation = { model: 'constant', rate: 7.292115e-5, angleAtEpoch: 0.3, epochGpsSeconds: 738849600 };
const [day] = simulateMission({
  satellites: ['SIM-A', 'SIM-B'],
  startGpsSeconds: 738849600,
  days: 1,
  trueField: field,
  earthRotation,
  nonGravitational: false,
  sampling: { orbitSeconds: 60 },
  noise: { rangeRate: 1e-7, position: 0.01 },
});
const arc = {
  startGpsSeconds: day.startGpsSeconds,
  endGpsSeconds: day.startGpsSeconds + 86_400,
  satellites: day.satellites.map((s) => ({
    satellite: s.satellite,
    orbit: { frame: 'terrestrial', gpsSeconds: s.gpsSeconds, position: s.position, velocity: s.velocity },
  })),
  ranging: { instrument: 'KBR1B', gpsSeconds: day.ranging.gpsSeconds, rangeRate: day.ranging.rangeRate },
};
const setup = {
  degreeMin: 2,
  degreeMax: degree,
  referenceField: field,
  earthRotation,
  sigmaRangeRate: 1e-7,
  sigmaPosition: 0.01,
  positionSamplingSeconds: 60,
  accelerometerBias: 'none',
  accelerometerScale: false,
  rangingEmpirical: 'none',
};

async function time(work) {
  const seconds = [];
  let result;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    result = await work();
    seconds.push((performance.now() - start) / 1000);
  }
  seconds.sort((a, b) => a - b);
  return { result, min: seconds[0], median: seconds[repeats >> 1], max: seconds[repeats - 1] };
}

const n = (degree + 1) ** 2 - 4;
const rows = [];
for (const backend of ['openblas', 'wasm']) {
  for (const threads of [1, 2]) {
    let la;
    try {
      la = await createLinearAlgebra({ backend, threads });
    } catch (error) {
      console.log(`${backend}: not here (${error instanceof Error ? error.message : error})`);
      break;
    }
    const k = 4096;
    const a = la.allocate(k * n).fill(0.5);
    const c = la.allocate(n * n);
    const limit = await time(() => la.syrk(n, k, 1, a, n, 0, c, n));
    const gigaflops = (n * (n + 1) * k) / limit.min / 1e9;
    for (const rowCompression of [false, true]) {
      const timing = await time(() => computeArcNormals({ ...setup, rowCompression }, arc, la));
      const { compression } = timing.result;
      const bare = (compression.rows * n * (n + 1)) / (gigaflops * 1e9);
      rows.push({
        backend,
        threads,
        rowCompression,
        rows: compression.rows,
        truncation: compression.truncation,
        seconds: { min: timing.min, median: timing.median, max: timing.max },
        rankUpdateLimitSeconds: bare,
        ratioToLimit: timing.median / bare,
        syrkGigaflopsPerSecond: gigaflops,
      });
    }
    const orbit = await time(() => evaluateArc(setup, arc, la));
    const total = emptyNormals(setup, la);
    addArcNormals(total, await computeArcNormals(setup, arc, la));
    const solve = await time(() => solveNormals(setup, total, { kaula: 1e-5, tikhonov: 0 }, la));
    rows.push({ backend, threads, orbitsOnlySeconds: orbit.median, solveSeconds: solve.median });
    await la.close();
  }
}

const report = {
  degree,
  parameters: n,
  repeats,
  machine: { cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version },
  rows,
};
console.log(
  `\none day, degree ${degree} (${n} parameters), ${repeats} repeats, ${report.machine.cpu}, ${report.machine.node}`,
);
console.table(
  rows
    .filter((r) => r.seconds)
    .map((r) => ({
      backend: r.backend,
      threads: r.threads,
      compressed: r.rowCompression,
      rows: r.rows,
      'median s': r.seconds.median.toFixed(2),
      'min s': r.seconds.min.toFixed(2),
      'max s': r.seconds.max.toFixed(2),
      'rank update at full speed s': r.rankUpdateLimitSeconds.toFixed(2),
      ratio: r.ratioToLimit.toFixed(2),
    })),
);
console.table(
  rows
    .filter((r) => r.solveSeconds)
    .map((r) => ({
      backend: r.backend,
      threads: r.threads,
      'orbits and residuals only s': r.orbitsOnlySeconds.toFixed(2),
      'solve with covariance s': r.solveSeconds.toFixed(2),
    })),
);
await mkdir(new URL('../docs/performance/', import.meta.url), { recursive: true });
const target = new URL('../docs/performance/recovery.json', import.meta.url);
await writeFile(target, `${JSON.stringify(report, null, 2)}\n`);
console.log(`written: docs/performance/recovery.json`);
