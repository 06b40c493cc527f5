import { randomUUID } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { DatabaseSchema } from '../db/schema.js';
import type { AuditRow } from './audit-row.js';
import { type ChainHasher, headHash, linkHash, rowHash } from './chain.js';

interface Chain {
  readonly chainId: string;
  readonly keyId: string;
  readonly lastSeq: number;
  readonly lastHash: string;
}

export interface ChainedRow extends AuditRow {
  readonly chain_id: string;
  readonly chain_seq: number;
  readonly chain_hash: string;
}

async function findChain(
  transaction: Transaction<DatabaseSchema>,
  chainId: string,
): Promise<Chain | undefined> {
  const row = await transaction
    .selectFrom('audit_chains')
    .select(['key_id', 'last_seq', 'last_hash'])
    .where('chain_id', '=', chainId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { chainId, keyId: row.key_id, lastSeq: Number(row.last_seq), lastHash: row.last_hash };
}

/** Chains are opened one after the other, by all processes, so that none can be taken out unseen. */
async function openChain(
  transaction: Transaction<DatabaseSchema>,
  hasher: ChainHasher,
  chainId: string,
): Promise<Chain> {
  await sql`select pg_advisory_xact_lock(hashtextextended('audit chains', 0))`.execute(transaction);
  const before = await transaction
    .selectFrom('audit_chains')
    .select(['ordinal', 'link_hash'])
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { keyId } = hasher;
  const ordinal = Number(before?.ordinal ?? 0) + 1;
  const link = linkHash(hasher, keyId, { chainId, ordinal, previousLink: before?.link_hash ?? '' });
  const head = headHash(hasher, keyId, { chainId, lastSeq: 0, lastHash: link });
  await transaction
    .insertInto('audit_chains')
    .values({
      chain_id: chainId,
      ordinal,
      key_id: keyId,
      link_hash: link,
      last_seq: 0,
      last_hash: link,
      head_hash: head,
    })
    .execute();
  return { chainId, keyId, lastSeq: 0, lastHash: link };
}

/**
 * Gives rows their places at the end of the journal's chain and moves its head, in the transaction that inserts them.
 * The journal is locked by the caller: nobody else appends to this chain.
 */
export async function chainRows(
  transaction: Transaction<DatabaseSchema>,
  hasher: ChainHasher,
  journalId: string,
  rows: readonly AuditRow[],
): Promise<ChainedRow[]> {
  if (rows.length === 0) return [];
  const found = await findChain(transaction, journalId);
  // The journal of a dead process whose key is gone by now is brought in on a chain of its own.
  const usable = found === undefined || hasher.has(found.keyId);
  const chain =
    usable && found !== undefined
      ? found
      : await openChain(transaction, hasher, usable ? journalId : randomUUID());
  const { chainId, keyId } = chain;
  let { lastSeq, lastHash } = chain;
  const chained = rows.map((row): ChainedRow => {
    lastSeq += 1;
    lastHash = rowHash(hasher, keyId, { chainId, seq: lastSeq, previous: lastHash }, row);
    return { ...row, chain_id: chainId, chain_seq: lastSeq, chain_hash: lastHash };
  });
  await transaction
    .updateTable('audit_chains')
    .set({
      last_seq: lastSeq,
      last_hash: lastHash,
      head_hash: headHash(hasher, keyId, { chainId, lastSeq, lastHash }),
      updated_at: sql<Date>`now()`,
    })
    .where('chain_id', '=', chainId)
    .execute();
  return chained;
}
