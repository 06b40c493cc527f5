// Loads generated observations into the database and times what the API asks of it. Usage:
//   node bench/database.mjs [--rows 10000000] [--embedded-rows 1000000] [--timescale-rows 1000000]
// PostgreSQL: the empty database of DATABASE_URL, else a server of its own. Nothing is left behind, except in
// DATABASE_URL's database. Writes docs/performance/database.json.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { copyRow, countRecords, maintainTimeSeries, openDatabase, refreshAggregates } from '@gravity/server';
import { sql } from 'kysely';
import { startPostgres } from './postgres-server.mjs';
import { openTimescalePglite } from './timescale-pglite.mjs';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    'embedded-rows': { type: 'string', default: '1000000' },
    'timescale-rows': { type: 'string', default: '1000000' },
    json: { type: 'string', default: 'docs/performance/database.json' },
  },
});
const STEP = 5;
const PER_DAY = 86_400 / STEP;
/** Start of a GPS day, 18 s before midnight UTC: every file touches two UTC days, as real ones do. */
const START = Date.parse('2022-12-31T23:59:42Z');
const SATELLITES = ['GRACE-C', 'GRACE-D'];
const PRODUCTS = { GNV1B: 12, ACT1B: 3 };
const COLUMNS = [
  'time',
  'gps_seconds',
  'satellite',
  'product',
  'file_id',
  'values',
  'labels',
  'quality_flag',
];

/** One file of a day, as pieces of COPY text. */
function fileOf(day, satellite, product) {
  const fileId = randomUUID();
  const width = PRODUCTS[product];
  const scale = product === 'GNV1B' ? 6.8e6 : 1e-7;
  const chunks = [];
  let text = '';
  for (let i = 0; i < PER_DAY; i++) {
    const ms = START + day * 86_400_000 + i * STEP * 1000;
    const angle = ((day * PER_DAY + i) * STEP) / 900;
    const numbers = Array.from({ length: width }, (_, k) => scale * Math.sin(angle + k));
    const flag = i % 500 === 0 ? '00000100' : '00000000';
    text += copyRow([new Date(ms), ms / 1000 - 946_727_982, satellite, product, fileId, numbers, null, flag]);
    if (text.length > 256 * 1024) {
      chunks.push(text);
      text = '';
    }
  }
  chunks.push(text);
  return chunks;
}

async function load(db, rows) {
  const days = Math.max(1, Math.round(rows / (PER_DAY * 4)));
  let seconds = 0;
  let refreshSeconds = 0;
  let loaded = 0;
  for (let day = 0; day < days; day++) {
    for (const satellite of SATELLITES) {
      for (const product of Object.keys(PRODUCTS)) {
        const chunks = fileOf(day, satellite, product);
        const started = performance.now();
        loaded += await db.kysely
          .transaction()
          .execute((transaction) => db.copyIn(transaction, 'satellite_observations', COLUMNS, chunks));
        seconds += (performance.now() - started) / 1000;
      }
    }
    const started = performance.now();
    await refreshAggregates(db);
    refreshSeconds += (performance.now() - started) / 1000;
  }
  return {
    days,
    rows: loaded,
    copyRowsPerSecond: loaded / seconds,
    refreshRowsPerSecond: loaded / refreshSeconds,
  };
}

async function timed(work) {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

async function median(work, repeats = 7) {
  const times = [];
  for (let i = 0; i < repeats; i++) times.push((await timed(work))[0]);
  return times.sort((a, b) => a - b)[repeats >> 1];
}

/** The rows of one hour: of a product of one satellite, or of all its products. */
const hourRows = (db, day, hour, product) => {
  const from = new Date(START + day * 86_400_000 + hour * 3_600_000);
  const to = new Date(from.getTime() + 3_600_000);
  const gps = from.getTime() / 1000 - 946_727_982;
  return sql`
    select gps_seconds, product, "values" from satellite_observations
    where satellite = 'GRACE-C' and time >= ${from} and time < ${to}
      and gps_seconds >= ${gps} and gps_seconds < ${gps + 3600}
      ${product === undefined ? sql`` : sql`and product = ${product}`}
    order by gps_seconds`.execute(db.kysely);
};

async function queries(db, days) {
  const end = new Date(START + days * 86_400_000 + 1);
  const all = { start: new Date(START), end };
  const month = {
    start: new Date(START + 1000),
    end: new Date(START + Math.min(days, 30) * 86_400_000 - 1000),
  };
  const [countAllMs] = await timed(() =>
    sql`select date_trunc('day', time, 'UTC'), satellite, product, count(*) from satellite_observations
      group by 1, 2, 3`.execute(db.kysely),
  );
  return {
    coverageAllDaysMs: await median(() => countRecords(db, all, 'day', {}, 20_000)),
    coverageMonthOfHoursMs: await median(() => countRecords(db, month, 'hour', {}, 20_000)),
    coverageFromAllRowsMs: countAllMs,
    hourOfProductMs: await median(() => hourRows(db, (days * 0.37) | 0, 7, 'GNV1B')),
    hourOfSatelliteMs: await median(() => hourRows(db, (days * 0.61) | 0, 11)),
  };
}

async function sizes(db) {
  const { rows } = await sql`
    select pg_database_size(current_database())::float8 as bytes`.execute(db.kysely);
  return rows[0].bytes;
}

const results = [];
const report = (result) => {
  // other programs on the machine: above its number of cores the figures are those of a busy machine
  results.push({ ...result, loadAverage: os.loadavg()[1] });
  console.log(result);
};

if (Number(values.rows) > 0) {
  // what a server of 8 GB would be given; durability as delivered
  const own = process.env.DATABASE_URL
    ? undefined
    : await startPostgres(['shared_buffers=1GB', 'max_wal_size=4GB', 'max_locks_per_transaction=1024']);
  const dataDir = mkdtempSync(join(os.tmpdir(), 'gravity-bench-'));
  const url = process.env.DATABASE_URL ?? own.url;
  let db = await openDatabase({ dataDir, databaseUrl: url });
  try {
    const before = await sizes(db);
    const loaded = await load(db, Number(values.rows));
    await sql`analyze`.execute(db.kysely);
    let cold;
    if (own) {
      await db.close();
      own.restart();
      db = await openDatabase({ dataDir, databaseUrl: url });
      // the server's memory is empty; the files may still be in that of the system
      const [hourMs, { rows }] = await timed(() => hourRows(db, (loaded.days * 0.83) | 0, 3, 'GNV1B'));
      const interval = { start: new Date(START), end: new Date(START + loaded.days * 86_400_000) };
      const [coverageMs] = await timed(() => countRecords(db, interval, 'day', {}, 20_000));
      cold = { hourOfProductMs: hourMs, rowsOfHour: rows.length, coverageAllDaysMs: coverageMs };
    }
    const bytes = (await sizes(db)) - before;
    report({
      engine: `PostgreSQL ${db.engine.version}${db.engine.timescale ? ` TimescaleDB ${db.engine.timescale}` : ''}`,
      ...loaded,
      ...(await queries(db, loaded.days)),
      afterRestart: cold,
      bytes,
      bytesPerRow: bytes / loaded.rows,
    });
  } finally {
    await db.close();
    own?.remove();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (Number(values['embedded-rows']) > 0) {
  const dataDir = mkdtempSync(join(os.tmpdir(), 'gravity-bench-'));
  const db = await openDatabase({ dataDir });
  try {
    const before = await sizes(db);
    const loaded = await load(db, Number(values['embedded-rows']));
    await sql`analyze`.execute(db.kysely);
    const bytes = (await sizes(db)) - before;
    const engine = `PGlite ${db.engine.version}`;
    report({
      engine,
      ...loaded,
      ...(await queries(db, loaded.days)),
      bytes,
      bytesPerRow: bytes / loaded.rows,
    });
  } finally {
    await db.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (Number(values['timescale-rows']) > 0) {
  const db = await openTimescalePglite();
  try {
    const before = await sizes(db);
    const loaded = await load(db, Number(values['timescale-rows']));
    const uncompressed = (await sizes(db)) - before;
    const plain = await queries(db, loaded.days);
    let compressed = 0;
    const [compressMs] = await timed(async () => {
      for (;;) {
        const done = await maintainTimeSeries(db, { compress_after_days: 1 });
        const chunks = done.filter((text) => text.startsWith('compress')).length;
        compressed += chunks;
        if (chunks === 0) break;
      }
    });
    const { rows } = await sql`
      select sum(before_compression_total_bytes)::float8 as before, sum(after_compression_total_bytes)::float8 as after
      from chunk_compression_stats('satellite_observations')`.execute(db.kysely);
    report({
      engine: `PGlite with TimescaleDB ${db.engine.timescale}, in memory`,
      ...loaded,
      ...plain,
      bytes: uncompressed,
      bytesPerRow: uncompressed / loaded.rows,
      compression: {
        chunks: compressed,
        seconds: compressMs / 1000,
        bytesBefore: rows[0].before,
        bytesAfter: rows[0].after,
        ...(await queries(db, loaded.days)),
      },
    });
  } finally {
    await db.close();
  }
}

const machine = { cpu: os.cpus()[0].model, cores: os.cpus().length, node: process.version };
mkdirSync('docs/performance', { recursive: true });
writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
const number = (value) =>
  value === undefined ? '' : value.toLocaleString('en', { maximumFractionDigits: 1 });
console.table(
  results.map((r) => ({
    engine: r.engine,
    rows: number(r.rows),
    'COPY rows/s': number(Math.round(r.copyRowsPerSecond)),
    'refresh rows/s': number(Math.round(r.refreshRowsPerSecond)),
    'coverage ms': number(r.coverageAllDaysMs),
    'from rows ms': number(r.coverageFromAllRowsMs),
    'hour ms': number(r.hourOfProductMs),
    'B/row': number(r.bytesPerRow),
  })),
);
