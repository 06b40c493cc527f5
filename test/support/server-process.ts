import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createGravityClient, type GravityClient, login } from '@gravity/cli';
import { seedDatabase } from './database-template.js';

export const CLI = new URL('../../apps/cli/dist/main.js', import.meta.url).pathname;

export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** SIGTERM; resolves with the exit code when the process has ended in order. */
  stop(): Promise<number | null>;
  /** kill -9 */
  kill(): Promise<void>;
}

export interface ServerSettings {
  readonly dataDir: string;
  readonly fileSources?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `gravity serve` as a process of its own on a free port, ready to answer. */
export async function spawnServer(settings: ServerSettings): Promise<ServerProcess> {
  const sources = (settings.fileSources ?? []).flatMap((folder) => ['--file-source', folder]);
  seedDatabase(settings.dataDir);
  const child = spawn(
    process.execPath,
    [CLI, 'serve', '--port', '0', '--data-dir', settings.dataDir, ...sources],
    {
      // one thread: tests run side by side
      env: {
        ...process.env,
        GRAVITY_LOG_LEVEL: 'warn',
        GRAVITY_BCRYPT_COST: '4',
        GRAVITY_THREADS: '1',
        ...settings.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = once(child, 'exit');
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const match = /console\s+(http:\/\/\S+?)\/?\s/.exec(output);
      if (match) resolve(match[1]);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    ended.then(() => reject(new Error(`the server ended at once:\n${output}`)));
  });
  return {
    url,
    child,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code as number | null;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const PASSWORD = 'a long enough password';

/** A client with a token; registers the user the first time. */
export async function signIn(baseUrl: string, username = 'tester'): Promise<GravityClient> {
  const anonymous = createGravityClient({ baseUrl });
  await anonymous
    .register({ username, email: `${username}@example.org`, password: PASSWORD })
    .catch((error: { status?: number }) => {
      if (error.status !== 409) throw error;
    });
  const token = await login(anonymous.transport, username, PASSWORD);
  return createGravityClient({ baseUrl, token: token.access_token });
}

/** For requests that the client does not make. */
export async function accessToken(baseUrl: string, username = 'tester'): Promise<string> {
  const token = await login(createGravityClient({ baseUrl }).transport, username, PASSWORD);
  return token.access_token;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the gravity command to its end. */
export async function runCommand(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...options.env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.end(options.input ?? '');
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
