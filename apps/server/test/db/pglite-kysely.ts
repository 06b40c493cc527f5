import type { DatabaseSchema } from '@gravity/server';
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

/** What of PGlite is needed, of whichever build. */
interface QueryRunner {
  query(sql: string, parameters: unknown[]): Promise<{ rows: unknown[]; affectedRows?: number }>;
}

/** Kysely over a PGlite of this process, without our adapter and without its migrations. */
export function kyselyOver(pg: QueryRunner): Kysely<DatabaseSchema> {
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, affectedRows } = await pg.query(sql, [...parameters]);
      return { rows: rows as R[], numAffectedRows: BigInt(affectedRows ?? 0) };
    },
    async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      yield await this.executeQuery<R>(query);
    },
  };
  return new Kysely<DatabaseSchema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new OneSession(connection),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}
