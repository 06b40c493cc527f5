import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import { describe, expect, it } from 'vitest';
import { candidates, copyOf, hasRelaxed, positiveDefinite, randomNumbers, strided } from './support.js';

const run = promisify(execFile);
const moduleUrl = import.meta.resolve('@gravity/linalg');

async function everything(la: LinearAlgebra, n: number, k: number): Promise<Float64Array[]> {
  const next = randomNumbers(42);
  const a = strided(k, n, 1, 0, next);
  const c = strided(n, n, 0, 0, next);
  const g = strided(n, k, 0, 0, next);
  const p = positiveDefinite(n, 0, 0, 7);
  const x = strided(n, 70, 0, 0, next);
  await la.syrk(n, k, 1.5, a.data, a.ld, 0.5, c.data, c.ld);
  await la.gemm(false, true, n, k, n, 1, c.data, c.ld, a.data, a.ld, 1, g.data, g.ld);
  await la.potrf(n, p.data, p.ld);
  const factor = copyOf(p);
  await la.potrs(n, 70, p.data, p.ld, x.data, x.ld);
  await la.potri(n, p.data, p.ld);
  return [c.whole, g.whole, factor.whole, p.whole, x.whole];
}

const bytes = (arrays: Float64Array[]): Buffer[] =>
  arrays.map((array) => Buffer.from(Float64Array.from(array).buffer));

describe('threads of the WebAssembly backend', () => {
  it.each(hasRelaxed ? (['plain', 'relaxed'] as const) : (['plain'] as const))(
    'give the same bits whether one, two or three (%s kernels)',
    async (wasmKernels) => {
      const results: Buffer[][] = [];
      for (const threads of [1, 2, 3]) {
        const la = await createLinearAlgebra({ backend: 'wasm', threads, wasmKernels });
        results.push(bytes(await everything(la, 1150, 700)));
        await la.close();
      }
      for (const other of results.slice(1)) {
        other.forEach((buffer, index) => {
          expect(buffer.equals(results[0][index]), `result ${index}`).toBe(true);
        });
      }
    },
  );

  it('leave the event loop free during a long call', async () => {
    const la = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
    const n = 1200;
    const a = la.allocate(n * n).fill(0.5);
    const c = la.allocate(n * n);
    await la.syrk(n, 8, 1, a, n, 0, c, n);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await la.syrk(n, n, 1, a, n, 0, c, n);
    clearInterval(timer);
    await la.close();
    // About 100 ms of work: blocked, it would allow no tick at all.
    expect(ticks).toBeGreaterThan(5);
  });
});

describe.each(candidates)('$name', ({ open }) => {
  if (!open) return it.skip('not available here', () => undefined);

  it('gives the same on ordinary ArrayBuffers as on shared ones', async () => {
    const la = await open();
    const n = 300;
    const next = randomNumbers(1);
    const a = strided(n, n, 2, 3, next);
    const shared = strided(n, n, 3, 1, next);
    const ordinary = new Float64Array(shared.whole.length);
    ordinary.set(shared.whole);
    const view = ordinary.subarray(1);
    const ordinaryA = Float64Array.from(a.data);
    await la.syrk(n, n, 1, a.data, a.ld, 1, shared.data, shared.ld);
    await la.syrk(n, n, 1, ordinaryA, a.ld, 1, view, shared.ld);
    expect(ordinary).toEqual(Float64Array.from(shared.whole));
    for (let i = 0; i < n; i++) {
      shared.data[i * shared.ld + i] += 4 * n;
      view[i * shared.ld + i] += 4 * n;
    }
    await Promise.all([la.potrf(n, shared.data, shared.ld), la.potri(n, shared.data, shared.ld)]);
    await Promise.all([la.potrf(n, view, shared.ld), la.potri(n, view, shared.ld)]);
    expect(ordinary).toEqual(Float64Array.from(shared.whole));
    await la.close();
  });

  it('does calls in the order they were made', async () => {
    const la = await open();
    const n = 260;
    const a = la.allocate(n * n).fill(1);
    const c = la.allocate(n * n);
    const settled: number[] = [];
    const calls = Array.from({ length: 6 }, (_, index) =>
      la.gemm(false, false, n, n, n, 1, a, n, a, n, 2, c, n).then(() => settled.push(index)),
    );
    await Promise.all(calls);
    expect(settled).toEqual([0, 1, 2, 3, 4, 5]);
    // c → 2c + n six times from 0: n·(2⁶ - 1), exact in integers.
    expect(c.every((value) => value === n * 63)).toBe(true);
    await la.close();
  });

  it('finishes what was asked before close, refuses what comes after', async () => {
    const la = await open();
    const n = 400;
    const a = la.allocate(n * n).fill(1);
    const c = la.allocate(n * n);
    const pending = la.syrk(n, n, 1, a, n, 0, c, n);
    await la.close();
    await pending;
    expect(c[1]).toBe(n);
    await expect(la.syrk(n, n, 1, a, n, 0, c, n)).rejects.toThrow('closed');
    await la.close();
  });

  it('works within worker threads, several at once', async () => {
    const { backend } = await open().then(async (la) => {
      await la.close();
      return la;
    });
    const code = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { createLinearAlgebra } = await import(workerData.moduleUrl);
      const la = await createLinearAlgebra({ backend: workerData.backend, threads: 2 });
      const n = 500, a = la.allocate(n * n).fill(1), c = la.allocate(n * n);
      await la.syrk(n, n, 1, a, n, 0, c, n);
      for (let i = 0; i < n; i++) c[i * n + i] += 1;
      await la.potrf(n, c, n);
      await la.potri(n, c, n);
      parentPort.postMessage([c[0], c[1]]);
      await la.close();`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const answers = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<number[]>((resolve, reject) => {
            const worker = new Worker(url, { workerData: { moduleUrl, backend }, execArgv: [] });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    // (1 + n·J)⁻¹ = 1 - n/(1 + n²)·J for J all ones (Sherman-Morrison); n = 500. Condition n² = 2.5e5: 1e-10.
    const [n, tolerance] = [500, 1e-10];
    for (const [diagonal, other] of answers) {
      expect(Math.abs(diagonal - (1 - n / (1 + n * n)))).toBeLessThan(tolerance);
      expect(Math.abs(other + n / (1 + n * n))).toBeLessThan(tolerance);
    }
  });

  it('does not keep the process alive when idle, but while it works', async () => {
    const { backend } = await open().then(async (la) => {
      await la.close();
      return la;
    });
    const code = `
      const { createLinearAlgebra } = await import(${JSON.stringify(moduleUrl)});
      const la = await createLinearAlgebra({ backend: ${JSON.stringify(backend)}, threads: 2 });
      const n = 700, a = la.allocate(n * n).fill(1), c = la.allocate(n * n);
      la.syrk(n, n, 1, a, n, 0, c, n).then(() => console.log('done ' + c[n * n - 1]));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { timeout: 30_000 });
    expect(stdout.trim()).toBe('done 700');
  });

  it('reaches beyond 4 GB in one array', async () => {
    const la = await open();
    const n = 300;
    const ld = 2_000_003;
    let c: Float64Array;
    try {
      // 4.8 GB of which only the pages of 300 short rows are ever touched.
      c = la.allocate((n - 1) * ld + n);
    } catch (error) {
      console.warn(`*** SKIPPED, no address space for a 4.8 GB array: ${(error as Error).message} ***`);
      return la.close();
    }
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) c[i * ld + j] = i === j ? 2 : 0.5 / n;
    const small = strided(n, n, 0, 0, (i, j) => (j >= i ? c[i * ld + j] : 0));
    for (const [data, stride] of [
      [c, ld],
      [small.data, n],
    ] as const) {
      await la.potrf(n, data, stride);
      await la.potri(n, data, stride);
    }
    for (let i = 0; i < n; i++) {
      const row = c.subarray(i * ld + i, i * ld + n);
      expect(row).toEqual(small.data.subarray(i * n + i, (i + 1) * n));
    }
    await la.close();
  });
});
