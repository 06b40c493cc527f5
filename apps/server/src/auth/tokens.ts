import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import type { KeyRing } from './key-ring.js';
import type { TokenKeys } from './token-keys.js';

export const accessTokenSeconds = 30 * 60;
export const refreshTokenSeconds = 7 * 24 * 3600;

const issuer = 'gravity-processing-backend';
const audiences = { access: 'gravity-api', refresh: 'gravity-refresh' } as const;
type TokenUse = keyof typeof audiences;

/** Tokens whose signature was checked lately; checking one again gives the same as long as its key is in force. */
const MOST_VERIFIED = 2000;

export interface TokenClaims {
  readonly userId: string;
  /** Id of this token. */
  readonly tokenId: string;
  /** Id of the login all refreshed tokens descend from; revoking it ends them all. */
  readonly sessionId: string;
  /** Number of the user's password the login was made with. */
  readonly generation: number;
  readonly expiresAt: Date;
}

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TokenService {
  issue(userId: string, generation: number, sessionId?: string): Promise<TokenPair>;
  /** undefined for anything but a token of ours, for this use, unexpired. Revocation is checked elsewhere. */
  verify(token: string, use: TokenUse): Promise<TokenClaims | undefined>;
}

/**
 * JSON Web Tokens (RFC 7519) signed with HS256; no other algorithm is accepted. The first key signs and is named in the
 * header (`kid`); tokens of the others are taken until they expire.
 */
export function createTokenService(keys: TokenKeys): TokenService {
  const sign = (
    use: TokenUse,
    { userId, generation, sessionId }: Pick<TokenClaims, 'userId' | 'generation' | 'sessionId'>,
    seconds: number,
  ) => {
    const [{ id, key }] = keys.current();
    return new SignJWT({ sid: sessionId, gen: generation })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: id })
      .setSubject(userId)
      .setIssuer(issuer)
      .setAudience(audiences[use])
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(key);
  };
  /** Tokens of before keys had names could be of any. */
  const candidates = (token: string): KeyRing => {
    const { kid } = decodeProtectedHeader(token);
    return keys.current().filter(({ id }) => kid === undefined || id === kid);
  };
  const verifyWith = async (token: string, use: TokenUse, key: Uint8Array) => {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer,
      audience: audiences[use],
      requiredClaims: ['sub', 'jti', 'exp', 'iat', 'sid'],
    });
    const { sid, gen = 0 } = payload;
    if (typeof sid !== 'string' || typeof gen !== 'number') return undefined;
    return {
      userId: payload.sub as string,
      tokenId: payload.jti as string,
      sessionId: sid,
      generation: gen,
      expiresAt: new Date((payload.exp as number) * 1000),
    };
  };

  const verified = new Map<
    string,
    { readonly claims: TokenClaims; readonly use: TokenUse; readonly keyId: string }
  >();
  const remembered = (token: string, use: TokenUse): TokenClaims | undefined => {
    const entry = verified.get(token);
    if (entry === undefined) return undefined;
    const { claims, keyId } = entry;
    if (claims.expiresAt.getTime() > Date.now() && keys.current().some(({ id }) => id === keyId)) {
      return entry.use === use ? claims : undefined;
    }
    verified.delete(token);
    return undefined;
  };
  const remember = (token: string, use: TokenUse, keyId: string, claims: TokenClaims): void => {
    if (verified.size >= MOST_VERIFIED) {
      const [oldest] = verified.keys();
      verified.delete(oldest);
    }
    verified.set(token, { claims, use, keyId });
  };

  return {
    async issue(userId, generation, sessionId = randomUUID()) {
      const claims = { userId, generation, sessionId };
      const [accessToken, refreshToken] = await Promise.all([
        sign('access', claims, accessTokenSeconds),
        sign('refresh', claims, refreshTokenSeconds),
      ]);
      return { accessToken, refreshToken };
    },
    async verify(token, use) {
      const known = remembered(token, use);
      if (known !== undefined) return known;
      let keysToTry: KeyRing;
      try {
        keysToTry = candidates(token);
      } catch {
        return undefined;
      }
      for (const { id, key } of keysToTry) {
        const claims = await verifyWith(token, use, key).catch(() => undefined);
        if (claims === undefined) continue;
        remember(token, use, id, claims);
        return claims;
      }
      return undefined;
    },
  };
}
