// Grids of 0.25° from coefficients and coefficients from grids, at degree 360 and 2190, on one and two threads; beside
// pyshtools and ducc0 where a Python has them.
//   node bench/synthesis.mjs [--degrees 360,2190] [--repeats 5] [--python python3] [--json file]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { triangleIndex } from '@gravity/geodesy';
import { createGridTransforms, gaussLegendreGrid, regularGrid } from '@gravity/products';
import { kaulaField } from './lib/case.mjs';
import { fixed, repeat, save, spread, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    degrees: { type: 'string', default: '360,2190' },
    repeats: { type: 'string', default: '5' },
    python: { type: 'string', default: process.env.GRAVITY_BENCH_PYTHON ?? 'python3' },
    json: { type: 'string' },
  },
});
const repeats = whole(values, 'repeats', 1, 100);
const grid = regularGrid({ stepDegrees: 0.25, registration: 'centre' });
const results = [];
const options = { gm: 3.986004415e14, radius: 6378136.3 };
for (const degree of values.degrees.split(',').map(Number)) {
  const field = kaulaField(degree, 'field');
  const nodes = gaussLegendreGrid(degree);
  for (const threads of [1, 2]) {
    const transforms = createGridTransforms(threads);
    const synthesis = await repeat(repeats, () => transforms.synthesize(field, grid, 'geoidHeight'));
    results.push({ what: 'synthesis, 0.25° grid', by: 'ours', degree, threads, seconds: synthesis.seconds });
    const exact = await transforms.synthesize(field, nodes, 'geoidHeight');
    const analysis = await repeat(repeats, () => transforms.analyze(exact, degree, 'geoidHeight', options));
    let error = 0;
    for (let n = 2; n <= degree; n++) {
      for (let m = 0; m <= n; m++) {
        const i = triangleIndex(n, m);
        error = Math.max(error, Math.abs(analysis.result.c[i] - field.c[i]));
      }
    }
    results.push({
      what: 'analysis, Gauss–Legendre grid',
      by: 'ours',
      degree,
      threads,
      seconds: analysis.seconds,
      largestError: error,
    });
    await transforms.close();
  }
}

// The same transforms on the same grids by programs of others.
const PEERS = `
import json, sys, time
import numpy as np
degrees, repeats = json.loads(sys.argv[1]), int(sys.argv[2])
out = []
def timed(what, by, degree, threads, work):
    work()
    seconds = []
    for _ in range(repeats):
        t = time.perf_counter(); work(); seconds.append(time.perf_counter() - t)
    out.append(dict(what=what, by=by, degree=degree, threads=threads, all=seconds))
for degree in degrees:
    rng = np.random.default_rng(1)
    try:
        import ducc0
        n = (degree + 1) * (degree + 2) // 2
        alm = (rng.normal(size=(1, n)) + 1j * rng.normal(size=(1, n)))
        for threads in (1, 2):
            timed('synthesis, 0.25° grid', 'ducc0 ' + ducc0.__version__, degree, threads, lambda: ducc0.sht.synthesis_2d(
                alm=alm, spin=0, lmax=degree, ntheta=720, nphi=1440, geometry='F1', nthreads=threads))
            m = ducc0.sht.synthesis_2d(alm=alm, spin=0, lmax=degree, ntheta=degree + 1, nphi=2 * degree + 2, geometry='GL', nthreads=threads)
            timed('analysis, Gauss–Legendre grid', 'ducc0 ' + ducc0.__version__, degree, threads, lambda: ducc0.sht.analysis_2d(
                map=m, spin=0, lmax=degree, geometry='GL', nthreads=threads))
    except Exception as error:
        print('ducc0', error, file=sys.stderr)
    try:
        import pyshtools as sh
        c = rng.normal(size=(2, degree + 1, degree + 1))
        zeros, w = sh.expand.SHGLQ(degree)
        # pyshtools has no grid of a free step: the grid that its transform of this degree gives.
        timed('synthesis, Gauss–Legendre grid', 'pyshtools ' + sh.__version__, degree, 1, lambda: sh.expand.MakeGridGLQ(c, zeros))
        g = sh.expand.MakeGridGLQ(c, zeros)
        timed('analysis, Gauss–Legendre grid', 'pyshtools ' + sh.__version__, degree, 1, lambda: sh.expand.SHExpandGLQ(g, w, zeros))
    except Exception as error:
        print('pyshtools', error, file=sys.stderr)
print(json.dumps(out))
`;
const peers = spawnSync(
  values.python,
  ['-c', PEERS, JSON.stringify(values.degrees.split(',').map(Number)), String(repeats)],
  {
    encoding: 'utf8',
  },
);
if (peers.status === 0) {
  for (const { all, ...rest } of JSON.parse(peers.stdout)) {
    results.push({ ...rest, seconds: spread(all) });
  }
}
if (peers.status !== 0 || peers.stderr)
  console.log(
    `peers: ${String(peers.stderr ?? peers.error)
      .trim()
      .split('\n')
      .at(-1)}`,
  );
if (results.some(({ by }) => by.startsWith('pyshtools'))) {
  for (const degree of values.degrees.split(',').map(Number)) {
    const transforms = createGridTransforms(1);
    const field = kaulaField(degree, 'field');
    const { seconds } = await repeat(repeats, () =>
      transforms.synthesize(field, gaussLegendreGrid(degree), 'geoidHeight'),
    );
    results.push({ what: 'synthesis, Gauss–Legendre grid', by: 'ours', degree, threads: 1, seconds });
    await transforms.close();
  }
}
for (const result of results) {
  const mine = results.find(
    ({ by, what, degree, threads }) =>
      by === 'ours' && what === result.what && degree === result.degree && threads === result.threads,
  );
  if (result.by !== 'ours' && mine) result.timesOurs = result.seconds.median / mine.seconds.median;
}
results.sort((a, b) => a.degree - b.degree || a.what.localeCompare(b.what) || a.threads - b.threads);
console.table(
  results.map(({ what, by, degree, threads, seconds, timesOurs }) => ({
    what,
    degree,
    threads,
    by,
    'seconds: median (min–max)': fixed(seconds, 3),
    'times ours': timesOurs?.toFixed(2) ?? '',
  })),
);
await save('synthesis', { results }, values.json);
