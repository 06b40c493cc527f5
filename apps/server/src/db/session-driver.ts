import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import { quoteIdentifier } from './copy-text.js';

/** A connection while one holder has it. */
export interface SessionConnection extends DatabaseConnection {
  inTransaction: boolean;
  release(): Promise<void>;
}

const COUNTING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** The answer of a statement as Kysely wants it. */
export function queryResult<R>(
  command: string | undefined,
  rowCount: number | null | undefined,
  rows: readonly unknown[],
): QueryResult<R> {
  // The driver reads the command of COMMIT to see that it was one.
  if (command === 'COMMIT' || command === 'ROLLBACK') return { rows: [{ command }] as R[] };
  return {
    numAffectedRows: command !== undefined && COUNTING.has(command) ? BigInt(rowCount ?? 0) : undefined,
    rows: rows as R[],
  };
}

/** Transactions and savepoints, the same for the embedded database and for a server. */
export class SessionDriver<C extends SessionConnection> implements Driver {
  constructor(private readonly acquire: () => Promise<C>) {}

  async init(): Promise<void> {}

  acquireConnection(): Promise<C> {
    return this.acquire();
  }

  async beginTransaction(connection: C, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : '';
    const access = settings.accessMode ? ` ${settings.accessMode}` : '';
    await connection.executeQuery(CompiledQuery.raw(`start transaction${isolation}${access}`));
    connection.inTransaction = true;
  }

  async commitTransaction(connection: C): Promise<void> {
    const { rows } = await connection.executeQuery<{ command?: string }>(CompiledQuery.raw('commit'));
    connection.inTransaction = false;
    // PostgreSQL answers COMMIT with ROLLBACK when an earlier statement failed.
    if (rows[0]?.command === 'ROLLBACK') {
      throw new Error('The transaction was rolled back: an earlier statement in it failed');
    }
  }

  async rollbackTransaction(connection: C): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
    connection.inTransaction = false;
  }

  async savepoint(connection: C, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`savepoint ${quoteIdentifier(name)}`));
  }

  async rollbackToSavepoint(connection: C, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`rollback to ${quoteIdentifier(name)}`));
  }

  async releaseSavepoint(connection: C, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`release ${quoteIdentifier(name)}`));
  }

  async releaseConnection(connection: C): Promise<void> {
    await connection.release();
  }

  async destroy(): Promise<void> {}
}

/** Kysely's PostgreSQL dialect over connections of our own. */
export function sessionDialect<C extends SessionConnection>(acquire: () => Promise<C>): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new SessionDriver(acquire),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
