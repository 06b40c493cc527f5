// Parsing alone, COPY alone (the same rows, encoded before) and the whole ingest of a day of Level-1B files.
//   node bench/ingest.mjs [--folder …] [--repeats 3] [--engines postgresql,pglite]
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BASELINE_COLUMNS, OBSERVATION_COLUMNS } from '../apps/server/dist/tasks/ingest/copy-text.js';
import { parseLevel1bFile } from '../apps/server/dist/tasks/ingest/parse-level1b.js';
import { openIngest } from './ingest-harness.mjs';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    engines: { type: 'string', default: 'postgresql,pglite' },
  },
});
const folder = values.folder;
const files = readdirSync(folder).filter((n) => n.endsWith('.txt'));
const scratch = mkdtempSync(join(os.tmpdir(), 'gravity-bench-'));
const parsed = [];
for (let r = 0; r < Number(values.repeats); r++) {
  const t = performance.now();
  let rows = 0;
  parsed.length = 0;
  for (const name of files) {
    const copyPath = join(scratch, name);
    const t1 = performance.now();
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
    rows += outcome.file.records;
    parsed.push({ ...outcome.file, copyPath });
    if (r === 0) console.log(name, (performance.now() - t1).toFixed(0), 'ms', statSync(copyPath).size);
  }
  const s = (performance.now() - t) / 1000;
  console.log('parse', rows, 'rows', s.toFixed(2), 's', Math.round(rows / s), 'rows/s');
}
for (const kind of values.engines.split(',')) {
  const h = await openIngest(kind, [folder]);
  try {
    for (let r = 0; r < Number(values.repeats); r++) {
      let rows = 0;
      const t = performance.now();
      for (const p of parsed) {
        async function* chunks() {
          for await (const c of createReadStream(p.copyPath, { encoding: 'utf8', highWaterMark: 262144 }))
            yield c;
        }
        rows += await h.db.kysely
          .transaction()
          .execute((tr) =>
            h.db.copyIn(
              tr,
              p.table,
              p.table === 'baseline_vectors' ? BASELINE_COLUMNS : OBSERVATION_COLUMNS,
              chunks(),
            ),
          );
      }
      const s = (performance.now() - t) / 1000;
      console.log(kind, 'copy', rows, s.toFixed(2), Math.round(rows / s));
      await h.clear();
      const { seconds, result, peakBytes } = await h.run(folder);
      console.log(
        kind,
        'ingest',
        seconds.toFixed(2),
        Math.round(rows / seconds),
        (peakBytes / 1e6).toFixed(0),
        'MB',
        JSON.stringify(result.totals),
      );
      await h.clear();
    }
  } finally {
    await h.close();
  }
}
rmSync(scratch, { recursive: true });
