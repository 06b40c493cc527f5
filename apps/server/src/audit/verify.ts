import { type Kysely, sql, type Transaction } from 'kysely';
import type { KeyRing } from '../auth/key-ring.js';
import type { DatabaseSchema } from '../db/schema.js';
import { type ChainHasher, createChainHasher, headHash, linkHash, removalSeal, UNKEYED } from './chain.js';
import { ChainWalk } from './chain-walk.js';
import type { AuditFinding, ChainState, StoredAuditRow } from './verification.js';

/** Heads of all chains at a time; kept elsewhere it shows a database that was set back. */
export interface AuditAnchor {
  readonly time: string;
  readonly chains: readonly {
    readonly chain_id: string;
    readonly ordinal: number;
    readonly last_seq: number;
    readonly last_hash: string;
  }[];
}

export interface AuditVerification {
  readonly intact: boolean;
  readonly rows: number;
  readonly chains: number;
  /** Rows that retention took away, as sealed. */
  readonly removed: number;
  /** Rows of before chains: nothing can be said about them. */
  readonly unchained: number;
  /** Chains without key: a forger with the database could have made them anew. */
  readonly unkeyed_chains: number;
  /** At most 100. */
  readonly findings: readonly AuditFinding[];
  readonly finding_count: number;
  readonly anchor: AuditAnchor;
}

const PAGE = 5000;
const MAX_FINDINGS = 100;

class Findings {
  readonly list: AuditFinding[] = [];
  count = 0;
  readonly add = (finding: AuditFinding): void => {
    this.count += 1;
    if (this.list.length < MAX_FINDINGS) this.list.push(finding);
  };
}

const chainFinding = (chainId: string | null, message: string): AuditFinding => ({
  kind: 'chain',
  chain_id: chainId,
  seq: null,
  request_id: null,
  message,
});

/**
 * Follows every chain of the audit log from its first row to its head. Reads one snapshot, so that it may run while
 * servers write. Names what was changed, deleted or inserted.
 */
export function verifyAudit(
  kysely: Kysely<DatabaseSchema>,
  keys: KeyRing,
  anchor?: AuditAnchor,
): Promise<AuditVerification> {
  const hasher = createChainHasher(keys);
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (transaction) => {
      const findings = new Findings();
      const chains = await readChains(transaction, hasher, anchor, findings.add);
      const rows = await walkRows(transaction, hasher, chains, findings.add);
      const unchained = await countUnchained(transaction, findings.add);
      const states = [...chains.values()];
      const runs = states.flatMap(({ removals }) => removals);
      return {
        intact: findings.count === 0,
        rows,
        chains: states.length,
        removed: runs.reduce((sum, run) => sum + run.lastSeq - run.firstSeq + 1, 0),
        unchained,
        unkeyed_chains: states.filter(({ keyId }) => keyId === UNKEYED).length,
        findings: findings.list,
        finding_count: findings.count,
        anchor: {
          time: new Date().toISOString(),
          chains: states.map(({ chainId, ordinal, lastSeq, lastHash }) => ({
            chain_id: chainId,
            ordinal,
            last_seq: lastSeq,
            last_hash: lastHash,
          })),
        },
      };
    });
}

async function readChains(
  transaction: Transaction<DatabaseSchema>,
  hasher: ChainHasher,
  anchor: AuditAnchor | undefined,
  report: (finding: AuditFinding) => void,
): Promise<Map<string, ChainState>> {
  const rows = await transaction.selectFrom('audit_chains').selectAll().orderBy('ordinal').execute();
  const removals = await readRemovals(
    transaction,
    hasher,
    new Map(rows.map((row) => [row.chain_id, row.key_id])),
    report,
  );
  const anchors = new Map(anchor?.chains.map((chain) => [chain.chain_id, chain]));
  const chains = new Map<string, ChainState>();
  let previousLink = '';
  let expected = 1;
  for (const row of rows) {
    const chainId = row.chain_id;
    const ordinal = Number(row.ordinal);
    const lastSeq = Number(row.last_seq);
    const anchored = anchors.get(chainId);
    anchors.delete(chainId);
    if (ordinal !== expected) {
      report(chainFinding(null, `chains ${expected} to ${ordinal - 1} are missing with all their rows`));
    } else if (!hasher.has(row.key_id)) {
      report({
        ...chainFinding(chainId, `the key ${row.key_id} of the chain is not configured`),
        kind: 'unverifiable',
      });
    } else {
      if (linkHash(hasher, row.key_id, { chainId, ordinal, previousLink }) !== row.link_hash) {
        report(chainFinding(chainId, `chain ${ordinal} does not follow the one before it`));
      }
      if (headHash(hasher, row.key_id, { chainId, lastSeq, lastHash: row.last_hash }) !== row.head_hash) {
        report(chainFinding(chainId, `the head of chain ${ordinal} was changed`));
      }
    }
    expected = ordinal + 1;
    previousLink = row.link_hash;
    chains.set(chainId, {
      chainId,
      ordinal,
      keyId: row.key_id,
      firstHash: row.link_hash,
      lastSeq,
      lastHash: row.last_hash,
      removals: removals.get(chainId) ?? [],
      ...(anchored !== undefined && { anchored: { seq: anchored.last_seq, hash: anchored.last_hash } }),
    });
  }
  for (const { chain_id, ordinal } of anchors.values()) {
    report(chainFinding(chain_id, `chain ${ordinal} of the anchor is gone: the database was set back`));
  }
  return chains;
}

async function readRemovals(
  transaction: Transaction<DatabaseSchema>,
  hasher: ChainHasher,
  keyOf: ReadonlyMap<string, string>,
  report: (finding: AuditFinding) => void,
): Promise<Map<string, ChainState['removals'][number][]>> {
  const found = new Map<string, ChainState['removals'][number][]>();
  const rows = await transaction.selectFrom('audit_removals').selectAll().orderBy('first_seq').execute();
  for (const row of rows) {
    const run = {
      chainId: row.chain_id,
      firstSeq: Number(row.first_seq),
      lastSeq: Number(row.last_seq),
      lastHash: row.last_hash,
      removedBefore: row.removed_before.toISOString(),
    };
    const keyId = keyOf.get(run.chainId);
    if (keyId === undefined || !hasher.has(keyId)) continue;
    if (removalSeal(hasher, keyId, run) !== row.seal) {
      const message = `the note that rows ${run.firstSeq} to ${run.lastSeq} were removed by retention is forged`;
      report(chainFinding(run.chainId, message));
      continue;
    }
    found.set(run.chainId, [...(found.get(run.chainId) ?? []), run]);
  }
  return found;
}

async function walkRows(
  transaction: Transaction<DatabaseSchema>,
  hasher: ChainHasher,
  chains: ReadonlyMap<string, ChainState>,
  report: (finding: AuditFinding) => void,
): Promise<number> {
  let rows = 0;
  let walk: ChainWalk | undefined;
  const unseen = new Set(chains.keys());
  const strangers = new Set<string>();
  for await (const row of chainedRows(transaction)) {
    rows += 1;
    if (walk?.chainId !== row.chain_id) {
      walk?.finish();
      const state = chains.get(row.chain_id);
      walk = state && new ChainWalk(hasher, state, report);
      unseen.delete(row.chain_id);
    }
    if (walk !== undefined) walk.take(row);
    else if (!strangers.has(row.chain_id)) {
      strangers.add(row.chain_id);
      report({
        kind: 'inserted',
        chain_id: row.chain_id,
        seq: Number(row.chain_seq),
        request_id: row.request_id,
        message: `row ${row.request_id} and what follows it are of a chain nobody opened`,
      });
    }
  }
  walk?.finish();
  for (const chainId of unseen) {
    const state = chains.get(chainId);
    if (state !== undefined) new ChainWalk(hasher, state, report).finish();
  }
  return rows;
}

async function* chainedRows(transaction: Transaction<DatabaseSchema>): AsyncGenerator<StoredAuditRow> {
  let after: { readonly chain: string; readonly seq: string | number; readonly request: string } | undefined;
  for (;;) {
    const { rows } = await sql<StoredAuditRow>`
      select to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time_text, request_id, user_id,
        username, action, method, resource, ip, status, duration_ms, chain_id, chain_seq, chain_hash
      from audit_logs
      where chain_id is not null ${
        after === undefined
          ? sql``
          : sql`and (chain_id, coalesce(chain_seq, 0), request_id) > (${after.chain}::uuid, ${after.seq}::bigint, ${after.request})`
      }
      order by chain_id, coalesce(chain_seq, 0), request_id limit ${PAGE}`.execute(transaction);
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = { chain: last.chain_id, seq: last.chain_seq ?? 0, request: last.request_id };
  }
}

/** Rows without a chain belong to the time before there were chains. */
async function countUnchained(
  transaction: Transaction<DatabaseSchema>,
  report: (finding: AuditFinding) => void,
): Promise<number> {
  const late = await sql<{ request_id: string }>`
    select request_id from audit_logs
    where chain_id is null and time >= (select max(until) from audit_unchained) + interval '1 minute'
    order by time limit ${MAX_FINDINGS}`.execute(transaction);
  for (const { request_id } of late.rows) {
    const message = `row ${request_id} is in no chain although it is younger than they are`;
    report({ kind: 'inserted', chain_id: null, seq: null, request_id, message });
  }
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from audit_logs where chain_id is null`.execute(transaction);
  return rows[0].count;
}
