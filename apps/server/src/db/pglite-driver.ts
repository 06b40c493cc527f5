import type { CompiledQuery, Dialect, QueryResult } from 'kysely';
import { connectionTask } from './connection-task.js';
import { DatabaseUnavailableError } from './database-error.js';
import type { LeaseQueue } from './lease-queue.js';
import type { PgliteSession } from './pglite-session.js';
import type { QueryMeter } from './query-meter.js';
import { queryResult, type SessionConnection, sessionDialect } from './session-driver.js';

export interface DriverSettings {
  /** Longest wait for the session. */
  readonly acquireTimeoutMs: number;
  /** A holder that sends nothing for so long loses the session; its transaction is rolled back. */
  readonly idleTimeoutMs: number;
  /** Called before the session goes to the next holder. */
  readonly beforeRelease: () => Promise<void>;
  readonly meter: QueryMeter;
}

/** The session while one holder has it. */
export class PgliteConnection implements SessionConnection {
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
    const task = connectionTask<PgliteConnection>(compiledQuery);
    if (task) return { numAffectedRows: BigInt(await task(this)), rows: [] };
    const { sql, parameters } = compiledQuery;
    const result = await this.settings.meter.measure(
      sql,
      () => this.run(() => this.session.request({ op: 'query', sql, parameters })),
      ({ rows, rowCount }) => rows.length || (rowCount ?? 0),
    );
    return queryResult<R>(result.command, result.rowCount, result.rows);
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

/** Kysely's PostgreSQL dialect over the one embedded session. */
export function createPgliteDialect(
  session: PgliteSession,
  queue: LeaseQueue,
  settings: DriverSettings,
): Dialect {
  return sessionDialect(async () => {
    await queue.acquire(settings.acquireTimeoutMs);
    try {
      await session.start();
    } catch (error) {
      queue.release();
      throw error;
    }
    return new PgliteConnection(session, queue, settings);
  });
}
