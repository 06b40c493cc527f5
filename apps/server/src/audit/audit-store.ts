import { type Kysely, sql, type Transaction } from 'kysely';
import type { DatabaseSchema } from '../db/schema.js';
import type { AuditRow } from './audit-row.js';
import type { ChainHasher } from './chain.js';
import { type ChainedRow, chainRows } from './chain-store.js';

const rowsPerInsert = 500;
/** Room for rows whose time was written by an earlier clock reading than the one looked for. */
const marginMilliseconds = 60_000;

async function insertRows(
  transaction: Transaction<DatabaseSchema>,
  rows: readonly ChainedRow[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += rowsPerInsert) {
    await transaction
      .insertInto('audit_logs')
      .values(rows.slice(i, i + rowsPerInsert))
      .execute();
  }
}

async function missingRows(
  transaction: Transaction<DatabaseSchema>,
  rows: readonly AuditRow[],
): Promise<AuditRow[]> {
  const missing: AuditRow[] = [];
  for (let i = 0; i < rows.length; i += rowsPerInsert) {
    const part = rows.slice(i, i + rowsPerInsert);
    const earliest = Math.min(...part.map((row) => Date.parse(row.time)));
    const there = await transaction
      .selectFrom('audit_logs')
      .select('request_id')
      .where(
        'request_id',
        'in',
        part.map((row) => row.request_id),
      )
      .where('time', '>=', new Date(earliest - marginMilliseconds))
      .execute();
    const known = new Set(there.map((row) => row.request_id));
    missing.push(...part.filter((row) => !known.has(row.request_id)));
  }
  return missing;
}

/**
 * Writes rows of a journal in one transaction and returns how many it added; undefined when a transaction of the same
 * journal is still under way somewhere: one whose process was killed or whose connection broke may yet be committed
 * by the database. `uncertain`: some of the rows may be there already. The rows continue the chain of the journal.
 */
export function storeRows(
  kysely: Kysely<DatabaseSchema>,
  journalId: string,
  rows: readonly AuditRow[],
  uncertain: boolean,
  hasher: ChainHasher,
): Promise<number | undefined> {
  return kysely.transaction().execute(async (transaction) => {
    const lock = await sql<{ taken: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(${`audit ${journalId}`}, 0)) as taken`.execute(
      transaction,
    );
    if (lock.rows[0]?.taken !== true) return undefined;
    const added = uncertain ? await missingRows(transaction, rows) : rows;
    await insertRows(transaction, await chainRows(transaction, hasher, journalId, added));
    return added.length;
  });
}
