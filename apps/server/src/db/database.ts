import type { Kysely, Transaction } from 'kysely';
import type { DatabaseSchema } from './schema.js';

/** The database port: Kysely for statements, COPY for bulk. Embedded: PGlite; services: PostgreSQL. */
export interface Database {
  readonly kysely: Kysely<DatabaseSchema>;
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
  /** COPY (select) TO STDOUT in text format, as one or more chunks of bytes. `sql` carries no user text. */
  copyOut(sql: string): AsyncIterable<Uint8Array>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
