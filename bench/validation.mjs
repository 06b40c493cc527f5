// The closed loop of docs/validation.md: a simulated pair, a degraded a-priori field, and how far the recovered field
// lies from the true one at every degree. Usage:
//   npm run bench:validation -- [--degree 60] [--days 10] [--linearizations 2] [--repeats 1] [--field-degree 60]
//     [--threads n] [--kaula 0] [--skip noise|exact] [--out file.json]
// --repeats: realizations of the noise. A small case in a minute: --degree 30 --days 2.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parseGfc } from '@gravity/formats';
import { triangleIndex, truncateGeopotential } from '@gravity/geodesy';
import { createLinearAlgebra, enableRelaxedSimd } from '@gravity/linalg';
import {
  addArcNormals,
  computeArcNormals,
  emptyNormals,
  GaussianNoise,
  simulateMission,
  solveNormals,
} from '@gravity/recovery';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '60' },
    days: { type: 'string', default: '10' },
    linearizations: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '1' },
    'field-degree': { type: 'string' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    kaula: { type: 'string', default: '0' },
    skip: { type: 'string' },
    out: { type: 'string' },
  },
});
const whole = (name, from, to) => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new RangeError(`--${name}: a whole number from ${from} to ${to} expected`);
};
const degree = whole('degree', 2, 180);
const days = whole('days', 1, 366);
const linearizations = whole('linearizations', 1, 10);
const repeats = whole('repeats', 1, 1000);
const threads = whole('threads', 1, 256);
values['field-degree'] ??= String(degree);
const fieldDegree = whole('field-degree', degree, 180);
const kaula = Number(values.kaula);
if (!(kaula >= 0)) throw new RangeError('--kaula: zero or a positive number expected');

/** GROOPS (HEAD of 2026-05-17) on such a case, fields to degree 120: geoid height error by degree, m. */
const GROOPS = {
  case: 'degree 60, 10 days, a 6850 km, e 0.001, i 89.5 degrees, 220 km, range rate 5 s, positions 60 s, no noise',
  geoidMeters: {
    2: [3.1e-6, 2.3e-8],
    10: [7.7e-7, 4.0e-8],
    30: [1.2e-6, 7.3e-8],
    50: [4.4e-6, 2.0e-7],
    60: [6.3e-6, 3.5e-7],
  },
};
const START = 738849600;
const ROTATION = { model: 'constant', rate: 7.292115e-5, angleAtEpoch: 0.3, epochGpsSeconds: START };
const NOISE = { rangeRate: 2e-7, position: 0.02 };

const truth = await readTruth();
const prior = degraded(truth);
enableRelaxedSimd();
const la = await createLinearAlgebra({ threads });
const began = performance.now();
say(`degree ${degree}, ${days} days, ${la.description}, ${os.cpus()[0]?.model}`);

const exact = values.skip === 'exact' ? undefined : await loop('no noise', undefined, 1);
const noisy = values.skip === 'noise' ? [] : await realizations();
await la.close();
await report();

async function readTruth() {
  const file = 'apps/server/assets/GGM05C_180.gfc.gz';
  const bytes = await readFile(new URL(`../${file}`, import.meta.url));
  const { constant } = await parseGfc(gunzipSync(bytes).toString('utf8'), { file });
  return { ...truncateGeopotential(constant, fieldDegree), sigmaC: undefined, sigmaS: undefined };
}

/** The errors of GROOPS' case: 33 mm of geoid at degree 2, 0.2 mm at degree 60, 46 mm together; none above. */
function degraded(field) {
  const noise = new GaussianNoise(7);
  const [c, s] = [field.c.slice(), field.s.slice()];
  for (let n = 2; n <= degree; n++) {
    for (let m = 0; m <= n; m++) {
      c[triangleIndex(n, m)] += (noise.next() * 1e-8) / n ** 2;
      if (m > 0) s[triangleIndex(n, m)] += (noise.next() * 1e-8) / n ** 2;
    }
  }
  return { ...field, name: `${field.name} degraded`, c, s };
}

/** One day after the other: nothing but the observations of the arcs is held. */
function observe(noise, seed) {
  const [a, e, inclination] = [6.85e6, 0.001, (89.5 * Math.PI) / 180];
  const speed = Math.sqrt((truth.gm * (1 + e)) / (a * (1 - e)));
  const mission = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: START,
    days,
    trueField: truth,
    earthRotation: ROTATION,
    initialState: [a * (1 - e), 0, 0, 0, speed * Math.cos(inclination), speed * Math.sin(inclination)],
    nonGravitational: false,
    sampling: { orbitSeconds: 60, rangingSeconds: 5 },
    ...(noise ? { noise } : {}),
    seed,
  });
  return Array.from(mission, (day) => ({
    startGpsSeconds: day.startGpsSeconds,
    endGpsSeconds: day.startGpsSeconds + 86_400,
    satellites: day.satellites.map((s) => ({
      satellite: s.satellite,
      orbit: { frame: 'terrestrial', gpsSeconds: s.gpsSeconds, position: s.position, velocity: s.velocity },
    })),
    ranging: { instrument: 'KBR1B', gpsSeconds: day.ranging.gpsSeconds, rangeRate: day.ranging.rangeRate },
  }));
}

async function loop(name, noise, seed) {
  const simulated = performance.now();
  const arcs = observe(noise, seed);
  say(`${name}: ${days} days simulated in ${((performance.now() - simulated) / 1000).toFixed(1)} s`);
  // Without noise the weights are those of the case of GROOPS.
  const sigma = noise ?? { rangeRate: 1e-7, position: 0.01 };
  const setup = {
    degreeMin: 2,
    degreeMax: degree,
    referenceField: prior,
    earthRotation: ROTATION,
    sigmaRangeRate: sigma.rangeRate,
    sigmaPosition: sigma.position,
    positionSamplingSeconds: 60,
    accelerometerBias: 'none',
    accelerometerScale: false,
    rangingEmpirical: 'none',
  };
  const passes = [];
  for (let pass = 1; pass <= linearizations; pass++) {
    const start = performance.now();
    const total = emptyNormals(setup, la);
    let truncation = 0;
    for (const [i, arc] of arcs.entries()) {
      const part = await computeArcNormals(setup, arc, la);
      truncation = Math.max(truncation, part.compression.truncation);
      addArcNormals(total, part);
      const seconds = (performance.now() - start) / 1000;
      say(
        `${name}: linearization ${pass} of ${linearizations}, arc ${i + 1} of ${days}, ${seconds.toFixed(0)} s`,
      );
    }
    const normalsSeconds = (performance.now() - start) / 1000;
    const solution = await solveNormals(setup, total, { kaula, tikhonov: 0 }, la, { priorField: prior });
    const { sigma0, conditionEstimate, field } = solution;
    passes.push({
      geoidErrorMeters: perDegree((i) => [field.c[i] - truth.c[i], field.s[i] - truth.s[i]]),
      formalGeoidMeters: perDegree((i) => [field.sigmaC[i], field.sigmaS[i]]),
      sigma0,
      conditionEstimate,
      truncation,
      normalsSeconds,
      solveSeconds: (performance.now() - start) / 1000 - normalsSeconds,
    });
    setup.referenceField = { ...field, sigmaC: undefined, sigmaS: undefined };
  }
  return passes;
}

async function realizations() {
  const runs = [];
  for (let k = 1; k <= repeats; k++) runs.push((await loop(`noise ${k} of ${repeats}`, NOISE, k)).at(-1));
  return runs;
}

/** Root square sum over the orders of each degree, as geoid height in m. */
function perDegree(pick) {
  return Array.from({ length: degree + 1 }, (_, n) => {
    let sum = 0;
    for (let m = 0; m <= n; m++) for (const x of pick(triangleIndex(n, m))) sum += x * x;
    return truth.radius * Math.sqrt(sum);
  });
}

async function report() {
  const apriori = perDegree((i) => [prior.c[i] - truth.c[i], prior.s[i] - truth.s[i]]);
  const same = degree === 60 && days === 10;
  const shown = [2, 10, 30, 50, 60].filter((n) => n <= degree);
  if (!shown.includes(degree)) shown.push(degree);
  const all = (list) => Math.hypot(...list.slice(2));
  if (exact) {
    console.log(`\ngeoid height error by degree, m, no noise${same ? '' : ' (GROOPS: degree 60, 10 days)'}`);
    const rows = shown.map((n) => ({
      degree: n,
      'a-priori': apriori[n].toExponential(1),
      ...Object.fromEntries(exact.map((p, k) => [`after ${k + 1}`, p.geoidErrorMeters[n].toExponential(1)])),
      ...Object.fromEntries(
        (GROOPS.geoidMeters[n] ?? []).map((x, k) => [`GROOPS after ${k + 1}`, x.toExponential(1)]),
      ),
    }));
    const last = exact.at(-1).geoidErrorMeters;
    rows.push({
      degree: 'all',
      'a-priori': all(apriori).toExponential(1),
      ...Object.fromEntries(
        exact.map((p, k) => [`after ${k + 1}`, all(p.geoidErrorMeters).toExponential(1)]),
      ),
    });
    console.table(rows);
    console.log(
      `largest of any degree after ${exact.length}: ${Math.max(...last.slice(2)).toExponential(1)} m`,
    );
  }
  const ratios = noisy.length
    ? apriori.map((_, n) =>
        n < 2
          ? null
          : Math.sqrt(noisy.reduce((sum, run) => sum + run.geoidErrorMeters[n] ** 2, 0) / noisy.length) /
            noisy.at(-1).formalGeoidMeters[n],
      )
    : undefined;
  if (ratios) {
    console.log('\ntrue error over formal error, 0.2 µm/s and 2 cm');
    console.table(
      shown.map((n) => ({
        degree: n,
        'true m': noisy.at(-1).geoidErrorMeters[n].toExponential(2),
        'formal m': noisy.at(-1).formalGeoidMeters[n].toExponential(2),
        [`ratio of ${noisy.length}`]: ratios[n].toFixed(2),
        // 2n+1 coefficients with correlated errors: at least this scatter of the ratio
        'scatter at least': (1 / Math.sqrt(2 * (2 * n + 1) * noisy.length)).toFixed(2),
      })),
    );
    const known = ratios.slice(2);
    console.log(
      `ratios of all degrees: ${Math.min(...known).toFixed(2)} to ${Math.max(...known).toFixed(2)}`,
    );
  }
  const seconds = (performance.now() - began) / 1000;
  const peakMebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${seconds.toFixed(0)} s, at most ${peakMebibytes} MiB`);
  const json = {
    case: {
      degree,
      days,
      fieldDegree,
      linearizations,
      kaula,
      truth: `${truth.name} to degree ${fieldDegree}`,
      orbit: 'a 6850 km, e 0.001, i 89.5 degrees, 29 s (220 km) apart; arcs of a day',
      sampling: 'range rate 5 s, positions 60 s',
    },
    aprioriGeoidMeters: apriori,
    groops: GROOPS,
    ...(exact && { withoutNoise: exact }),
    ...(ratios && {
      withNoise: { sigma: NOISE, realizations: noisy.length, trueOverFormal: ratios, runs: noisy },
    }),
    seconds,
    peakMebibytes,
    machine: {
      cpu: os.cpus()[0]?.model,
      cores: os.cpus().length,
      threads,
      linearAlgebra: la.description,
      node: process.version,
    },
  };
  const name = same ? 'closed-loop' : `closed-loop-degree-${degree}-days-${days}`;
  const target = values.out ?? fileURLToPath(new URL(`../docs/validation/${name}.json`, import.meta.url));
  await mkdir(dirname(target), { recursive: true });
  const digits = (_, x) => (typeof x === 'number' && !Number.isInteger(x) ? Number(x.toPrecision(4)) : x);
  await writeFile(target, `${JSON.stringify(json, digits, 2)}\n`);
  if (!values.out) execFileSync('npx', ['biome', 'format', '--write', target]);
  console.log(`written: ${values.out ?? `docs/validation/${name}.json`}`);
}

function say(text) {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(6)} s  ${text}\n`);
}
