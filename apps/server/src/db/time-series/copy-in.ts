import { type Kysely, sql, type Transaction } from 'kysely';
import { copyBlocks, quoteIdentifier } from '../copy-text.js';
import type { DatabaseSchema } from '../schema.js';
import { type CopiedSeriesTable, isSeriesTable, RowMarks, type SeriesMark } from './row-marks.js';

/** What an engine does for a bulk load. */
export interface CopyEngine {
  readonly blockBytes: number;
  /** Loads whole rows. `target` is the table with its columns, quoted. The bytes may be given away. */
  copyBlock(
    transaction: Transaction<DatabaseSchema>,
    target: string,
    block: Uint8Array<ArrayBuffer>,
  ): Promise<number>;
  /** Makes partitions for these days (YYYY-MM-DD); undefined where the table makes its own. */
  ensurePartitions?(
    transaction: Transaction<DatabaseSchema>,
    table: CopiedSeriesTable,
    days: readonly string[],
  ): Promise<void>;
}

/**
 * COPY … FROM STDIN block by block. For the time series the partitions of the days are made first, and the hours of
 * the series are marked in the same transaction: their aggregates are older than the rows from now on.
 */
export async function copyRows(
  engine: CopyEngine,
  transaction: Transaction<DatabaseSchema>,
  table: keyof DatabaseSchema,
  columns: readonly string[],
  chunks: AsyncIterable<string> | Iterable<string>,
): Promise<number> {
  const target = `${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(', ')})`;
  const series = isSeriesTable(table) ? { table, marks: new RowMarks(table, columns) } : undefined;
  let rows = 0;
  for await (const block of copyBlocks(chunks, engine.blockBytes)) {
    const days = series?.marks.add(block) ?? [];
    if (series && days.length > 0) await engine.ensurePartitions?.(transaction, series.table, days);
    rows += await engine.copyBlock(transaction, target, block);
  }
  if (series && rows > 0) await markSeries(transaction, series.table, series.marks.marks());
  return rows;
}

/** Says that rows of these series and hours have changed. In the transaction that changes them. */
export async function markSeries(
  executor: Kysely<DatabaseSchema>,
  table: CopiedSeriesTable,
  marks: readonly SeriesMark[],
): Promise<void> {
  if (marks.length === 0) return;
  await sql`
    insert into aggregate_dirty (source, owner, product, bucket)
    select ${table}, owner, product, bucket
    from jsonb_to_recordset(${JSON.stringify(marks)}::jsonb) as m (owner text, product text, bucket timestamptz)
  `.execute(executor);
}
