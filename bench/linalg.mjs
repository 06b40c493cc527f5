// The rank update and the Cholesky routines through our path against plain OpenBLAS, on the same matrices: every
// configuration is a process of its own, since the thread count of OpenBLAS is one per process, and they take turns.
//   node bench/linalg.mjs [--degree 60] [--rows 4096] [--repeats 3] [--rounds 3] [--json file]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import { findOpenBlas } from '../packages/linalg/dist/openblas/library.js';
import { parametersOf } from './lib/case.mjs';
import { fixed, save, spread, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '60' },
    rows: { type: 'string', default: '4096' },
    repeats: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    /** Of a child: what to time. */
    time: { type: 'string' },
  },
});
const n = parametersOf(whole(values, 'degree', 10, 180));
const k = whole(values, 'rows', 64, 100_000);
const repeats = whole(values, 'repeats', 1, 100);

/** Rows as they come in the recovery: every number another, none special. */
function fill(a) {
  let state = 1;
  for (let i = 0; i < a.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    a[i] = state / 2 ** 32 - 0.5;
  }
}

const FLOPS = {
  'rank update': n * (n + 1) * k,
  factorization: n ** 3 / 3,
  inverse: (2 * n ** 3) / 3,
};

async function timed(work) {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1000;
}

/** Our path. */
async function ours(backend, threads, wasmKernels) {
  if (wasmKernels === 'relaxed') enableRelaxedSimd();
  const la = await createLinearAlgebra({ backend, threads, wasmKernels: wasmKernels ?? 'auto' });
  const a = la.allocate(k * n);
  fill(a);
  const c = la.allocate(n * n);
  const seconds = { 'rank update': [], factorization: [], inverse: [] };
  await la.syrk(n, 64, 1, a, n, 0, c, n);
  for (let i = 0; i < repeats; i++) {
    seconds['rank update'].push(await timed(() => la.syrk(n, k, 1, a, n, 0, c, n)));
    // Rows fewer than parameters: made definite.
    for (let j = 0; j < n; j++) c[j * n + j] += k;
    seconds.factorization.push(await timed(() => la.potrf(n, c, n)));
    seconds.inverse.push(await timed(() => la.potri(n, c, n)));
  }
  await la.close();
  return seconds;
}

/** The library's own routine, called once per repeat with nothing of ours around it. */
async function plain(threads) {
  const blas = await findOpenBlas(undefined);
  if (typeof blas === 'string') throw new Error(blas);
  blas.setThreads(threads);
  const a = new Float64Array(k * n);
  fill(a);
  const c = new Float64Array(n * n);
  const [rowMajor, upper, transposed] = [101, 121, 112];
  const seconds = [];
  blas.dsyrk(rowMajor, upper, transposed, n, 64, 1, a, n, 0, c, n);
  for (let i = 0; i < repeats; i++) {
    seconds.push(await timed(() => blas.dsyrk(rowMajor, upper, transposed, n, k, 1, a, n, 0, c, n)));
  }
  return { 'rank update': seconds };
}

const configurations = [1, 2].flatMap((threads) => [
  { name: `plain OpenBLAS, ${threads}`, kind: 'plain', threads },
  { name: `OpenBLAS, ${threads}`, kind: 'openblas', threads },
  { name: `WebAssembly relaxed, ${threads}`, kind: 'wasm', threads, wasmKernels: 'relaxed' },
  { name: `WebAssembly plain, ${threads}`, kind: 'wasm', threads, wasmKernels: 'plain' },
]);

if (values.time !== undefined) {
  const { kind, threads, wasmKernels } = JSON.parse(values.time);
  const seconds = await (kind === 'plain' ? plain(threads) : ours(kind, threads, wasmKernels));
  process.stdout.write(JSON.stringify(seconds));
  process.exit(0);
}

const times = new Map();
for (let round = 0; round < whole(values, 'rounds', 1, 100); round++) {
  for (const configuration of configurations) {
    const child = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--time', JSON.stringify(configuration)],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    if (child.status !== 0) {
      if (round === 0)
        console.log(
          `${configuration.name}: left out (${
            child.stderr
              .trim()
              .split('\n')
              .find((l) => /Error/.test(l)) ?? child.status
          })`,
        );
      continue;
    }
    const known = times.get(configuration.name) ?? {};
    for (const [routine, seconds] of Object.entries(JSON.parse(child.stdout))) {
      known[routine] = [...(known[routine] ?? []), ...seconds];
    }
    times.set(configuration.name, known);
  }
}
const results = configurations
  .filter(({ name }) => times.has(name))
  .map(({ name, threads, kind, wasmKernels }) => {
    const gigaflops = Object.fromEntries(
      Object.entries(times.get(name)).map(([routine, seconds]) => [
        routine,
        spread(seconds.map((s) => FLOPS[routine] / s / 1e9)),
      ]),
    );
    const base = times.get(`plain OpenBLAS, ${threads}`)?.['rank update'];
    return {
      name,
      kind,
      ...(wasmKernels && { wasmKernels }),
      threads,
      gigaflops,
      // Medians of runs that took turns.
      ...(base && {
        rankUpdateRatio: spread(base).median / spread(times.get(name)['rank update']).median,
      }),
    };
  });
console.log(`GF/s of ${n} parameters, ${k} rows: median (min–max)`);
console.table(
  Object.fromEntries(
    results.map(({ name, gigaflops, rankUpdateRatio }) => [
      name,
      {
        ...Object.fromEntries(Object.entries(gigaflops).map(([routine, g]) => [routine, fixed(g, 1)])),
        'of plain OpenBLAS': rankUpdateRatio?.toFixed(3) ?? '',
      },
    ]),
  ),
);
await save('linalg', { parameters: n, rows: k, results }, values.json);
