export interface AuditFinding {
  readonly kind: 'changed' | 'deleted' | 'inserted' | 'chain' | 'unverifiable';
  readonly chain_id: string | null;
  readonly seq: number | null;
  readonly request_id: string | null;
  readonly message: string;
}

/** Everything verification knows of one chain before it reads its rows. */
export interface ChainState {
  readonly chainId: string;
  readonly ordinal: number;
  readonly keyId: string;
  readonly firstHash: string;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly removals: readonly {
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly lastHash: string;
  }[];
  /** Place it had reached at the time of an anchor. */
  readonly anchored?: { readonly seq: number; readonly hash: string };
}

export interface StoredAuditRow {
  readonly time_text: string;
  readonly request_id: string;
  readonly user_id: string | null;
  readonly username: string | null;
  readonly action: string;
  readonly method: string;
  readonly resource: string;
  readonly ip: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly chain_id: string;
  readonly chain_seq: string | number;
  readonly chain_hash: string | null;
}
