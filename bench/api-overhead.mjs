// What the service adds to a computation: a process job of some days through the API of `gravity serve` on the embedded
// default, wall time from the request to the state "completed" as a client sees it, against the time in which the
// numerical worker computed.
//   node bench/api-overhead.mjs [--degree 60] [--days 3] [--repeats 3] [--json file]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createGravityClient, followJob, login } from '@gravity/cli';
import { fixed, save, spread, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '60' },
    days: { type: 'string', default: '3' },
    repeats: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
const degree = whole(values, 'degree', 2, 120);
const days = whole(values, 'days', 1, 31);
const CLI = new URL('../apps/cli/dist/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(os.tmpdir(), 'gravity-overhead-'));
const level1b = join(folder, 'level1b');
const simulated = spawnSync(process.execPath, [
  ...[CLI, 'simulate', '--out', level1b, '--days', String(days), '--degree', String(degree)],
  ...['--orbit-sampling', '60', '--no-non-gravitational'],
]);
if (simulated.status !== 0) throw new Error(String(simulated.stderr));
const server = spawn(
  process.execPath,
  [CLI, 'serve', '--port', '0', '--data-dir', join(folder, 'data'), '--file-source', level1b],
  { env: { ...process.env, GRAVITY_LOG_LEVEL: 'warn' }, stdio: ['ignore', 'pipe', 'pipe'] },
);
let said = '';
const url = await new Promise((resolve, reject) => {
  const read = (chunk) => {
    said += chunk;
    const match = /console\s+(http:\/\/\S+?)\/?\s/.exec(said);
    if (match) resolve(match[1]);
  };
  server.stdout.on('data', read);
  server.stderr.on('data', read);
  server.once('exit', () => reject(new Error(said)));
});
try {
  const anonymous = createGravityClient({ baseUrl: url });
  const password = 'a long enough password';
  await anonymous.register({ username: 'bench', email: 'bench@example.org', password });
  const { access_token: token } = await login(anonymous.transport, 'bench', password);
  const client = createGravityClient({ baseUrl: url, token });
  const start = new Date('2021-07-16T23:59:42Z');
  const interval = {
    start_time: start.toISOString(),
    end_time: new Date(start.getTime() + days * 86_400_000 - 5000).toISOString(),
    satellites: ['GRACE-C', 'GRACE-D'],
  };
  const ingest = await client.ingest({
    ...interval,
    data_source: `file:${level1b}`,
    data_type: 'l1b',
    validate_data: true,
  });
  await followJob(client, ingest.id);
  const runs = [];
  for (let i = 0; i < whole(values, 'repeats', 1, 20); i++) {
    const since = performance.now();
    const { id } = await client.process({
      ...interval,
      algorithm: 'variational',
      degree_max: degree,
      regularization: { kaula: 0, tikhonov: 0 },
      output_products: ['coefficients', 'uncertainties'],
    });
    const accepted = performance.now();
    const job = await followJob(client, id);
    const wall = (performance.now() - since) / 1000;
    const { passes, products, storing, total } = job.result.timings_seconds;
    const computing = passes.reduce((sum, { arcs, solve }) => sum + arcs + solve, products);
    runs.push({
      wall,
      computing,
      storing,
      beforeAndBetween: total - computing - storing,
      accepting: (accepted - since) / 1000,
      noticing: wall - total - (accepted - since) / 1000,
      share: 1 - computing / wall,
    });
    console.log(runs.at(-1));
  }
  const of = (key) => spread(runs.map((run) => run[key]));
  const figures = Object.fromEntries(Object.keys(runs[0]).map((key) => [key, of(key)]));
  console.log(
    `${fixed(figures.wall)} s, of which ${fixed(figures.computing)} s computing: the rest is ${(100 * figures.share.median).toFixed(2)} %`,
  );
  await save('api-overhead', { degree, days, ...figures }, values.json);
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
