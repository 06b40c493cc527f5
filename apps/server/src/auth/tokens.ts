import { randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';

export const accessTokenSeconds = 30 * 60;
export const refreshTokenSeconds = 7 * 24 * 3600;

const issuer = 'gravity-processing-backend';
const audiences = { access: 'gravity-api', refresh: 'gravity-refresh' } as const;
type TokenUse = keyof typeof audiences;

export interface TokenClaims {
  readonly userId: string;
  /** Id of this token. */
  readonly tokenId: string;
  /** Id of the login all refreshed tokens descend from; revoking it ends them all. */
  readonly sessionId: string;
  readonly expiresAt: Date;
}

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TokenService {
  issue(userId: string, sessionId?: string): Promise<TokenPair>;
  /** undefined for anything but a token of ours, for this use, unexpired. Revocation is checked elsewhere. */
  verify(token: string, use: TokenUse): Promise<TokenClaims | undefined>;
}

/** JSON Web Tokens (RFC 7519) signed with HS256; no other algorithm is accepted. */
export function createTokenService(secret: Uint8Array): TokenService {
  const sign = (use: TokenUse, userId: string, sessionId: string, seconds: number) =>
    new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(userId)
      .setIssuer(issuer)
      .setAudience(audiences[use])
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(secret);

  return {
    async issue(userId, sessionId = randomUUID()) {
      const [accessToken, refreshToken] = await Promise.all([
        sign('access', userId, sessionId, accessTokenSeconds),
        sign('refresh', userId, sessionId, refreshTokenSeconds),
      ]);
      return { accessToken, refreshToken };
    },
    async verify(token, use) {
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: ['HS256'],
          issuer,
          audience: audiences[use],
          requiredClaims: ['sub', 'jti', 'exp', 'iat', 'sid'],
        });
        if (typeof payload.sid !== 'string') return undefined;
        return {
          userId: payload.sub as string,
          tokenId: payload.jti as string,
          sessionId: payload.sid,
          expiresAt: new Date((payload.exp as number) * 1000),
        };
      } catch {
        return undefined;
      }
    },
  };
}
