// Times the recovery of one simulated day: backends, threads, row compression.
//   node bench/arc.mjs [--degree 60] [--repeats 3] [--json file]
import { parseArgs } from 'node:util';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import { addArcNormals, computeArcNormals, emptyNormals, evaluateArc, solveNormals } from '@gravity/recovery';
import { kaulaField, parametersOf, rankUpdateRate, setupOf, simulatedArcs } from './lib/case.mjs';
import { fixed, repeat, save, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '60' },
    repeats: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
const degree = whole(values, 'degree', 2, 180);
const repeats = whole(values, 'repeats', 1, 100);
enableRelaxedSimd();

const field = kaulaField(degree, 'truth');
const [arc] = simulatedArcs({ truth: field, days: 1, noise: { rangeRate: 1e-7, position: 0.01 } });
const setup = setupOf(degree, field);

const n = parametersOf(degree);
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
    const gigaflops = (await rankUpdateRate(la, n)) / 1e9;
    for (const rowCompression of [false, true]) {
      const timing = await repeat(repeats, () => computeArcNormals({ ...setup, rowCompression }, arc, la));
      const { compression } = timing.result;
      const bare = (compression.rows * n * (n + 1)) / (gigaflops * 1e9);
      rows.push({
        backend,
        threads,
        rowCompression,
        rows: compression.rows,
        truncation: compression.truncation,
        seconds: timing.seconds,
        rankUpdateLimitSeconds: bare,
        ratioToLimit: timing.seconds.median / bare,
        syrkGigaflopsPerSecond: gigaflops,
      });
    }
    const orbit = await repeat(repeats, () => evaluateArc(setup, arc, la));
    const total = emptyNormals(setup, la);
    addArcNormals(total, await computeArcNormals(setup, arc, la));
    const solve = await repeat(repeats, () => solveNormals(setup, total, { kaula: 1e-5, tikhonov: 0 }, la));
    rows.push({ backend, threads, orbitsOnlySeconds: orbit.seconds, solveSeconds: solve.seconds });
    await la.close();
  }
}

console.log(`one day, degree ${degree} (${n} parameters), ${repeats} repeats: median (min–max)`);
console.table(
  rows
    .filter((row) => row.seconds)
    .map(
      ({ backend, threads, rowCompression, rows: count, seconds, rankUpdateLimitSeconds, ratioToLimit }) => ({
        backend,
        threads,
        compressed: rowCompression,
        rows: count,
        seconds: fixed(seconds),
        'rank update at full speed s': rankUpdateLimitSeconds.toFixed(2),
        ratio: ratioToLimit.toFixed(2),
      }),
    ),
);
console.table(
  rows
    .filter((row) => row.solveSeconds)
    .map(({ backend, threads, orbitsOnlySeconds, solveSeconds }) => ({
      backend,
      threads,
      'orbits and residuals only s': fixed(orbitsOnlySeconds),
      'solve with covariance s': fixed(solveSeconds),
    })),
);
await save('recovery', { degree, parameters: n, repeats, rows }, values.json);
