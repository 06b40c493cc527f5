import { type Kysely, sql } from 'kysely';
import type { KeyRing } from '../auth/key-ring.js';
import type { DatabaseSchema } from '../db/schema.js';
import { createChainHasher, type RemovedRun, removalSeal } from './chain.js';

const LOCK_TIMEOUT = '2s';

/** Runs of consecutive numbers among the rows of a chain that are older than the time. */
async function runsBefore(transaction: Kysely<DatabaseSchema>, before: Date): Promise<readonly RemovedRun[]> {
  const { rows } = await sql<{ chain_id: string; first_seq: string; last_seq: string; last_hash: string }>`
    select chain_id, min(chain_seq) as first_seq, max(chain_seq) as last_seq,
      (array_agg(chain_hash order by chain_seq desc))[1] as last_hash
    from (
      select chain_id, chain_seq, chain_hash,
        chain_seq - row_number() over (partition by chain_id order by chain_seq) as run
      from audit_logs where time < ${before} and chain_id is not null
    ) as numbered
    group by chain_id, run order by chain_id, first_seq`.execute(transaction);
  return rows.map((row) => ({
    chainId: row.chain_id,
    firstSeq: Number(row.first_seq),
    lastSeq: Number(row.last_seq),
    lastHash: row.last_hash,
    removedBefore: before.toISOString(),
  }));
}

async function boundary(kysely: Kysely<DatabaseSchema>, before: Date, timescale: boolean): Promise<Date> {
  if (timescale) {
    const { rows } = await sql<{ stop: Date | null }>`
      select max(range_end) as stop from timescaledb_information.chunks
      where hypertable_name = 'audit_logs' and range_end <= ${before}`.execute(kysely);
    return rows[0]?.stop ?? new Date(0);
  }
  return new Date(Date.UTC(before.getUTCFullYear(), before.getUTCMonth(), 1));
}

/**
 * Takes rows of the audit log away that are older than `before`, in whole months (chunks with TimescaleDB). For every
 * chain the removed numbers are sealed in the same transaction, so that verification tells retention from tampering.
 * Nothing is removed while chains are keyed with keys this process has not: another one has to do it.
 *
 * @returns what was dropped
 */
export async function removeOldAudit(
  kysely: Kysely<DatabaseSchema>,
  before: Date,
  keys: KeyRing,
  timescale: boolean,
): Promise<readonly string[]> {
  const hasher = createChainHasher(keys);
  const limit = await boundary(kysely, before, timescale);
  const oldest = await kysely
    .selectFrom('audit_logs')
    .select('time')
    .where('time', '<', limit)
    .limit(1)
    .executeTakeFirst();
  const partitions = timescale ? [] : await partitionsBefore(kysely, limit);
  if (oldest === undefined && partitions.length === 0) return [];
  return kysely.transaction().execute(async (transaction) => {
    await sql`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`.execute(transaction);
    // Rows that come in late, out of a journal found again, wait: they would be dropped unsealed.
    if (!timescale) await sql`lock table audit_logs in share row exclusive mode`.execute(transaction);
    const runs = await runsBefore(transaction, limit);
    const chainIds = [...new Set(runs.map(({ chainId }) => chainId))];
    const chains =
      chainIds.length === 0
        ? []
        : await transaction
            .selectFrom('audit_chains')
            .select(['chain_id', 'key_id'])
            .where('chain_id', 'in', chainIds)
            .execute();
    const keyOf = new Map(chains.map(({ chain_id, key_id }) => [chain_id, key_id]));
    const known = runs.filter(({ chainId }) => keyOf.has(chainId));
    if (known.some(({ chainId }) => !hasher.has(keyOf.get(chainId) ?? ''))) return [];
    for (const run of known) {
      await transaction
        .insertInto('audit_removals')
        .values({
          chain_id: run.chainId,
          first_seq: run.firstSeq,
          last_seq: run.lastSeq,
          last_hash: run.lastHash,
          removed_before: run.removedBefore,
          seal: removalSeal(hasher, keyOf.get(run.chainId) ?? '', run),
        })
        .execute();
    }
    if (timescale) {
      const { rows } = await sql<{ name: string }>`
        select drop_chunks('audit_logs', ${limit}::timestamptz)::text as name`.execute(transaction);
      return rows.map(({ name }) => name);
    }
    for (const name of partitions) await sql`drop table ${sql.table(name)}`.execute(transaction);
    await sql`delete from audit_logs_default where time < ${limit}`.execute(transaction);
    return partitions;
  });
}

async function partitionsBefore(kysely: Kysely<DatabaseSchema>, before: Date): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'audit_logs'::regclass and c.relname ~ '_[0-9]{8}$'
      and (to_date(right(c.relname::text, 8), 'YYYYMMDD') + interval '1 month') at time zone 'UTC' <= ${before}
    order by 1`.execute(kysely);
  return rows.map(({ name }) => name);
}
