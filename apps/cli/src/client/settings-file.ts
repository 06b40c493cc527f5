import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What `gravity login` remembers, per server. */
export interface Login {
  readonly username: string;
  readonly accessToken: string;
  /** ISO time at which the token ends. */
  readonly expiresAt: string;
  readonly refreshToken?: string;
}

export interface Settings {
  /** Address used when --server is not given. */
  readonly server?: string;
  readonly logins: Readonly<Record<string, Login>>;
}

/** $GRAVITY_CONFIG, or gravity/config.json in the user's configuration folder. */
export function settingsPath(env: NodeJS.ProcessEnv = process.env): string {
  if (env.GRAVITY_CONFIG) return env.GRAVITY_CONFIG;
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'gravity', 'config.json');
}

/** The stored settings; none yet: empty ones. @throws Error naming the file when it is damaged */
export async function readSettings(path: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { logins: {} };
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<Settings>;
    return { ...value, logins: value.logins ?? {} };
  } catch {
    throw new Error(`${path}: not valid JSON; remove the file and log in again`);
  }
}

/** Writes whole or not at all, readable by the owner only. */
export async function writeSettings(path: string, settings: Settings): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  // the mode above is cut by the umask of an existing file of that name; say it once more
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}
