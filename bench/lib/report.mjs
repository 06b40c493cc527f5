// From the figures in a folder: plots, and a page with the goals beside what was measured.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bars, lines } from './plot.mjs';

const GROOPS_MONTH_SECONDS = 28 * 60;

/** @param folder with the JSON of the parts; what is not there is left out */
export function report(folder, { goals = true } = {}) {
  const read = (name) => {
    const path = join(folder, `${name}.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  };
  const all = {
    linalg: read('linalg'),
    recovery: read('recovery'),
    size: read('size'),
    synthesis: read('synthesis'),
    openblas: read('month-openblas'),
    wasm: read('month-wasm'),
    large: read('degree-120'),
    ingest: read('ingest'),
    overhead: read('api-overhead'),
    workers: read('workers'),
    load: read('load'),
  };
  const plots = plot(folder, all);
  const rows = goalsOf(all);
  console.table(
    rows.map(({ what, goal, measured, met }) => ({ what, goal, measured, '': met ? 'met' : 'not met' })),
  );
  if (goals) writeFileSync(join(folder, 'README.md'), page(rows, plots, all));
}

const spreadOf = (s, digits = 2) =>
  s.runs > 1
    ? `${s.median.toFixed(digits)} (${s.min.toFixed(digits)}–${s.max.toFixed(digits)})`
    : s.median.toFixed(digits);

/** Every goal there are figures for. */
function goalsOf({ linalg, openblas, wasm, large, ingest, overhead, workers, load }) {
  const rows = [];
  const add = (what, goal, measured, met, source) => rows.push({ what, goal, measured, met, source });
  for (const [month, name, limit] of [
    [openblas, 'OpenBLAS', 120],
    [wasm, 'WebAssembly alone', 240],
  ]) {
    if (!month) continue;
    const { degree, days, seconds } = month;
    add(
      `degree ${degree}, ${days} days, observations to covariance, ${name}`,
      `≤ ${limit / 60} min`,
      `${seconds.toFixed(1)} s; GROOPS on a machine of this kind ≈ 28 min: ${(GROOPS_MONTH_SECONDS / seconds).toFixed(0)} ×`,
      seconds <= limit,
      `month-${month.backend}.json`,
    );
  }
  if (openblas) {
    const ratio = openblas.fullRankUpdateSeconds / openblas.seconds;
    add(
      'effective rate of the month against the rank update of all rows by plain OpenBLAS',
      '≥ 4 ×',
      `${ratio.toFixed(2)} ×; the rank update after compression alone ${(openblas.fullRankUpdateSeconds / openblas.stages['rank update']).toFixed(2)} ×; [why](effective-rate.md)`,
      ratio >= 4,
      'month-openblas.json',
    );
  }
  const line = (name) => linalg?.results.find((result) => result.name === name);
  for (const threads of [1, 2]) {
    const ours = line(`OpenBLAS, ${threads}`);
    if (ours?.rankUpdateRatio === undefined) continue;
    add(
      `rank update through our path, ${threads} thread${threads > 1 ? 's' : ''}, against plain OpenBLAS`,
      '≥ 95 %',
      `${(100 * ours.rankUpdateRatio).toFixed(1)} % (${spreadOf(ours.gigaflops['rank update'], 0)} GF/s)`,
      ours.rankUpdateRatio >= 0.95,
      'linalg.json',
    );
  }
  for (const [build, limit] of [
    ['relaxed', 17],
    ['plain', 13],
  ]) {
    const [one, two] = [line(`WebAssembly ${build}, 1`), line(`WebAssembly ${build}, 2`)];
    if (!one || !two) continue;
    const [a, b] = [one, two].map(({ gigaflops }) => gigaflops['rank update']);
    add(
      `rank update, WebAssembly, ${build} SIMD`,
      `≥ ${limit} GF/s per core, both cores used`,
      `${spreadOf(a, 1)} GF/s on one thread, ${spreadOf(b, 1)} on two`,
      a.median >= limit && b.median >= 1.6 * a.median,
      'linalg.json',
    );
  }
  if (large) {
    const { perDegreeBefore, perDegreeAfter } = large.geoidErrorMeters;
    const whole = (list) => Math.hypot(...list);
    const gain = whole(perDegreeBefore) / whole(perDegreeAfter);
    add(
      `degree ${large.degree}, ${large.days} days`,
      'fits in 8 GB, result correct',
      `${(large.peakMemoryBytes / 1e9).toFixed(1)} GB, ${(large.seconds.total / 60).toFixed(1)} min; geoid error ${whole(perDegreeBefore).toExponential(1)} m before, ${whole(perDegreeAfter).toExponential(1)} m after`,
      large.peakMemoryBytes < 8e9 && gain > 100,
      'degree-120.json',
    );
  }
  if (overhead) {
    const { share, wall } = overhead;
    add(
      `the service around a process job, degree ${overhead.degree}, ${overhead.days} days`,
      '< 1 %',
      `${(100 * share.median).toFixed(2)} % (${(100 * share.min).toFixed(2)}–${(100 * share.max).toFixed(2)}) of ${wall.median.toFixed(1)} s: ${(share.median * wall.median).toFixed(2)} s, most of it the start of the numerical thread`,
      share.median < 0.01,
      'api-overhead.json',
    );
  }
  for (const engine of ['postgresql', 'pglite']) {
    const job = ingest?.results.find((r) => r.engine === engine && r.what === 'ingest job');
    const half = ingest?.results.find((r) => r.engine === engine && r.what.includes('half'));
    if (!job || !half) continue;
    add(
      `ingest of a day, ${ingest.files} files, ${job.rows} records, ${engine === 'pglite' ? 'embedded' : 'PostgreSQL'}`,
      'as fast as COPY, constant memory',
      `${job.timesCopy.toFixed(2)} × the time of COPY alone (${Math.round(job.rowsPerSecond)} records/s); ${Math.round(job.peakMemoryBytes / 1e6)} MB, with half of the files ${Math.round(half.peakMemoryBytes / 1e6)} MB`,
      // Noise of the machine and the parsing of the first file, which nothing can hide behind.
      job.timesCopy < 1.25 && job.peakMemoryBytes < 1.25 * half.peakMemoryBytes,
      'ingest.json',
    );
  }
  const two = workers?.table.find((row) => row.workers === 2);
  if (two) {
    add(
      `two worker processes against one, ${workers.days * (24 / workers.arcHours)} arcs, degree ${workers.degree}`,
      'half the time',
      `${two.arcsSpeedUp.toFixed(2)} × as fast over the arcs, ${two.totalSpeedUp.toFixed(2)} × over all`,
      two.arcsSpeedUp > 1.8,
      'workers.json',
    );
  }
  if (load) {
    const { gravity, fastapi } = load.requestsPerSecond;
    const worst = load.rounds.gravity.at(-1);
    add(
      `reads behind a login, audit on, ${load.connections} connections, against FastAPI`,
      '≥ 4 ×, no error',
      `${load.ratio.toFixed(2)} × (${gravity.median.toFixed(0)} and ${fastapi.median.toFixed(0)} requests/s), p99 ${worst.latencyMs.p99} ms, ${worst.errors + worst.non2xx} errors`,
      load.ratio >= 4 && worst.errors + worst.non2xx === 0,
      'load.json',
    );
  }
  return rows;
}

/** Draws what there are figures for; gives [file, caption] of each. */
function plot(folder, { linalg, recovery, size, synthesis, openblas, wasm, ingest, workers }) {
  const plots = [];
  const add = (name, caption, draw, options) => {
    draw(join(folder, `${name}.svg`), { title: caption, ...options });
    plots.push([`${name}.svg`, caption]);
  };
  if (linalg) {
    const rows = linalg.results.map(({ name, threads, gigaflops: { 'rank update': g } }) => ({
      name: `${name} thread${threads > 1 ? 's' : ''}`,
      value: g.median,
      low: g.min,
      high: g.max,
    }));
    add('rank-update', `Rank update of ${linalg.rows} rows, ${linalg.parameters} parameters`, bars, {
      unit: 'GF/s',
      rows,
    });
  }
  if (recovery) {
    const rows = recovery.rows
      .filter((row) => row.seconds)
      .map(({ backend, threads, rowCompression, seconds }) => ({
        name: `${backend === 'openblas' ? 'OpenBLAS' : 'WebAssembly'}, ${threads} thread${threads > 1 ? 's' : ''}, ${rowCompression ? 'compressed' : 'all rows'}`,
        value: seconds.median,
        low: seconds.min,
        high: seconds.max,
      }));
    add('day', `Normals of a day at degree ${recovery.degree}`, bars, { unit: 's', rows });
  }
  for (const [month, name] of [
    [openblas, 'OpenBLAS'],
    [wasm, 'WebAssembly'],
  ]) {
    if (!month) continue;
    const rows = Object.entries(month.stages)
      .filter(([, seconds]) => seconds > 0.005 * month.seconds)
      .map(([stage, seconds]) => ({ name: stage, value: seconds }));
    add(
      `month-${month.backend}`,
      `Degree ${month.degree}, ${month.days} days, ${name}: ${month.seconds.toFixed(0)} s`,
      bars,
      {
        unit: 's',
        rows,
      },
    );
  }
  if (size) {
    const of = (against) => size.results.filter((r) => r.against === against);
    const points = (against) => of(against).map(({ value, seconds }) => [value, seconds.median]);
    const growth = (list, power) => {
      const [x, y] = list.at(-1);
      return list.map(([value]) => [value, y * (value / x) ** power]);
    };
    const byDegree = points('degree');
    add('size-degree', 'A day against the degree', lines, {
      x: 'degree',
      y: 's',
      logarithmic: true,
      series: [
        { name: 'measured', points: byDegree },
        { name: '~ degree⁴', points: growth(byDegree, 4), dashed: true },
      ],
    });
    const byDays = points('days');
    add('size-days', 'Degree 40 against the number of days', lines, {
      x: 'days',
      y: 's',
      minimum: 0,
      series: [
        { name: 'measured', points: byDays },
        { name: '~ days', points: growth(byDays, 1), dashed: true },
      ],
    });
    add('size-sampling', 'A day at degree 40 against the sampling of the range rates', lines, {
      x: 'sampling, s',
      y: 's',
      logarithmic: true,
      series: [{ name: 'measured', points: points('sampling in seconds') }],
    });
  }
  if (synthesis) {
    const rows = synthesis.results.map(({ what, by, degree, threads, seconds }) => ({
      name: `${what}, ${degree}, ${by}, ${threads} thread${threads > 1 ? 's' : ''}`,
      value: seconds.median,
      low: seconds.min,
      high: seconds.max,
    }));
    add('synthesis', 'Spherical harmonic transforms', bars, { unit: 's', rows });
  }
  if (ingest) {
    const rows = ingest.results
      .filter(({ what }) => !what.includes('half'))
      .map(({ what, engine, rows: count, seconds }) => ({
        name: `${engine === 'pglite' ? 'embedded' : engine}: ${what}`,
        value: count / seconds.median,
        low: count / seconds.max,
        high: count / seconds.min,
      }));
    add('ingest', 'Records a second', bars, { unit: 'records/s', rows });
  }
  if (workers) {
    add('workers', `Worker processes of one thread, degree ${workers.degree}`, lines, {
      x: 'worker processes',
      y: 'times as fast',
      minimum: 0,
      series: [
        { name: 'arcs', points: workers.table.map((row) => [row.workers, row.arcsSpeedUp]) },
        { name: 'whole job', points: workers.table.map((row) => [row.workers, row.totalSpeedUp]) },
      ],
    });
  }
  return plots;
}

function page(rows, plots, all) {
  const machines = new Set(
    Object.values(all)
      .filter((figures) => figures?.machine)
      .map(({ machine }) => `${machine.cores} cores of an ${machine.cpu}, Node.js ${machine.node}`),
  );
  const lines = [
    '# Performance',
    '',
    `Written by \`npm run bench\` from the figures beside it, measured on ${[...machines].join('; ')}. Each part is a process of its`,
    'own; what is compared ran in turns in the same part. Where runs were repeated: median (min–max). How to run a part alone:',
    '[bench](../../bench/README.md).',
    '',
    '| what | goal | measured | met | figures |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ what, goal, measured, met, source }) =>
        `| ${what} | ${goal} | ${measured} | ${met ? 'yes' : 'no'} | [json](${source}) |`,
    ),
    '',
    ...plots.flatMap(([file, caption]) => [`![${caption}](${file})`, '']),
    'How far row compression can go: [effective rate](effective-rate.md). Requests under load and over half an hour:',
    '[reliability](../reliability.md).',
    '',
  ];
  return lines.join('\n');
}
