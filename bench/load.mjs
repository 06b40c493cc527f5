// Reads behind a login, 200 connections, audit on, on PostgreSQL: ours, and a FastAPI service (bench/fastapi) that does
// the same on the same database, one after the other in the same run, one process each.
// Every connection is of one of many users, each with jobs and products of its own.
//   node bench/load.mjs [--seconds 60] [--connections 200] [--users 50] [--rounds 1] [--python venv/bin/python3] [--json file]
// Without --python a virtual environment is made in a temporary folder and its requirements are installed.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig, openDatabase } from '@gravity/server';
import autocannon from 'autocannon';
import { SignJWT } from 'jose';
import { save, spread } from './lib/measure.mjs';
import { freePort, startPostgres } from './postgres-server.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    connections: { type: 'string', default: '200' },
    users: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '1' },
    python: { type: 'string' },
    json: { type: 'string' },
  },
});
const connections = Number(values.connections);
const userCount = Number(values.users);
/** Of each user. */
const THINGS = 40;
const SECRET = 'l'.repeat(64);
const PATHS = ['/auth/me', '/ops/jobs?limit=20', '/products?limit=20'];
const folder = mkdtempSync(join(os.tmpdir(), 'gravity-load-'));
const FASTAPI = fileURLToPath(new URL('./fastapi/', import.meta.url));

function python() {
  if (values.python) return values.python;
  const run = (program, parameters) => {
    const { status } = spawnSync(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`${program} ${parameters.join(' ')} failed`);
  };
  run('python3', ['-m', 'venv', join(folder, 'venv')]);
  run(join(folder, 'venv/bin/pip'), ['install', '-q', '-r', join(FASTAPI, 'requirements.txt')]);
  return join(folder, 'venv/bin/python3');
}

const postgres = await startPostgres([
  'shared_buffers=256MB',
  'max_connections=100',
  'max_locks_per_transaction=256',
]);
const children = new Set();
const start = (program, parameters, options) => {
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};
const stop = (child) =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
const residentMegabytes = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function answers(url, headers = {}) {
  for (let i = 0; i < 300; i++) {
    const status = await fetch(url, { headers })
      .then((r) => r.status)
      .catch(() => 0);
    if (status === 200) return;
    await sleep(100);
  }
  throw new Error(`${url} does not answer`);
}

/** One round against one service: figures of autocannon, memory of the process before, halfway and after. */
async function load(name, base, tokens, child) {
  const headersOf = (i) => ({ authorization: `Bearer ${tokens[i % tokens.length]}` });
  for (const path of PATHS) await answers(base + path, headersOf(0));
  let next = 0;
  const setupClient = (client) => {
    const headers = headersOf(next++);
    client.setRequests(PATHS.map((path) => ({ path, headers })));
  };
  await autocannon({
    url: base,
    connections: 20,
    duration: 3,
    setupClient,
    requests: PATHS.map((path) => ({ path })),
  });
  const memory = [residentMegabytes(child.pid)];
  const halfway = setTimeout(() => memory.push(residentMegabytes(child.pid)), Number(values.seconds) * 500);
  const result = await autocannon({
    url: base,
    connections,
    duration: Number(values.seconds),
    timeout: 20,
    setupClient,
    requests: PATHS.map((path) => ({ path })),
  });
  clearTimeout(halfway);
  memory.push(residentMegabytes(child.pid));
  const { requests, latency, errors, timeouts, non2xx, statusCodeStats } = result;
  if (non2xx > 0) console.log(statusCodeStats);
  const figures = {
    requestsPerSecond: requests.average,
    requests: requests.total,
    latencyMs: { p50: latency.p50, p90: latency.p90, p99: latency.p99, max: latency.max },
    errors: errors + timeouts,
    non2xx,
    residentMegabytes: memory,
  };
  console.log(
    `${name.padEnd(8)} ${figures.requestsPerSecond.toFixed(0).padStart(6)} requests/s, p50 ${latency.p50} ms, p99 ${latency.p99} ms, ${figures.errors} errors, ${non2xx} not 2xx, resident ${memory.map((m) => m.toFixed(0)).join(' → ')} MB`,
  );
  return figures;
}

async function insertJobWithProduct(db, user, i) {
  const id = randomUUID();
  await db.kysely
    .insertInto('processing_jobs')
    .values({
      id,
      user_id: user,
      type: 'process',
      status: 'completed',
      attempt: 1,
      parameters: JSON.stringify({
        algorithm: 'variational',
        degree_max: 60,
        satellites: ['GRACE-C', 'GRACE-D'],
      }),
      result: JSON.stringify({ products: [] }),
      updated_at: new Date(),
    })
    .execute();
  await db.kysely
    .insertInto('gravity_products')
    .values({
      id: randomUUID(),
      job_id: id,
      user_id: user,
      kind: 'coefficients',
      file_name: `field-${i}.gfc`,
      media_type: 'text/plain',
      object_key: `field-${id}`,
      bytes: 1000 + i,
      sha256: 'a'.repeat(64),
      recipe_hash: 'b'.repeat(64),
      degree_max: 60,
      satellites: ['GRACE-C', 'GRACE-D'],
      status: 'draft',
      metadata: '{}',
      quality: '{}',
    })
    .execute();
}

try {
  const env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    JWT_SECRET_KEY: SECRET,
    GRAVITY_DATA_DIR: join(folder, 'data'),
    GRAVITY_LOG_LEVEL: 'warn',
    GRAVITY_BCRYPT_COST: '4',
    GRAVITY_RATE_LIMIT_PER_MINUTE: '1000000',
    GRAVITY_USER_RATE_LIMIT_PER_MINUTE: '1000000',
  };
  const port = await freePort();
  const ours = `http://127.0.0.1:${port}`;
  const cli = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url));
  const boot = () =>
    start(process.execPath, [cli, 'serve', '--port', String(port), '--queues', 'none'], { env });
  let server = boot();
  await answers(`${ours}/health`);
  const json = { 'content-type': 'application/json' };
  const password = 'a long enough password';
  const registered = await fetch(`${ours}/auth/register`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ username: 'load', email: 'load@example.org', password }),
  });
  const me = await registered.json();
  const db = await openDatabase(loadConfig({}, { dataDir: join(folder, 'seed'), databaseUrl: postgres.url }));
  // What there is to read: jobs and products of every user.
  const users = [me.id];
  for (let i = 1; i < userCount; i++) {
    const id = randomUUID();
    const username = `load-${i}`;
    await db.kysely
      .insertInto('users')
      .values({ id, username, email: `${username}@example.org`, password_hash: 'x', role: 'operator' })
      .execute();
    users.push(id);
  }
  for (const user of users) {
    for (let i = 0; i < THINGS; i++) await insertJobWithProduct(db, user, i);
  }
  const auditRows = async () =>
    Number(
      (
        await db.kysely
          .selectFrom('audit_logs')
          .select((e) => e.fn.countAll().as('n'))
          .executeTakeFirst()
      ).n,
    );

  const program = python();
  const otherPort = await freePort();
  const others = `http://127.0.0.1:${otherPort}`;
  const sign = (token) =>
    token
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET));
  const tokens = await Promise.all(
    users.map((user) =>
      sign(
        new SignJWT({ sid: randomUUID(), gen: 0 })
          .setSubject(user)
          .setJti(randomUUID())
          .setIssuer('gravity-processing-backend')
          .setAudience('gravity-api'),
      ),
    ),
  );
  const otherTokens = await Promise.all(users.map((user) => sign(new SignJWT({}).setSubject(user))));
  const rounds = { gravity: [], fastapi: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    if (server.exitCode !== null) server = boot();
    const before = await auditRows();
    const figures = await load('gravity', ours, tokens, server);
    // rows come from the journal within seconds
    await sleep(5000);
    await stop(server);
    figures.auditRows = (await auditRows()) - before;
    rounds.gravity.push(figures);
    const uvicorn = start(
      program,
      [
        '-m',
        'uvicorn',
        'app:app',
        '--port',
        String(otherPort),
        '--no-access-log',
        '--loop',
        'uvloop',
        '--http',
        'httptools',
      ],
      {
        cwd: FASTAPI,
        env: {
          ...env,
          DATABASE_URL: postgres.url.replace(/^postgres(ql)?:/, 'postgresql+asyncpg:'),
          PYTHONDONTWRITEBYTECODE: '1',
        },
      },
    );
    rounds.fastapi.push(await load('fastapi', others, otherTokens, uvicorn));
    await stop(uvicorn);
  }
  await db.close();
  const rate = (name) => spread(rounds[name].map(({ requestsPerSecond }) => requestsPerSecond));
  const ratio = rate('gravity').median / rate('fastapi').median;
  console.log(
    `ratio ${ratio.toFixed(2)}; audit rows of ours: ${rounds.gravity.map(({ auditRows: n, requests }) => `${n} for ${requests} requests and the warm-up`).join(', ')}`,
  );
  await save(
    'load',
    {
      connections,
      users: userCount,
      seconds: Number(values.seconds),
      paths: PATHS,
      requestsPerSecond: { gravity: rate('gravity'), fastapi: rate('fastapi') },
      ratio,
      rounds,
    },
    values.json,
  );
} finally {
  await Promise.all([...children].map(stop));
  postgres.remove();
  rmSync(folder, { recursive: true, force: true });
}
