// Ingest of a day of Level-1B files as a mission delivers it, ten products: parsing alone, COPY alone (the same rows,
// encoded before), and the whole job, with the most memory it held; once more with half of the files, since memory must
// not grow with the amount.
//   node bench/ingest.mjs [--folder …] [--repeats 3] [--engines postgresql,pglite] [--json file]
// Without --folder the day is simulated.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BASELINE_COLUMNS, OBSERVATION_COLUMNS } from '../apps/server/dist/tasks/ingest/copy-columns.js';
import { parseLevel1bFile } from '../apps/server/dist/tasks/ingest/parse-level1b.js';
import { openIngest } from './ingest-harness.mjs';
import { fixed, repeat, save, spread, whole } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    engines: { type: 'string', default: 'postgresql,pglite' },
    json: { type: 'string' },
  },
});
const repeats = whole(values, 'repeats', 1, 20);
const scratch = mkdtempSync(join(os.tmpdir(), 'gravity-bench-'));
const results = [];

function simulatedDay() {
  const folder = join(scratch, 'level1b');
  const CLI = new URL('../apps/cli/dist/main.js', import.meta.url).pathname;
  const sampling = ['--orbit-sampling', '1', '--ranging-sampling', '1', '--accelerometer-sampling', '1'];
  const words = ['simulate', '--days', '1', '--degree', '10', '--all-products', ...sampling, '--out', folder];
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return folder;
}

/** Every second file: half of the amount. */
function halfOf(folder) {
  const half = join(scratch, 'half');
  mkdirSync(half);
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  for (const name of names.sort().filter((_, i) => i % 2 === 0)) {
    copyFileSync(join(folder, name), join(half, name));
  }
  return half;
}

async function parse(folder, name) {
  const copyPath = join(scratch, `${name}.copy`);
  const outcome = await parseLevel1bFile(
    {
      id: 1,
      path: join(folder, name),
      copyPath,
      name,
      fileId: '00000000-0000-4000-8000-000000000000',
      dataType: 'l1b',
      satellites: [],
      validate: true,
    },
    createReadStream(join(folder, name), { highWaterMark: 262144 }),
    () => {},
  );
  if (outcome.kind !== 'parsed') throw new Error(JSON.stringify(outcome));
  return { ...outcome.file, copyPath };
}

async function* blocksOf({ copyPath, blocks }) {
  const handle = await open(copyPath);
  for (const bytes of blocks) {
    const block = new Uint8Array(bytes);
    await handle.read(block, 0, bytes);
    yield block;
  }
  await handle.close();
}

function say(what, engine, rows, seconds, more = {}) {
  results.push({ what, engine, rows, seconds, rowsPerSecond: rows / seconds.median, ...more });
  console.log(
    `${engine} ${what}: ${rows} rows in ${fixed(seconds)} s, ${Math.round(rows / seconds.median)} rows/s`,
  );
}

const folder = values.folder ?? simulatedDay();
const half = halfOf(folder);
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const bytes = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
console.log(`${files.length} files, ${(bytes / 1e6).toFixed(0)} MB`);
let parsed = [];
const parsing = await repeat(repeats, async () => {
  parsed = [];
  for (const name of files) parsed.push(await parse(folder, name));
});
const rows = parsed.reduce((sum, { records }) => sum + records, 0);
say('parse', 'one thread', rows, parsing.seconds);
for (const engine of values.engines.split(',')) {
  const harness = await openIngest(engine, [folder, half]);
  try {
    const seconds = { copy: [], ingest: [], half: [] };
    const peak = { ingest: 0, half: 0 };
    let halfRows = 0;
    // The three take turns, so that a slow minute of the machine meets all of them.
    for (let i = 0; i < repeats; i++) {
      const since = performance.now();
      for (const file of parsed) {
        await harness.db.kysely
          .transaction()
          .execute((transaction) =>
            harness.db.copyBinary(
              transaction,
              file.table,
              file.table === 'baseline_vectors' ? BASELINE_COLUMNS : OBSERVATION_COLUMNS,
              blocksOf(file),
              file.marks,
            ),
          );
      }
      seconds.copy.push((performance.now() - since) / 1000);
      await harness.clear();
      for (const [key, source] of Object.entries({ half, ingest: folder })) {
        const run = await harness.run(source);
        seconds[key].push(run.seconds);
        peak[key] = Math.max(peak[key], run.peakBytes);
        if (key === 'half') halfRows = run.result.totals.records;
        await harness.clear();
      }
    }
    const copy = spread(seconds.copy);
    const ingest = spread(seconds.ingest);
    say('COPY alone', engine, rows, copy);
    say('ingest job', engine, rows, ingest, {
      peakMemoryBytes: peak.ingest,
      timesCopy: ingest.median / copy.median,
    });
    say('ingest job, half of the files', engine, halfRows, spread(seconds.half), {
      peakMemoryBytes: peak.half,
    });
  } finally {
    await harness.close();
  }
}
console.table(
  results.map(({ what, engine, rows: count, seconds, rowsPerSecond, timesCopy, peakMemoryBytes }) => ({
    what,
    engine,
    rows: count,
    seconds: fixed(seconds),
    'rows/s': Math.round(rowsPerSecond),
    'times COPY': timesCopy?.toFixed(2) ?? '',
    'peak MB': peakMemoryBytes === undefined ? '' : Math.round(peakMemoryBytes / 1e6),
  })),
);
await save('ingest', { files: files.length, bytes, results }, values.json);
rmSync(scratch, { recursive: true });
