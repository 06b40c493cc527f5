import pg from 'pg';
import { DatabaseError, DatabaseUnavailableError } from './database-error.js';
import { isConnectionError } from './transient.js';

export interface PoolSettings {
  readonly url: string;
  readonly size: number;
  /** Longest wait for a connection, queue included. */
  readonly acquireTimeoutMs: number;
  /** 0: none. */
  readonly statementTimeoutMs: number;
  /** A transaction that sends nothing for so long is ended by the server. */
  readonly idleTimeoutMs: number;
  readonly onIdleError: (error: Error) => void;
}

const DATE = 1082;
const TIMESTAMP = 1114;
const NAME_ARRAY = 1003;
const TEXT_ARRAY: number = 1009;

/** Values as PGlite gives them: what differs in node-postgres are dates without time and arrays of names. */
const textArray = pg.types.getTypeParser(TEXT_ARRAY);
const parseTimestamp = pg.types.getTypeParser(TIMESTAMP);
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === DATE) {
      return (text: string) => {
        const date = new Date(text);
        return Number.isNaN(date.getTime()) ? parseTimestamp(text) : date;
      };
    }
    if (oid === NAME_ARRAY) return textArray;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

export function createPool(settings: PoolSettings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: settings.size,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'gravity',
    statement_timeout: settings.statementTimeoutMs,
    idle_in_transaction_session_timeout: settings.idleTimeoutMs,
    // a server that vanished without a word is noticed although TCP waits on
    ...(settings.statementTimeoutMs > 0 && { query_timeout: settings.statementTimeoutMs + 15_000 }),
    types,
    ...(/[?&]options=/.test(settings.url) ? {} : { options: '-c timezone=UTC' }),
  });
  pool.on('connect', (client) => {
    // Without a listener of its own a client whose connection breaks between two statements ends the process.
    client.on('error', settings.onIdleError);
  });
  pool.on('error', settings.onIdleError);
  return pool;
}

/** A connection of the pool, errors as the port has them. */
export async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if (pool.ending) throw new DatabaseUnavailableError('closed', 'The database is closed');
    const message = error instanceof Error ? error.message : String(error);
    if (/^timeout exceeded when trying to connect/.test(message)) {
      const all = pool.totalCount >= (pool.options.max ?? 10);
      throw new DatabaseUnavailableError(
        all ? 'busy' : 'unreachable',
        all ? 'All connections to the database stayed in use' : 'The database does not answer',
        { cause: error },
      );
    }
    throw translate(error);
  }
}

/** DatabaseError for what the server says, DatabaseUnavailableError for a lost or missing connection. */
export function translate(error: unknown): Error {
  if (error instanceof DatabaseUnavailableError || error instanceof DatabaseError) return error;
  if (error instanceof pg.DatabaseError) {
    if (error.code === '57014' && /statement timeout/.test(error.message)) {
      return new DatabaseUnavailableError('timeout', 'A statement ran too long', { cause: error });
    }
    return new DatabaseError(error, { cause: error });
  }
  if (error instanceof Error && /^Query read timeout/.test(error.message)) {
    return new DatabaseUnavailableError('timeout', 'The database did not answer in time', { cause: error });
  }
  if (isConnectionError(error)) {
    const reason = reasonOf(error);
    return new DatabaseUnavailableError('unreachable', `The database is not reached: ${reason}`, {
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** AggregateError (one failure per address of a host) has no message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** host:port/name, for messages: never the user's password. */
export function describeUrl(text: string): string {
  const url = new URL(text);
  const host = url.hostname === '' ? (url.searchParams.get('host') ?? 'localhost') : url.hostname;
  return `${host}:${url.port === '' ? '5432' : url.port}${url.pathname}`;
}
