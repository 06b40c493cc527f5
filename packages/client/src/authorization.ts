import type { Token } from './generated/types.js';
import type { Authorization, Transport } from './transport.js';

/** Who the client is: an API key, a login by name and password, or tokens of a login made elsewhere. */
export type Credentials =
  | { readonly apiKey: string }
  | { readonly username: string; readonly password: string }
  | { readonly accessToken: string; readonly refreshToken?: string; readonly expiresAt?: Date };

/** A token this close to its end is renewed first. */
const marginMilliseconds = 60_000;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly expiresAt?: number;
}

/**
 * Logs in when the first request is made, renews the access token by the refresh token shortly before it ends or when
 * the server refuses it, and logs in anew with name and password when that fails. Requests at the same time share
 * one renewal, as a refresh token works once.
 *
 * @param onTokens told each new pair, for instance to keep it
 */
export function createAuthorization(
  bare: Transport,
  credentials: Credentials,
  onTokens?: (token: Token) => void,
): Authorization {
  if ('apiKey' in credentials) {
    const headers = { 'x-api-key': credentials.apiKey };
    return { headers: async () => headers, renew: async () => false };
  }
  let tokens: Tokens | undefined =
    'accessToken' in credentials
      ? { ...credentials, expiresAt: credentials.expiresAt?.getTime() }
      : undefined;
  let pending: Promise<Tokens> | undefined;

  const take = (token: Token): Tokens => {
    tokens = {
      accessToken: token.access_token,
      refreshToken: token.refresh_token,
      expiresAt: Date.now() + token.expires_in * 1000,
    };
    onTokens?.(token);
    return tokens;
  };
  const login = async (): Promise<Tokens> => {
    if (!('username' in credentials))
      throw new Error('the login has ended and there is no password to log in again');
    const { username, password } = credentials;
    return take(await bare.json<Token>('/auth/token', { method: 'POST', form: { username, password } }));
  };
  const refresh = async (refreshToken: string): Promise<Tokens> => {
    try {
      const json = { refresh_token: refreshToken };
      return take(await bare.json<Token>('/auth/refresh', { method: 'POST', json }));
    } catch (error) {
      if ('username' in credentials) return login();
      throw error;
    }
  };
  const renewOnce = (): Promise<Tokens> => {
    pending ??= (tokens?.refreshToken === undefined ? login() : refresh(tokens.refreshToken)).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const canRenew = (): boolean => 'username' in credentials || tokens?.refreshToken !== undefined;
  const endsSoon = ({ expiresAt }: Tokens): boolean =>
    expiresAt !== undefined && expiresAt - Date.now() < marginMilliseconds;

  return {
    async headers() {
      const now = tokens === undefined || (endsSoon(tokens) && canRenew()) ? await renewOnce() : tokens;
      return { authorization: `Bearer ${now.accessToken}` };
    },
    async renew(refused) {
      // Somebody else may have renewed it since that request was sent.
      if (tokens !== undefined && refused.authorization !== `Bearer ${tokens.accessToken}`) return true;
      if (!canRenew()) return false;
      await renewOnce();
      return true;
    },
  };
}
