import { sql } from 'kysely';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../db/database.js';

/** Sizes change slowly and cost a look at every row of a table. */
const sizesKeptMilliseconds = 60_000;

interface Sizes {
  readonly database: number;
  readonly raw: number;
  readonly products: number;
}

async function querySizes(db: Database): Promise<Sizes> {
  const { rows } = await sql<Record<keyof Sizes, string>>`
    select pg_database_size(current_database()) as database,
      (select coalesce(sum(bytes), 0) from ingested_files) as raw,
      (select coalesce(sum(bytes), 0) from gravity_products) as products`.execute(db.reader);
  return {
    database: Number(rows[0]?.database),
    raw: Number(rows[0]?.raw),
    products: Number(rows[0]?.products),
  };
}

function addStatementMetrics(registers: Registry[], db: Database): void {
  const total = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  total('gravity_database_queries_total', 'Statements sent to the database.', () => db.statistics().queries);
  total(
    'gravity_database_slow_queries_total',
    'Statements over GRAVITY_SLOW_QUERY_MS; each is in the log.',
    () => db.statistics().slowQueries,
  );
  total(
    'gravity_database_failed_queries_total',
    'Statements that ended with an error.',
    () => db.statistics().failedQueries,
  );
  total(
    'gravity_database_query_seconds_total',
    'Time of all statements together, s.',
    () => db.statistics().milliseconds / 1000,
  );
  new Gauge({
    name: 'gravity_database_connections',
    help: 'Connections of the pool by state, and requests that wait for one.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle, waiting } = db.statistics().connections;
      this.set({ state: 'busy' }, open - idle);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
    },
  });
}

/** Adds figures of statements, connections and sizes. */
export function addDatabaseMetrics(registry: Registry, db: Database): void {
  const registers = [registry];
  addStatementMetrics(registers, db);
  const databaseSize = new Gauge({
    name: 'gravity_database_size_bytes',
    help: 'Size of the database on its disk, bytes.',
    registers,
  });
  let readAt = Number.NEGATIVE_INFINITY;
  new Gauge({
    name: 'gravity_stored_bytes',
    help: 'Bytes of the files held: raw (ingested) and products.',
    labelNames: ['kind'],
    registers,
    async collect() {
      if (performance.now() - readAt < sizesKeptMilliseconds) return;
      const sizes = await querySizes(db).catch(() => undefined);
      if (sizes === undefined) return;
      readAt = performance.now();
      databaseSize.set(sizes.database);
      this.set({ kind: 'raw' }, sizes.raw);
      this.set({ kind: 'products' }, sizes.products);
    },
  });
}
