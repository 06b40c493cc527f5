import { type Kysely, sql, type Transaction } from 'kysely';
import { copyBlocks, quoteIdentifier } from '../copy-text.js';
import type { DatabaseSchema } from '../schema.js';
import { type CopiedSeriesTable, isSeriesTable, RowMarks, type SeriesMark } from './row-marks.js';

export type CopyFormat = 'text' | 'binary';

/** Options of the statement for a format. */
export const copyOptions = (format: CopyFormat): string => (format === 'binary' ? ' (FORMAT binary)' : '');

/** What an engine does for a bulk load. */
export interface CopyEngine {
  readonly blockBytes: number;
  /** Loads whole rows; a binary block is a whole stream. `target` is the table with its columns, quoted. The bytes may be given away. */
  copyBlock(
    transaction: Transaction<DatabaseSchema>,
    target: string,
    block: Uint8Array<ArrayBuffer>,
    format: CopyFormat,
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
  const target = copyTarget(table, columns);
  const series = isSeriesTable(table) ? { table, marks: new RowMarks(table, columns) } : undefined;
  let rows = 0;
  for await (const block of copyBlocks(chunks, engine.blockBytes)) {
    const days = series?.marks.add(block) ?? [];
    if (series && days.length > 0) await engine.ensurePartitions?.(transaction, series.table, days);
    rows += await engine.copyBlock(transaction, target, block, 'text');
  }
  if (series && rows > 0) await markSeries(transaction, series.table, series.marks.marks());
  return rows;
}

const copyTarget = (table: string, columns: readonly string[]): string =>
  `${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(', ')})`;

/** As copyRows, with rows that are encoded already and whose series and hours the caller knows. */
export async function copyBinaryRows(
  engine: CopyEngine,
  transaction: Transaction<DatabaseSchema>,
  table: CopiedSeriesTable,
  columns: readonly string[],
  blocks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  marks: readonly SeriesMark[],
): Promise<number> {
  const target = copyTarget(table, columns);
  const days = [...new Set(marks.map(({ bucket }) => bucket.slice(0, 10)))];
  if (days.length > 0) await engine.ensurePartitions?.(transaction, table, days);
  let rows = 0;
  for await (const block of blocks) rows += await engine.copyBlock(transaction, target, block, 'binary');
  if (rows > 0) await markSeries(transaction, table, marks);
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
