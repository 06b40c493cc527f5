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
import { DatabaseUnavailableError } from './database-error.js';
import type { LeaseQueue } from './lease-queue.js';
import type { PgliteSession } from './pglite-session.js';

/** Work that runs on the connection of a transaction, found by the statement object that stands for it. */
export type ConnectionTask = (connection: PgliteConnection) => Promise<number>;
export const connectionTasks = new WeakMap<CompiledQuery, ConnectionTask>();

export interface DriverSettings {
  /** Longest wait for the session. */
  readonly acquireTimeoutMs: number;
  /** A holder that sends nothing for so long loses the session; its transaction is rolled back. */
  readonly idleTimeoutMs: number;
  /** Called before the session goes to the next holder. */
  readonly beforeRelease: () => Promise<void>;
}

const COUNTING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** The session while one holder has it. */
export class PgliteConnection implements DatabaseConnection {
  inTransaction = false;
  private revoked: DatabaseUnavailableError | undefined;
  private released = false;
  private running = 0;
  private idleTimer: NodeJS.Timeout | undefined;
  private readonly generation: number;

  constructor(
    readonly session: PgliteSession,
    private readonly queue: LeaseQueue,
    private readonly settings: DriverSettings,
  ) {
    this.generation = session.generation;
    this.watchIdle();
  }

  async executeQuery<R>(compiledQuery: CompiledQuery): Promise<QueryResult<R>> {
    const task = connectionTasks.get(compiledQuery);
    if (task) return { numAffectedRows: BigInt(await task(this)), rows: [] };
    const result = await this.run(() =>
      this.session.request({ op: 'query', sql: compiledQuery.sql, parameters: compiledQuery.parameters }),
    );
    const { command, rowCount } = result;
    // The driver reads the command of COMMIT to see that it was one.
    if (command === 'COMMIT' || command === 'ROLLBACK') return { rows: [{ command }] as R[] };
    return {
      numAffectedRows: command !== undefined && COUNTING.has(command) ? BigInt(rowCount ?? 0) : undefined,
      rows: result.rows as R[],
    };
  }

  /** The whole result in one piece: the session has no second cursor reader. Large results: copyOut. */
  async *streamQuery<R>(compiledQuery: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(compiledQuery);
  }

  /** Runs a request under this lease. */
  async run<T>(request: () => Promise<T>): Promise<T> {
    if (this.revoked) throw this.revoked;
    if (this.released) throw new DatabaseUnavailableError('revoked', 'The connection was already given back');
    if (this.inTransaction && this.generation !== this.session.generation) {
      throw new DatabaseUnavailableError('crashed', 'The database was reopened: the transaction is gone');
    }
    clearTimeout(this.idleTimer);
    this.running += 1;
    try {
      return await request();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.watchIdle();
    }
  }

  async release(): Promise<void> {
    clearTimeout(this.idleTimer);
    if (this.revoked || this.released) return;
    this.released = true;
    await this.handOver();
  }

  private watchIdle(): void {
    if (this.released || this.revoked) return;
    this.idleTimer = setTimeout(() => {
      this.revoked = new DatabaseUnavailableError(
        'revoked',
        `The connection sent nothing for ${this.settings.idleTimeoutMs / 1000} s and was taken back; its transaction is rolled back`,
      );
      void this.handOver();
    }, this.settings.idleTimeoutMs);
    this.idleTimer.unref();
  }

  private async handOver(): Promise<void> {
    try {
      if (this.inTransaction && this.generation === this.session.generation) {
        await this.session.request({ op: 'query', sql: 'rollback', parameters: [] });
      }
      await this.settings.beforeRelease();
    } catch {
      // A lost session has no transaction left; the next holder opens it again and sees the error itself.
    } finally {
      this.queue.release();
    }
  }
}

class PgliteDriver implements Driver {
  constructor(
    private readonly session: PgliteSession,
    private readonly queue: LeaseQueue,
    private readonly settings: DriverSettings,
  ) {}

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PgliteConnection> {
    await this.queue.acquire(this.settings.acquireTimeoutMs);
    try {
      await this.session.start();
    } catch (error) {
      this.queue.release();
      throw error;
    }
    return new PgliteConnection(this.session, this.queue, this.settings);
  }

  async beginTransaction(connection: PgliteConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : '';
    const access = settings.accessMode ? ` ${settings.accessMode}` : '';
    await connection.executeQuery(CompiledQuery.raw(`start transaction${isolation}${access}`));
    connection.inTransaction = true;
  }

  async commitTransaction(connection: PgliteConnection): Promise<void> {
    const { rows } = await connection.executeQuery<{ command?: string }>(CompiledQuery.raw('commit'));
    connection.inTransaction = false;
    // PostgreSQL answers COMMIT with ROLLBACK when an earlier statement failed.
    if (rows[0]?.command === 'ROLLBACK') {
      throw new Error('The transaction was rolled back: an earlier statement in it failed');
    }
  }

  async rollbackTransaction(connection: PgliteConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
    connection.inTransaction = false;
  }

  async savepoint(connection: PgliteConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`savepoint ${quoteIdentifier(name)}`));
  }

  async rollbackToSavepoint(connection: PgliteConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`rollback to ${quoteIdentifier(name)}`));
  }

  async releaseSavepoint(connection: PgliteConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`release ${quoteIdentifier(name)}`));
  }

  async releaseConnection(connection: PgliteConnection): Promise<void> {
    await connection.release();
  }

  async destroy(): Promise<void> {}
}

/** Kysely's PostgreSQL dialect over the one embedded session. */
export function createPgliteDialect(
  session: PgliteSession,
  queue: LeaseQueue,
  settings: DriverSettings,
): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PgliteDriver(session, queue, settings),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
