// All benches, each a process of its own, one after the other, with fixed seeds:
//   npm run bench -- [--only linalg,arc] [--quick] [--out docs/performance]
// Every part writes its JSON; at the end plots, and a README with every goal beside what was measured. A part whose
// peers or services are not there says so and is left out. All of it takes about an hour; --quick some minutes, with
// small cases, into a temporary folder unless --out says otherwise.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { report } from './lib/report.mjs';

/** What is run: script, words of the full and of the quick run, name of its JSON. */
const PARTS = [
  { part: 'linalg', script: 'linalg', quick: '--degree 20 --rows 1024 --repeats 2 --rounds 1' },
  { part: 'arc', script: 'arc', file: 'recovery', quick: '--degree 20 --repeats 1' },
  { part: 'size', script: 'size', quick: '--repeats 1' },
  { part: 'synthesis', script: 'synthesis', quick: '--degrees 360 --repeats 2' },
  {
    part: 'month',
    script: 'month',
    file: 'month-openblas',
    words: '--backend openblas',
    quick: '--backend openblas --degree 20 --days 3',
  },
  {
    part: 'month-wasm',
    script: 'month',
    words: '--backend wasm',
    quick: '--backend wasm --degree 20 --days 3',
  },
  { part: 'degree-120', script: 'degree-120', quick: '--degree 40 --days 2' },
  { part: 'ingest', script: 'ingest', quick: '--repeats 1' },
  { part: 'api-overhead', script: 'api-overhead', quick: '--degree 20 --days 1 --repeats 2' },
  { part: 'workers', script: 'workers', quick: '--degree 20 --days 1' },
  { part: 'database', script: 'database', notQuick: true },
  { part: 'load', script: 'load', quick: '--seconds 5' },
];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const wanted = values.only?.split(',');
const unknown = wanted?.filter((name) => !PARTS.some(({ part }) => part === name)) ?? [];
if (unknown.length > 0) {
  console.error(
    `--only: no such part: ${unknown.join(', ')}; there are ${PARTS.map(({ part }) => part).join(', ')}`,
  );
  process.exit(2);
}
const standard = fileURLToPath(new URL('../docs/performance/', import.meta.url));
const out = resolve(
  values.out ?? (values.quick ? mkdtempSync(join(os.tmpdir(), 'gravity-bench-quick-')) : standard),
);
mkdirSync(out, { recursive: true });

const failed = [];
for (const { part, script, file = part, words = '', quick = '', notQuick } of PARTS) {
  if (wanted ? !wanted.includes(part) : values.quick && notQuick) continue;
  console.log(`\n=== ${part}`);
  const since = performance.now();
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL(`./${script}.mjs`, import.meta.url)),
      ...(values.quick ? quick : words).split(' ').filter(Boolean),
      ...['--json', join(out, `${file}.json`)],
    ],
    { stdio: 'inherit' },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) failed.push(part);
  const seconds = ((performance.now() - since) / 1000).toFixed(0);
  console.log(`=== ${part}: ${code === 0 ? 'done' : `ended with ${code}`} (${seconds} s)`);
}
// A quick run says nothing of the goals, which are about full cases.
report(out, { goals: !values.quick });
console.log(`\nwritten: ${out}`);
if (failed.length > 0) {
  console.error(`not measured: ${failed.join(', ')}`);
  process.exitCode = 1;
}
