// How the cost grows: seconds and memory of the recovery against degree, days and sampling, each alone.
//   node bench/size.mjs [--repeats 3] [--backend auto] [--threads 2] [--json file]
import os from 'node:os';
import { parseArgs } from 'node:util';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import { addArcNormals, computeNormals, emptyNormals, solveNormals } from '@gravity/recovery';
import { kaulaField, parametersOf, setupOf, simulatedArcs } from './lib/case.mjs';
import { fixed, repeat, save, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    backend: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    json: { type: 'string' },
  },
});
const repeats = whole(values, 'repeats', 1, 100);
enableRelaxedSimd();
const la = await createLinearAlgebra({ backend: values.backend, threads: whole(values, 'threads', 1, 256) });

async function measure(against, value, { degree = 40, days = 1, rangingSeconds = 5 }) {
  const truth = kaulaField(degree, 'truth');
  const arcs = simulatedArcs({ truth, days, rangingSeconds });
  const setup = setupOf(degree, kaulaField(degree, 'a-priori', truth));
  let rows = 0;
  const whole = await repeat(repeats, async () => {
    const normals = emptyNormals(setup, la);
    rows = 0;
    for (const arc of arcs) {
      const part = await computeNormals(setup, arc, la);
      rows += part.compression.rows;
      addArcNormals(normals, part);
    }
    await solveNormals(setup, normals, { kaula: 1e-5, tikhonov: 0 }, la);
  });
  const result = { against, value, parameters: parametersOf(degree), rows, seconds: whole.seconds };
  console.log(`${against} ${value}: ${fixed(result.seconds)} s, ${rows} rows`);
  return result;
}

const results = [];
for (const degree of [10, 20, 30, 40, 60, 90]) results.push(await measure('degree', degree, { degree }));
for (const days of [1, 2, 4, 8]) results.push(await measure('days', days, { days }));
for (const rangingSeconds of [1, 2, 5, 10, 30])
  results.push(await measure('sampling in seconds', rangingSeconds, { rangingSeconds }));
/** Exponent p of seconds ~ valueᵖ between the last two. */
const exponent = (against) => {
  const [a, b] = results.filter((r) => r.against === against).slice(-2);
  return Math.log(b.seconds.median / a.seconds.median) / Math.log(b.value / a.value);
};
await save(
  'size',
  {
    linearAlgebra: la.description,
    results,
    exponents: { degree: exponent('degree'), days: exponent('days') },
  },
  values.json,
);
await la.close();
