import DataLoader from 'dataloader';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { Role } from '../db/schema.js';
import { isUuid } from '../uuid.js';
import type { TokenClaims } from './tokens.js';

/** The user of a token as the database has it now. */
export interface TokenOwner {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly token_generation: number;
  readonly created_at: Date;
  /** Whether the token or its login was revoked. */
  readonly revoked: boolean;
}

export type TokenOwners = (claims: TokenClaims) => Promise<TokenOwner | undefined>;

type Key = Pick<TokenClaims, 'userId' | 'tokenId' | 'sessionId'>;

const MOST_KEYS = 500;
async function load(db: Database, keys: readonly Key[]): Promise<(TokenOwner | undefined)[]> {
  const asked = [
    keys.map(({ userId }) => userId),
    keys.map(({ tokenId }) => tokenId),
    keys.map(({ sessionId }) => sessionId),
  ];
  // Arrays, so that the text of the statement is the same for any number of keys.
  const { rows } = await sql<TokenOwner & { readonly place: string | number }>`
    select asked.place, users.id, users.username, users.email, users.role, users.disabled, users.token_generation,
      users.created_at, exists (
        select 1 from revoked_tokens where revoked_tokens.jti in (asked.token_id, asked.session_id)
      ) as revoked
    from unnest(${asked[0]}::text[], ${asked[1]}::text[], ${asked[2]}::text[])
      with ordinality as asked (user_id, token_id, session_id, place)
    join users on users.id = asked.user_id::uuid`.execute(db.kysely);
  const found: (TokenOwner | undefined)[] = keys.map(() => undefined);
  for (const { place, ...owner } of rows) found[Number(place) - 1] = owner;
  return found;
}

/**
 * Looks up users of tokens. Requests that come while a lookup is under way wait for the next one and share it: under
 * load a statement serves many requests, and none is older than its request, so that a revocation holds from its answer
 * on.
 */
export function createTokenOwners(db: Database): TokenOwners {
  let underWay: Promise<unknown> = Promise.resolve();
  const loader = new DataLoader<Key, TokenOwner | undefined, string>(
    (keys) => {
      const found = load(db, keys);
      underWay = found.catch(() => undefined);
      return found;
    },
    {
      cache: false,
      maxBatchSize: MOST_KEYS,
      batchScheduleFn: (start) => void underWay.then(() => setImmediate(start)),
    },
  );
  return async ({ userId, tokenId, sessionId }) =>
    // A subject that is no id would fail the others of its statement.
    isUuid(userId) ? loader.load({ userId, tokenId, sessionId }) : undefined;
}
