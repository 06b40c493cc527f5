import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import { refreshTokenSeconds, type TokenClaims, type TokenPair, type TokenService } from './tokens.js';

/** Ends every token of the login: its id is kept until the last of them would have expired. */
export async function revokeSession(db: Database, claims: TokenClaims): Promise<void> {
  const expiresAt = new Date(Date.now() + refreshTokenSeconds * 1000);
  await db.kysely
    .insertInto('revoked_tokens')
    .values([
      { jti: claims.tokenId, expires_at: claims.expiresAt },
      { jti: claims.sessionId, expires_at: expiresAt },
    ])
    .onConflict((conflict) => conflict.column('jti').doNothing())
    .execute();
  await db.kysely.deleteFrom('revoked_tokens').where('expires_at', '<', sql<Date>`now()`).execute();
}

/**
 * Exchanges a refresh token for a new pair. Each refresh token works once; a second use means that somebody
 * else holds it, so the whole login is revoked. undefined: not accepted.
 */
export async function rotateSession(
  db: Database,
  tokens: TokenService,
  refreshToken: string,
): Promise<TokenPair | undefined> {
  const claims = await tokens.verify(refreshToken, 'refresh');
  if (claims === undefined) return undefined;
  const { kysely } = db;
  const state = await kysely
    .selectFrom('users')
    .select((select) => [
      'disabled',
      'token_generation',
      select
        .exists(select.selectFrom('revoked_tokens').select('jti').where('jti', '=', claims.sessionId))
        .as('revoked'),
    ])
    .where('id', '=', claims.userId)
    .executeTakeFirst();
  if (state === undefined || state.disabled || state.revoked) return undefined;
  if (state.token_generation !== claims.generation) return undefined;
  const spent = await kysely
    .insertInto('revoked_tokens')
    .values({ jti: claims.tokenId, expires_at: claims.expiresAt })
    .onConflict((conflict) => conflict.column('jti').doNothing())
    .returning('jti')
    .executeTakeFirst();
  if (spent === undefined) {
    await revokeSession(db, claims);
    return undefined;
  }
  return tokens.issue(claims.userId, claims.generation, claims.sessionId);
}
