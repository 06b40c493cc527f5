// Mixed use of one embedded server at a gentle rate: no leak, no error, and at the end all counts agree.
//   node bench/soak.mjs [--minutes 30] [--per-second 2] [--seed 1] [--json docs/performance/soak.json]
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { save } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const CLI = new URL('../apps/cli/dist/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(os.tmpdir(), 'gravity-soak-'));
const source = join(folder, 'level1b');
const gravity = (...words) => spawnSync(process.execPath, [CLI, ...words], { encoding: 'utf8' });
gravity(
  ...['simulate', '--days', '1', '--degree', '6', '--orbit-sampling', '60', '--ranging-sampling', '30'],
  ...['--no-non-gravitational', '--tables', '--out', source],
);
const table = readFileSync(join(source, 'tables/orbit-c-2021-07-17.csv'));
const INTERVAL = { start_time: '2021-07-17T00:00:00Z', end_time: '2021-07-17T05:59:59Z' };
const PAIR = { satellites: ['GRACE-C', 'GRACE-D'] };

const dataDir = join(folder, 'data');
const server = fork(new URL('./soak-server.mjs', import.meta.url), [dataDir, source], {
  execArgv: ['--expose-gc'],
});
const answers = [];
server.on('message', (message) => answers.shift()?.(message));
const next = () => new Promise((resolve) => answers.push(resolve));
const ask = (message) => {
  const answer = next();
  server.send(message);
  return answer;
};
const { url } = await next();

const counts = { requests: 0, byStatus: {}, unexpected: [], jobs: 0 };
async function call(method, path, { token, json, body, form, expect = [200, 201, 204] } = {}) {
  counts.requests += 1;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(json && { 'content-type': 'application/json' }),
      ...(body && { 'content-type': 'application/octet-stream' }),
    },
    body: json ? JSON.stringify(json) : (body ?? form),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  counts.byStatus[response.status] = (counts.byStatus[response.status] ?? 0) + 1;
  if (!expect.includes(response.status)) {
    counts.unexpected.push(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const PASSWORD = 'a long enough password 7';
async function login(username) {
  const { access_token: token } = await call('POST', '/auth/token', {
    form: new URLSearchParams({ username, password: PASSWORD }),
  });
  return token;
}
async function enroll(username) {
  const json = { username, email: `${username}@example.org`, password: PASSWORD };
  await call('POST', '/auth/register', { json });
  return { username, token: await login(username) };
}

/** Uniform in [0, 1) and the same for the same seed: Weyl sequence of the golden ratio's bits through a mixing hash. */
let state = Number(values.seed) >>> 0;
function uniform() {
  state = (state + 0x9e3779b9) >>> 0;
  let bits = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
const pick = (list) => list[Math.floor(list.length * uniform())];
const users = [await enroll('admin'), await enroll('anna'), await enroll('bert')];
const started = (job) => {
  if (job.id) counts.jobs += 1;
  return job;
};
const ingestAll = {
  data_source: `file:${source}`,
  data_type: 'l1b',
  ...PAIR,
  start_time: '2021-07-17T00:00:00Z',
  end_time: '2021-07-17T23:59:59Z',
  validate_data: true,
};
started(await call('POST', '/ops/ingest', { token: users[0].token, json: ingestAll }));
let fresh = 0;
const job = {
  plan: (token) =>
    call('POST', '/ops/plan', {
      token,
      json: {
        ...INTERVAL,
        ...PAIR,
        time_step: 60,
        processing_mode: 'standard',
        output_format: 'spherical_harmonic',
        degree_max: 6,
      },
    }),
  process: (token) =>
    call('POST', '/ops/process', {
      token,
      json: {
        algorithm: 'variational',
        degree_max: 4,
        regularization: { kaula: 1e-5, tikhonov: 0 },
        output_products: ['coefficients', 'uncertainties'],
        ...INTERVAL,
        ...PAIR,
        iterations: 1,
      },
    }),
};
/** What a user does, by weight. */
const actions = [
  [6, async ({ token }) => call('GET', '/auth/me', { token })],
  [6, async ({ token }) => call('GET', '/ops/jobs?limit=20', { token })],
  [6, async ({ token }) => call('GET', '/products?limit=20', { token })],
  [
    3,
    async ({ token }) =>
      call('GET', '/observations/coverage?satellite=GRACE-C&product=GNV1B&bucket=day', { token }),
  ],
  [3, async ({ token }) => call('GET', '/files?limit=10', { token })],
  [3, async ({ token }) => call('GET', '/limits', { token })],
  [2, async () => call('GET', '/ops/jobs', { expect: [401] })],
  [2, async ({ token }) => call('POST', '/ops/plan', { token, json: { degree_max: 0 }, expect: [422] })],
  [
    2,
    async (user) => {
      user.token = await login(user.username);
    },
  ],
  [2, async ({ token }) => started(await job.plan(token))],
  [1, async ({ token }) => started(await job.process(token))],
  [
    1,
    async ({ token }) => {
      const { id } = started(await job.process(token));
      await call('DELETE', `/ops/jobs/${id}`, { token, expect: [200, 202, 204, 409] });
    },
  ],
  [
    1,
    async ({ token }) => {
      const name = `orbit-${fresh++}.csv`;
      const upload = await call('POST', `/ops/uploads?name=${name}`, { token, body: table });
      started(
        await call('POST', '/ops/ingest', {
          token,
          json: { data_source: upload.data_source, data_type: 'table', ...PAIR },
        }),
      );
    },
  ],
  [
    1,
    async ({ token }) => {
      const { id } = started(await job.plan(token));
      await call('GET', `/ops/jobs/${id}/events`, { token });
    },
  ],
  [
    1,
    async ({ token }) => {
      const { items = [] } = await call('GET', '/products?limit=5', { token });
      if (items[0]) await call('GET', `/products/${items[0].id}/content`, { token });
    },
  ],
  [1, async () => call('GET', '/audit?limit=50', { token: users[0].token })],
].flatMap(([weight, act]) => Array(weight).fill(act));

const samples = [];
async function sample() {
  const seconds = Math.round((performance.now() - began) / 1000);
  samples.push({ seconds, requests: counts.requests, ...(await ask('sample')) });
  const { heapUsed, rss, handleCount, descriptors, loopDelayMs } = samples.at(-1);
  console.log(
    `${String(seconds).padStart(5)} s  ${counts.requests} requests, ${counts.jobs} jobs, heap ${(heapUsed / 2 ** 20).toFixed(1)} MiB, rss ${(rss / 2 ** 20).toFixed(0)} MiB, ${handleCount} handles, descriptors ${descriptors.database} database, ${descriptors.socket} sockets, ${descriptors.other} other, loop p99 ${loopDelayMs.p99.toFixed(0)} ms`,
  );
}
const began = performance.now();
const until = began + minutes * 60_000;
const everyMs = Math.max(10_000, (minutes * 60_000) / 60);
let nextSample = began;
while (performance.now() < until) {
  if (performance.now() >= nextSample) {
    await sample();
    nextSample += everyMs;
  }
  const since = performance.now();
  await pick(actions)(pick(users));
  await sleep(Math.max(0, 1000 / Number(values['per-second']) - (performance.now() - since)));
}

// Quiet: every job ends, and then the counts have to agree.
const admin = { token: await login('admin') };
let jobs;
for (;;) {
  jobs = [];
  for (let skip = 0; ; skip += 100) {
    const page = await call('GET', `/ops/jobs?limit=100&skip=${skip}`, admin);
    const items = page.items ?? page.jobs ?? page;
    jobs.push(...items);
    if (items.length < 100) break;
  }
  if (jobs.every(({ status }) => !['pending', 'running', 'queued', 'waiting'].includes(status))) break;
  await sleep(2000);
}
await sleep(15_000);
await sample();
const sent = counts.requests;
const exported = await call('GET', '/audit/export', admin);
const auditRows = exported.trim().split('\n').length;
const stopped = await ask('stop');
const check = JSON.parse(gravity('check', '--data-dir', dataDir, '--json').stdout);
rmSync(folder, { recursive: true, force: true });

/** Least squares over the second half, after caches are warm, by hour. */
function perHour(of) {
  const half = samples.slice(samples.length >> 1);
  const t = half.map(({ seconds }) => seconds / 3600);
  const v = half.map(of);
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  const [mt, mv] = [mean(t), mean(v)];
  return (
    t.reduce((sum, ti, i) => sum + (ti - mt) * (v[i] - mv), 0) /
    t.reduce((sum, ti) => sum + (ti - mt) ** 2, 0)
  );
}
const byEnd = {};
for (const { status } of jobs) byEnd[status] = (byEnd[status] ?? 0) + 1;
const slopes = {
  heapMegabytesPerHour: perHour(({ heapUsed }) => heapUsed / 1e6),
  rssMegabytesPerHour: perHour(({ rss }) => rss / 1e6),
  handlesPerHour: perHour(({ handleCount }) => handleCount),
  databaseDescriptorsPerHour: perHour(({ descriptors }) => descriptors.database),
  descriptorsOutsideDatabasePerHour: perHour(({ descriptors }) => descriptors.socket + descriptors.other),
};
const verdict = {
  noUnexpectedAnswers: counts.unexpected.length === 0,
  noErrorsLogged: stopped.errors.length === 0,
  jobsAllThere: jobs.length === counts.jobs,
  auditRowsAreRequests: auditRows === sent,
  storeConsistent: check.consistent === true,
  // half an hour of mixed use must not lift what stays after a collection by a tenth an hour, nor leave files open
  heapFlat: slopes.heapMegabytesPerHour < 5,
  handlesFlat: slopes.handlesPerHour < 10,
  descriptorsFlat: slopes.descriptorsOutsideDatabasePerHour < 10,
};
const figures = {
  minutes,
  seed: Number(values.seed),
  requests: sent,
  auditRows,
  byStatus: counts.byStatus,
  jobs: byEnd,
  ...slopes,
  verdict,
  unexpected: counts.unexpected.slice(0, 20),
  errors: stopped.errors.slice(0, 20),
  // what is wrong in the store, if anything is
  ...(check.consistent !== true && { check }),
  samples,
};
console.log({ ...figures, samples: samples.length });
await save('soak', figures, values.json);
process.exitCode = Object.values(verdict).every(Boolean) ? 0 : 1;
