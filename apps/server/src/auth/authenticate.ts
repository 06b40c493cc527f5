import type { FastifyRequest } from 'fastify';
import type { Database } from '../db/database.js';
import type { Role } from '../db/schema.js';
import { findApiKeyOwner } from './api-keys.js';
import type { TokenClaims, TokenService } from './tokens.js';
import { findUser } from './users.js';

/** Who sends a request. */
export interface Principal {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly via: 'token' | 'api_key';
  /** Present when `via` is 'token'. */
  readonly token?: TokenClaims;
}

/** Roles include the rights of those below them. */
const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export function hasRole(principal: Principal, least: Role): boolean {
  return rank[principal.role] >= rank[least];
}

/**
 * The principal of a request: `Authorization: Bearer <token>` or `X-API-Key`. undefined when neither is there
 * or the one there is not good. A token is refused as soon as it or its login is revoked or its user disabled.
 */
export async function authenticate(
  request: FastifyRequest,
  db: Database,
  tokens: TokenService,
): Promise<Principal | undefined> {
  const { authorization } = request.headers;
  const apiKey = request.headers['x-api-key'];
  if (authorization !== undefined) {
    const token = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
    const claims = token === undefined ? undefined : await tokens.verify(token, 'access');
    if (claims === undefined) return undefined;
    const row = await db.kysely
      .selectFrom('users')
      .select((select) => [
        'id',
        'username',
        'email',
        'role',
        'disabled',
        'created_at',
        select
          .exists(
            select
              .selectFrom('revoked_tokens')
              .select('jti')
              .where('jti', 'in', [claims.tokenId, claims.sessionId]),
          )
          .as('revoked'),
      ])
      .where('id', '=', claims.userId)
      .executeTakeFirst();
    if (row === undefined || row.disabled || row.revoked) return undefined;
    const { id, username, email, role, created_at: createdAt } = row;
    return { id, username, email, role, createdAt, via: 'token', token: claims };
  }
  if (typeof apiKey === 'string') {
    const userId = await findApiKeyOwner(db, apiKey);
    const user = userId === undefined ? undefined : await findUser(db, userId);
    if (user === undefined || user.disabled) return undefined;
    const { id, username, email, role, created_at: createdAt } = user;
    return { id, username, email, role, createdAt, via: 'api_key' };
  }
  return undefined;
}
