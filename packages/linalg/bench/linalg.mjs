// Speed of the routines on this machine: node packages/linalg/bench/linalg.mjs [n] [k]   (default 3721 4096)
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';

const n = Number(process.argv[2] ?? 3721);
const k = Number(process.argv[3] ?? 4096);
const relaxed = enableRelaxedSimd();
const configurations = [1, 2].flatMap((threads) => [
  { backend: 'wasm', wasmKernels: 'plain', threads },
  ...(relaxed ? [{ backend: 'wasm', wasmKernels: 'relaxed', threads }] : []),
  { backend: 'openblas', threads },
]);

/** Best of three, in 10⁹ floating-point operations per second. */
async function rate(flops, prepare, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    await prepare();
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return (flops / best / 1e6).toFixed(1);
}

const rows = {};
for (const options of configurations) {
  let la;
  try {
    la = await createLinearAlgebra(options);
  } catch (error) {
    console.log(`left out: ${error.message}`);
    continue;
  }
  const a = la.allocate(k * n);
  for (let i = 0; i < a.length; i++) a[i] = Math.random() - 0.5;
  const c = la.allocate(n * n);
  const b = la.allocate(n * 1000);
  const normals = la.allocate(n * n);
  await la.syrk(n, k, 1, a, n, 0, normals, n);
  const factor = normals.slice();
  const shared = la.allocate(n * n);
  for (let i = 0; i < n; i++) normals[i * n + i] += 1;
  shared.set(normals);
  await la.potrf(n, shared, n);
  factor.set(shared);
  const nothing = () => undefined;
  rows[la.description] = {
    syrk: await rate(n * (n + 1) * k, nothing, () => la.syrk(n, k, 1, a, n, 0, c, n)),
    gemm: await rate(2 * n * 1000 * n, nothing, () =>
      la.gemm(false, false, n, 1000, n, 1, shared, n, b, 1000, 0, c, n),
    ),
    potrf: await rate(
      n ** 3 / 3,
      () => c.set(normals),
      () => la.potrf(n, c, n),
    ),
    'trsm 1000': await rate(
      n * n * 1000,
      () => b.fill(1),
      () => la.trsm(true, n, 1000, shared, n, b, 1000),
    ),
    potri: await rate(
      (2 * n ** 3) / 3,
      () => c.set(factor),
      () => la.potri(n, c, n),
    ),
  };
  await la.close();
}
console.log(`n = ${n}, k = ${k}, GF/s, best of three`);
console.table(rows);
