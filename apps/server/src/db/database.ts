import type { Kysely, Transaction } from 'kysely';
import type { DatabaseSchema } from './schema.js';
import type { CopiedSeriesTable, SeriesMark } from './time-series/row-marks.js';

export interface DatabaseEngine {
  readonly kind: 'pglite' | 'postgresql';
  /** Version text of the server, e.g. "15.20". */
  readonly version: string;
  /** Version of the TimescaleDB extension; undefined where it is not there. */
  readonly timescale?: string;
  /** Other processes may use the same database. */
  readonly shared: boolean;
}

/** Figures since the database was opened. */
export interface DatabaseStatistics {
  readonly queries: number;
  readonly failedQueries: number;
  /** Statements over config.slowQueryMilliseconds. */
  readonly slowQueries: number;
  /** Of all statements together. */
  readonly milliseconds: number;
  /** Connections of the pool; the embedded database has one session. */
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number };
  /** Undefined without a replica. */
  readonly replica?: { readonly usable: boolean; readonly lagSeconds?: number };
}

/** The database port: Kysely for statements, COPY for bulk. Embedded: PGlite; services: PostgreSQL. */
export interface Database {
  readonly kysely: Kysely<DatabaseSchema>;
  /**
   * For reads that may lag by seconds (lists, coverage, observations): the replica where there is one, else the same
   * as `kysely`. Never for reads whose answer decides a write.
   */
  readonly reader: Kysely<DatabaseSchema>;
  readonly engine: DatabaseEngine;
  /**
   * COPY … FROM STDIN (text format, tab separated, \N for null) inside the given transaction.
   * Nothing stays when the transaction rolls back. Returns the number of rows.
   */
  copyIn(
    transaction: Transaction<DatabaseSchema>,
    table: keyof DatabaseSchema,
    columns: readonly string[],
    chunks: AsyncIterable<string> | Iterable<string>,
  ): Promise<number>;
  /**
   * COPY … FROM STDIN in binary format: blocks of whole rows as `BinaryRowWriter` makes them. The bytes are given away.
   * @param marks the series and hours (of UTC) of the rows
   */
  copyBinary(
    transaction: Transaction<DatabaseSchema>,
    table: CopiedSeriesTable,
    columns: readonly string[],
    blocks: AsyncIterable<Uint8Array<ArrayBuffer>>,
    marks: readonly SeriesMark[],
  ): Promise<number>;
  /** COPY (select) TO STDOUT in text format, as one or more chunks of bytes. `sql` carries no user text. */
  copyOut(sql: string): AsyncIterable<Uint8Array>;
  statistics(): DatabaseStatistics;
  ping(): Promise<void>;
  close(): Promise<void>;
}
