import type { FastifyRequest } from 'fastify';
import type { Database } from '../db/database.js';
import type { Role } from '../db/schema.js';
import { findApiKeyOwner } from './api-keys.js';
import { includesRole, roleOfKey } from './permissions.js';
import type { TokenOwners } from './token-owner.js';
import type { TokenClaims, TokenService } from './tokens.js';

/** Who sends a request. */
export interface Principal {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  /** What the caller may act as; a key without the scope `admin` is never more than operator. */
  readonly role: Role;
  readonly createdAt: Date;
  readonly via: 'token' | 'api_key';
  /** Present when `via` is 'token'. */
  readonly token?: TokenClaims;
  /** Present when `via` is 'api_key'. */
  readonly scopes?: readonly string[];
}

export function hasRole(principal: Principal, least: Role): boolean {
  return includesRole(principal.role, least);
}

/**
 * The principal of a request: `Authorization: Bearer <token>` or `X-API-Key`. undefined when neither is there
 * or the one there is not good. A token is refused as soon as it or its login is revoked, its user disabled or has a
 * new password; a key when it is revoked or expired.
 */
export async function authenticate(
  request: FastifyRequest,
  db: Database,
  tokens: TokenService,
  ownerOf: TokenOwners,
): Promise<Principal | undefined> {
  const { authorization } = request.headers;
  const apiKey = request.headers['x-api-key'];
  if (authorization !== undefined) {
    const token = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
    const claims = token === undefined ? undefined : await tokens.verify(token, 'access');
    if (claims === undefined) return undefined;
    const row = await ownerOf(claims);
    if (row === undefined || row.disabled || row.revoked) return undefined;
    if (row.token_generation !== claims.generation) return undefined;
    const { id, username, email, role, created_at: createdAt } = row;
    return { id, username, email, role, createdAt, via: 'token', token: claims };
  }
  if (typeof apiKey === 'string') {
    const owner = await findApiKeyOwner(db, apiKey);
    if (owner === undefined || owner.disabled) return undefined;
    const { user_id: id, username, email, role, scopes, user_created_at: createdAt } = owner;
    return { id, username, email, role: roleOfKey(role, scopes), createdAt, via: 'api_key', scopes };
  }
  return undefined;
}
