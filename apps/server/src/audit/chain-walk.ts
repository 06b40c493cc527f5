import { type ChainHasher, rowHash } from './chain.js';
import type { AuditFinding, ChainState, StoredAuditRow } from './verification.js';

/** Goes along the rows of one chain, in the order of their numbers, and reports what does not fit. */
export class ChainWalk {
  /** Number of the last row that was there or that retention accounts for. */
  #seq = 0;
  /** Hash of that row; undefined where it is not known because rows are missing. */
  #previous: string | undefined;
  #removal = 0;
  #anchorSeen = false;

  constructor(
    private readonly hasher: ChainHasher,
    private readonly chain: ChainState,
    private readonly report: (finding: AuditFinding) => void,
  ) {
    this.#previous = chain.firstHash;
    this.#anchorSeen = chain.anchored === undefined || chain.anchored.seq === 0;
  }

  get chainId(): string {
    return this.chain.chainId;
  }

  take(row: StoredAuditRow): void {
    const seq = Number(row.chain_seq);
    this.#passRemoved(seq);
    if (row.chain_seq === null || seq <= this.#seq || seq > this.chain.lastSeq) {
      this.#tell('inserted', seq, row, `row ${row.request_id} has a place (${seq}) that is not its own`);
      return;
    }
    if (seq > this.#seq + 1) this.#missing(this.#seq + 1, seq - 1);
    if (this.hasher.has(this.chain.keyId)) this.#check(row, seq);
    this.#advance(seq, row.chain_hash ?? '');
  }

  finish(): void {
    const { lastSeq, lastHash, anchored } = this.chain;
    this.#passRemoved(lastSeq + 1);
    if (this.#seq < lastSeq) this.#missing(this.#seq + 1, lastSeq);
    else if (this.#previous !== undefined && this.#previous !== lastHash) {
      this.#tell('chain', lastSeq, undefined, `the last row of the chain is not the one its head names`);
    }
    if (!this.#anchorSeen && anchored !== undefined) {
      const message = `row ${anchored.seq} is not what the anchor holds: the database was set back`;
      this.#tell('chain', anchored.seq, undefined, message);
    }
  }

  #check(row: StoredAuditRow, seq: number): void {
    // After missing rows the one that follows them has lost its predecessor's hash.
    if (this.#previous === undefined) return;
    const { keyId, chainId } = this.chain;
    const { time_text: time, ...rest } = row;
    const computed = rowHash(
      this.hasher,
      keyId,
      { chainId, seq, previous: this.#previous },
      { ...rest, time },
    );
    if (computed === row.chain_hash) return;
    this.#tell('changed', seq, row, `row ${row.request_id} (${row.method} ${row.resource}) was changed`);
  }

  #advance(seq: number, hash: string): void {
    this.#seq = seq;
    this.#previous = hash;
    const { anchored } = this.chain;
    if (anchored?.seq === seq && anchored.hash === hash) this.#anchorSeen = true;
  }

  /** Runs that retention removed and that come before the number. */
  #passRemoved(before: number): void {
    const { removals, anchored } = this.chain;
    for (; this.#removal < removals.length; this.#removal++) {
      const run = removals[this.#removal];
      if (run.firstSeq >= before) return;
      if (run.firstSeq > this.#seq + 1) this.#missing(this.#seq + 1, run.firstSeq - 1);
      if (run.lastSeq <= this.#seq) continue;
      this.#advance(run.lastSeq, run.lastHash);
      // A row within the run cannot be looked at any more.
      if (anchored !== undefined && anchored.seq >= run.firstSeq && anchored.seq < run.lastSeq) {
        this.#anchorSeen = true;
      }
    }
  }

  #missing(first: number, last: number): void {
    const rows = first === last ? `row ${first} was` : `rows ${first} to ${last} were`;
    this.#tell('deleted', first, undefined, `${rows} deleted from chain ${this.chain.ordinal}`);
    this.#seq = last;
    this.#previous = undefined;
  }

  #tell(kind: AuditFinding['kind'], seq: number, row: StoredAuditRow | undefined, message: string): void {
    this.report({ kind, chain_id: this.chainId, seq, request_id: row?.request_id ?? null, message });
  }
}
