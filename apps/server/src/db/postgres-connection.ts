import type { CompiledQuery, QueryResult } from 'kysely';
import type pg from 'pg';
import { connectionTask } from './connection-task.js';
import { DatabaseUnavailableError } from './database-error.js';
import { connect, translate } from './postgres-pool.js';
import type { QueryMeter } from './query-meter.js';
import { queryResult, type SessionConnection } from './session-driver.js';
import { PreparedStatements, statementName } from './statement-names.js';
import { isConnectionError } from './transient.js';

const prepared = new WeakMap<pg.PoolClient, PreparedStatements>();
const FEATURE_NOT_SUPPORTED = '0A000';

/** A connection of the pool while one holder has it. */
export class PostgresConnection implements SessionConnection {
  inTransaction = false;
  #released = false;
  #broken: Error | undefined;
  readonly #statements: PreparedStatements;

  constructor(
    readonly client: pg.PoolClient,
    private readonly meter: QueryMeter,
  ) {
    let statements = prepared.get(client);
    if (statements === undefined) {
      statements = new PreparedStatements(client);
      prepared.set(client, statements);
    }
    this.#statements = statements;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const task = connectionTask<PostgresConnection>(query);
    if (task) return { numAffectedRows: BigInt(await task(this)), rows: [] };
    return this.meter.measure(
      query.sql,
      () => this.run(() => this.#query<R>(query)),
      (result) => result.rows.length || Number(result.numAffectedRows ?? 0),
    );
  }

  /** The whole result in one piece. Large results: copyOut. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  /** Runs work on the client; remembers when the connection cannot be used again. */
  async run<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    if (this.#released) {
      throw new DatabaseUnavailableError('revoked', 'The connection was already given back');
    }
    try {
      return await work(this.client);
    } catch (cause) {
      const error = translate(cause);
      if (isConnectionError(error) || /read timeout/.test((cause as Error).message)) this.#broken = error;
      throw error;
    }
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    // a transaction that could not be ended is ended with its connection
    this.client.release(this.#broken ?? (this.inTransaction ? true : undefined));
  }

  async #query<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const name = statementName(sql, parameters.length);
    if (name !== undefined) await this.#statements.use(name);
    const config = { text: sql, values: [...parameters], ...(name !== undefined && { name }) };
    try {
      const { command, rowCount, rows } = await this.client.query(config);
      return queryResult<R>(command, rowCount, rows);
    } catch (error) {
      // the table has changed since the statement was prepared (a newer version migrated it)
      const stale = name !== undefined && (error as { code?: unknown }).code === FEATURE_NOT_SUPPORTED;
      if (!stale || this.inTransaction) throw error;
      await this.#statements.forget(name);
      const { command, rowCount, rows } = await this.client.query({ text: sql, values: [...parameters] });
      return queryResult<R>(command, rowCount, rows);
    }
  }
}

export async function acquireFrom(pool: pg.Pool, meter: QueryMeter): Promise<PostgresConnection> {
  return new PostgresConnection(await connect(pool), meter);
}
