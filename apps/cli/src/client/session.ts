import { createTransport } from '@gravity/client';
import { UsageError } from '../output.js';
import { createGravityClient, type GravityClient, refresh } from './gravity-client.js';
import { type Login, readSettings, settingsPath, writeSettings } from './settings-file.js';
import type { Token } from './types.js';

export const DEFAULT_SERVER = 'http://127.0.0.1:8000';
/** A token this close to its end is renewed first. */
const MARGIN_MS = 60_000;

/** The server to talk to: --server, $GRAVITY_SERVER, the one logged in to last, or the local default. */
export async function serverOf(option: string | undefined): Promise<string> {
  const settings = await readSettings(settingsPath());
  const server = option ?? process.env.GRAVITY_SERVER ?? settings.server ?? DEFAULT_SERVER;
  if (!URL.canParse(server)) throw new UsageError(`${server}: not an address such as ${DEFAULT_SERVER}`);
  return server.replace(/\/+$/, '');
}

export async function storeLogin(server: string, username: string, token: Token): Promise<void> {
  const path = settingsPath();
  const settings = await readSettings(path);
  const login: Login = {
    username,
    accessToken: token.access_token,
    expiresAt: new Date(Date.now() + token.expires_in * 1000).toISOString(),
    ...(token.refresh_token !== undefined && { refreshToken: token.refresh_token }),
  };
  await writeSettings(path, { ...settings, server, logins: { ...settings.logins, [server]: login } });
}

/** A client with the stored token, renewed when it is about to end. @throws UsageError without a login */
export async function openSession(option: string | undefined): Promise<GravityClient> {
  const server = await serverOf(option);
  const token = process.env.GRAVITY_TOKEN ?? (await storedToken(server));
  return createGravityClient({ baseUrl: server, token });
}

async function storedToken(server: string): Promise<string> {
  const { logins } = await readSettings(settingsPath());
  const login = Object.hasOwn(logins, server) ? logins[server] : undefined;
  if (!login) throw new UsageError(`not logged in to ${server}; run: gravity login --server ${server}`);
  if (Date.parse(login.expiresAt) - Date.now() > MARGIN_MS) return login.accessToken;
  if (!login.refreshToken) throw new UsageError(`the login to ${server} has ended; run: gravity login`);
  const token = await refresh(createTransport({ baseUrl: server }), login.refreshToken).catch(
    (error: Error) => {
      throw new UsageError(`the login to ${server} has ended (${error.message}); run: gravity login`);
    },
  );
  await storeLogin(server, login.username, token);
  return token.access_token;
}
