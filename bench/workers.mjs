// One process job of 30 arcs on one, two and three worker processes of one thread each, on PostgreSQL and Redis.
//   node bench/workers.mjs [--degree 40] [--days 5] [--arc-hours 4] [--repeats 1] [--json file]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createGravityClient, followJob, login } from '@gravity/cli';
import { save } from './lib/measure.mjs';
import { freePort, startPostgres } from './postgres-server.mjs';

const { values } = parseArgs({
  options: {
    degree: { type: 'string', default: '40' },
    days: { type: 'string', default: '5' },
    'arc-hours': { type: 'string', default: '4' },
    repeats: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const degree = Number(values.degree);
const days = Number(values.days);
const arcHours = Number(values['arc-hours']);
const CLI = new URL('../apps/cli/dist/main.js', import.meta.url).pathname;
const folder = await mkdtemp(join(os.tmpdir(), 'gravity-scaling-'));
const children = new Set();
const gravity = (args, env = {}) => {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};
const says = (child, word) =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes(word)) resolve();
    });
    child.once('exit', () => reject(new Error(`ended: ${text}`)));
  });
const stop = async (child) => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

const postgres = await startPostgres([]);
const redisPort = await freePort();
const redis = spawn('redis-server', ['--port', String(redisPort), '--save', '', '--dir', folder], {
  stdio: 'ignore',
});
try {
  await sleep(500);
  const level1b = join(folder, 'level1b');
  const simulated = spawnSync(
    process.execPath,
    [
      ...[CLI, 'simulate', '--out', level1b, '--days', String(days), '--degree', String(degree)],
      ...['--start', '2021-07-17', '--orbit-sampling', '30', '--accelerometer-sampling', '5'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (simulated.status !== 0) throw new Error('simulation failed');
  const port = await freePort();
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    JWT_SECRET_KEY: 'a secret for a benchmark on this machine',
    GRAVITY_MONITOR_PORT: 'off',
    GRAVITY_LOG_LEVEL: 'warn',
    GRAVITY_BCRYPT_COST: '4',
    GRAVITY_THREADS: '1',
    GRAVITY_DATA_DIR: join(folder, 'data'),
    GRAVITY_FILE_SOURCES: JSON.stringify([level1b]),
  };
  const api = gravity(['serve', '--port', String(port), '--queues', 'plan,ingest,catalog'], env);
  const baseUrl = `http://127.0.0.1:${port}`;
  for (;;)
    if ((await fetch(`${baseUrl}/health/ready`).catch(() => undefined))?.ok) break;
    else await sleep(200);
  const anonymous = createGravityClient({ baseUrl });
  const password = 'a long enough password';
  await anonymous.register({ username: 'bench', email: 'bench@example.org', password });
  const { access_token: token } = await login(anonymous.transport, 'bench', password);
  const client = createGravityClient({ baseUrl, token });
  const start = new Date('2021-07-16T23:59:42Z');
  const interval = {
    start_time: start.toISOString(),
    end_time: new Date(start.getTime() + days * 86_400_000 - 5000).toISOString(),
    satellites: ['GRACE-C', 'GRACE-D'],
  };
  await followJob(
    client,
    (
      await client.ingest({
        ...interval,
        data_source: `file:${level1b}`,
        data_type: 'l1b',
        validate_data: true,
      })
    ).id,
  );
  const rows = [];
  const hashes = new Set();
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const count of [1, 2, 3]) {
      const workers = [];
      for (let i = 0; i < count; i++) {
        const worker = gravity(['worker', '--queues', 'process,arcs', '--concurrency', '1'], env);
        await says(worker, 'gravity worker');
        workers.push(worker);
      }
      const job = await followJob(
        client,
        (
          await client.process({
            ...interval,
            algorithm: 'variational',
            degree_max: degree,
            regularization: { kaula: 0, tikhonov: 0 },
            output_products: ['coefficients'],
            arc_length_hours: arcHours,
          })
        ).id,
      );
      hashes.add(job.result.content_hash);
      const passes = job.result.timings_seconds.passes;
      rows.push({
        workers: count,
        arcs: Math.round((days * 24) / arcHours),
        arcsSeconds: passes.reduce((sum, pass) => sum + pass.arcs, 0),
        totalSeconds: job.result.timings_seconds.total,
      });
      console.log(rows.at(-1));
      for (const worker of workers) await stop(worker);
    }
  }
  await stop(api);
  if (hashes.size !== 1) throw new Error('the results differ');
  const median = (count, key) => {
    const list = rows
      .filter((row) => row.workers === count)
      .map((row) => row[key])
      .sort((a, b) => a - b);
    return list[Math.floor(list.length / 2)];
  };
  const table = [1, 2, 3].map((workers) => ({
    workers,
    arcsSeconds: Number(median(workers, 'arcsSeconds').toFixed(2)),
    totalSeconds: Number(median(workers, 'totalSeconds').toFixed(2)),
    arcsSpeedUp: Number((median(1, 'arcsSeconds') / median(workers, 'arcsSeconds')).toFixed(2)),
    totalSpeedUp: Number((median(1, 'totalSeconds') / median(workers, 'totalSeconds')).toFixed(2)),
  }));
  console.table(table);
  await save('workers', { degree, days, arcHours, table }, values.json);
} finally {
  for (const child of children) child.kill('SIGKILL');
  redis.kill('SIGKILL');
  postgres.remove();
  await rm(folder, { recursive: true, force: true });
}
