// Runs tests and writes what their assertions measured beside the bounds: the figures of docs/validation.md. Usage:
//   npm run bench:measured -- [test files; default: those named in docs/validation.md]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Of more bounds in one test, those of single assertions are given as the one that came closest. */
const MAX_BOUNDS = 8;

const given = process.argv.slice(2);
const page = readFileSync(new URL('../docs/validation.md', import.meta.url), 'utf8');
const named = [...new Set(page.match(/(?:packages|apps|test)\/[\w./-]+\.test\.ts/g) ?? [])];
const files = (given.length > 0 ? given : named).sort();
const folder = mkdtempSync(join(tmpdir(), 'gravity-measured-'));
process.env.GRAVITY_MEASURED_FILE = join(folder, 'lines');
writeFileSync(process.env.GRAVITY_MEASURED_FILE, '');

const setupFiles = [fileURLToPath(new URL('measured-setup.mjs', import.meta.url))];
const vitest = await startVitest('test', files, { root, watch: false, setupFiles, reporters: ['dot'] });
const failed = vitest.state.getCountOfFailedTests();
await vitest.close();

const entries = readFileSync(process.env.GRAVITY_MEASURED_FILE, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
rmSync(folder, { recursive: true });

const digits = (value) => (value === 0 ? 0 : Number(value.toPrecision(3)));
const tests = new Map();
for (const { file, test, ...rest } of entries) {
  const key = `${file}\n${test}`;
  tests.set(key, [...(tests.get(key) ?? []), rest]);
}
/** Bounds that are computed for each value come once: all of them become one entry. */
function withoutPassing(list) {
  const [closest, ...others] = list.filter(({ count }) => count === 1);
  const count = 1 + others.length;
  return [...list.filter((entry) => entry.count > 1), ...(closest ? [{ ...closest, count }] : [])];
}

const report = {};
for (const [key, list] of [...tests].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const [file, test] = key.split('\n');
  list.sort((a, b) => b.ratio - a.ratio);
  const shown = list.length > MAX_BOUNDS ? withoutPassing(list) : list;
  report[file] ??= {};
  report[file][test] = shown.map(({ kind, value, bound, count }) => ({
    measured: digits(value),
    [kind]: digits(bound),
    assertions: count,
  }));
}
if (given.length === 0) {
  const target = new URL('../docs/validation/measured.json', import.meta.url);
  writeFileSync(target, `${JSON.stringify(report, null, 2)}\n`);
  execFileSync('npx', ['biome', 'format', '--write', fileURLToPath(target)]);
  console.log('written: docs/validation/measured.json');
} else console.log(JSON.stringify(report, null, 1));
process.exitCode = failed > 0 || entries.length === 0 ? 1 : 0;
