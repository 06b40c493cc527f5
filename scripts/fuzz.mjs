// Sends schemathesis (https://schemathesis.readthedocs.io, a Python program) against a server of its own, all routes, with
// authentication, and fails on a 5xx or an answer that the OpenAPI document does not describe.
//   npm run fuzz [-- --requests 10000 --seed 1 --report folder]
// It is found in $SCHEMATHESIS, on the PATH, or as a module of $GRAVITY_TEST_PYTHON / python3: `pip install schemathesis`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, startServer } from '../apps/server/dist/index.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    report: { type: 'string' },
    examples: { type: 'string' },
  },
});

function findSchemathesis() {
  const python = process.env.GRAVITY_TEST_PYTHON ?? 'python3';
  const candidates = [
    ...(process.env.SCHEMATHESIS ? [[process.env.SCHEMATHESIS]] : []),
    ['schemathesis'],
    [python, '-m', 'schemathesis.cli'],
  ];
  return candidates.find(
    ([program, ...rest]) => spawnSync(program, [...rest, '--version'], { stdio: 'ignore' }).status === 0,
  );
}

const schemathesis = findSchemathesis();
if (schemathesis === undefined) {
  console.error('schemathesis was not found: pip install schemathesis, or set SCHEMATHESIS to its path');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'gravity-fuzz-'));
const failures = [];
const config = loadConfig(
  {},
  {
    dataDir: folder,
    port: 0,
    bcryptCost: 4,
    logLevel: 'error',
    rateLimitPerMinute: 100_000_000,
    fileSources: [],
  },
);
const server = await startServer(config, {
  logStream: {
    write: (line) => {
      if (/request failed/.test(line)) failures.push(line);
    },
  },
});

const json = async (path, init = {}) => {
  const response = await fetch(server.url + path, {
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
};
const password = 'Fuzz-9-horse-battery';
const login = async (username) => {
  await json('/auth/register', {
    method: 'POST',
    body: JSON.stringify({ username, email: `${username}@example.org`, password }),
  });
  const token = await json('/auth/token', { method: 'POST', body: JSON.stringify({ username, password }) });
  return token.access_token;
};

/** Operations that end the caller's own login come in a run of their own. */
const endsLogin =
  /^(logout|logoutAll|updateUser|changePassword|setPassword|deleteUser|revoke.*(Session|Token).*|rotate.*)$/;
const document = await (await fetch(`${server.url}/openapi.json`)).json();
const operations = Object.values(document.paths).flatMap((path) =>
  Object.values(path).map(({ operationId }) => operationId),
);
const ending = operations.filter((id) => endsLogin.test(id));

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'ignored_auth',
];

async function countRequests() {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const byStatus = {};
  for (const [, labels, count] of text.matchAll(
    /^\w*http_requests?\w*(?:_total|_count)\{([^}]*)\} (\d+)/gm,
  )) {
    const status = /status(?:_code)?="(\d)/.exec(labels)?.[1] ?? '?';
    byStatus[`${status}xx`] = (byStatus[`${status}xx`] ?? 0) + Number(count);
  }
  return byStatus;
}

/** @param token told by the security scheme, not as a header: the check for ignored logins has to leave it out */
function run(name, token, selection, examples, phases = 'examples,coverage,fuzzing,stateful') {
  const report = values.report ?? join(folder, 'report');
  mkdirSync(report, { recursive: true });
  const configFile = join(folder, `${name}.toml`);
  writeFileSync(configFile, `[auth.openapi.bearer]\nbearer = "${token}"\n`);
  const parameters = [
    ...schemathesis.slice(1),
    '--config-file',
    configFile,
    'run',
    `${server.url}/openapi.json`,
    '--url',
    server.url,
    '--checks',
    checks.join(','),
    '--seed',
    values.seed,
    '--max-examples',
    String(examples),
    '--phases',
    phases,
    '--continue-on-failure',
    '--no-shrink',
    '--workers',
    '2',
    '--no-color',
    '--warnings',
    'off',
    '--request-timeout',
    '20',
    '--suppress-health-check',
    'all',
    '--generation-database',
    'none',
    ...selection,
  ];
  return new Promise((resolve) => {
    const child = spawn(schemathesis[0], parameters, { stdio: ['ignore', 'pipe', 'inherit'], cwd: folder });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('close', (code) => {
      writeFileSync(join(report, `${name}.txt`), output);
      console.log(output.slice(output.lastIndexOf('= FAILURES') >= 0 ? output.indexOf('= FAILURES') : -2500));
      resolve(code);
    });
  });
}

try {
  const start = Date.now();
  const admin = await login('fuzzer');
  const other = await login('second');
  // A few rows to be found.
  const plan = document.paths['/ops/plan'].post.requestBody.content['application/json'].example;
  for (let i = 0; i < 3; i += 1)
    await json('/ops/plan', {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}` },
      body: JSON.stringify(plan),
    });
  const others = operations.length - ending.length;
  const examples = values.examples ?? Math.ceil(Number(values.requests) / others / 1.5);
  const filter = (kind) => ending.flatMap((id) => [`--${kind}-operation-id`, id]);
  const codes = [await run('all', admin, filter('exclude'), examples)];
  // No sequences here: operations that end a login are not linked to each other, and having none counts as an error.
  if (ending.length > 0)
    codes.push(await run('ending-logins', other, filter('include'), 50, 'examples,coverage,fuzzing'));
  // Not more than asked for, but not less either: what is missing is sent with the next seed.
  const requests = await countRequests();
  const total = Object.values(requests).reduce((a, b) => a + b, 0);
  for (const line of failures.slice(0, 10)) console.log(line);
  console.log(
    JSON.stringify({
      operations: operations.length,
      requests: total,
      ...requests,
      unhandled: failures.length,
      seconds: Math.round((Date.now() - start) / 1000),
      seed: Number(values.seed),
      exit: codes,
    }),
  );
  process.exitCode =
    codes.some((code) => code !== 0) || failures.length > 0 || total < Number(values.requests) ? 1 : 0;
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
