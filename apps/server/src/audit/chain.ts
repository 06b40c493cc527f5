import { createHash, createHmac } from 'node:crypto';
import { derivedKey, type KeyRing } from '../auth/key-ring.js';
import type { AuditRow } from './audit-row.js';

/** Name in place of a key's where none is configured: the chain then shows accidents, not forgers. */
export const UNKEYED = 'none';

/** Hashes of audit chains, keyed with HMAC-SHA256 where there is a key. */
export interface ChainHasher {
  /** Key of new chains. */
  readonly keyId: string;
  /** Whether chains of this key can be continued and verified. */
  has(keyId: string): boolean;
  /** Keyed hash of the parts, which are told apart; @throws Error for a key that is not there */
  hash(keyId: string, parts: readonly unknown[]): string;
}

/** @param keys the first one keys new chains, all of them verify */
export function createChainHasher(keys: KeyRing = []): ChainHasher {
  const derived = new Map(keys.map(({ id, key }) => [id, derivedKey(key, 'audit chain')]));
  return {
    keyId: keys[0]?.id ?? UNKEYED,
    has: (keyId) => keyId === UNKEYED || derived.has(keyId),
    hash(keyId, parts) {
      const key = derived.get(keyId);
      if (key === undefined && keyId !== UNKEYED) throw new Error(`The key ${keyId} is not configured`);
      const digest = key === undefined ? createHash('sha256') : createHmac('sha256', key);
      return digest.update(JSON.stringify(parts)).digest('base64url');
    },
  };
}

/** A row at its place: bound to the chain, its number, the row before and everything in it. */
export function rowHash(
  hasher: ChainHasher,
  keyId: string,
  place: { readonly chainId: string; readonly seq: number; readonly previous: string },
  row: AuditRow,
): string {
  const { time, request_id, user_id, username, action, method, resource, ip, status, duration_ms } = row;
  return hasher.hash(keyId, [
    'row',
    place.chainId,
    place.seq,
    place.previous,
    // In microseconds, as the database keeps it.
    time.replace(/\.(\d{3})Z$/, '.$1000Z'),
    request_id,
    user_id,
    username,
    action,
    method,
    resource,
    ip,
    status,
    duration_ms,
  ]);
}

/** What a chain begins with: its place among all chains, after the one opened before it. */
export function linkHash(
  hasher: ChainHasher,
  keyId: string,
  chain: { readonly chainId: string; readonly ordinal: number; readonly previousLink: string },
): string {
  return hasher.hash(keyId, ['link', chain.chainId, chain.ordinal, chain.previousLink]);
}

/** Where a chain ends now, so that rows cut off its end are missed. */
export function headHash(
  hasher: ChainHasher,
  keyId: string,
  head: { readonly chainId: string; readonly lastSeq: number; readonly lastHash: string },
): string {
  return hasher.hash(keyId, ['head', head.chainId, head.lastSeq, head.lastHash]);
}

export interface RemovedRun {
  readonly chainId: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastHash: string;
  /** ISO 8601. */
  readonly removedBefore: string;
}

/** Says that retention, and nobody else, took a run of rows away. */
export function removalSeal(hasher: ChainHasher, keyId: string, run: RemovedRun): string {
  const { chainId, firstSeq, lastSeq, lastHash, removedBefore } = run;
  return hasher.hash(keyId, ['removed', chainId, firstSeq, lastSeq, lastHash, removedBefore]);
}
