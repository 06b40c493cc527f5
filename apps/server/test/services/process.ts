import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function waitForPort(port: number, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    if (Date.now() > end) throw new Error(`nothing listens on port ${port} after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface Daemon {
  readonly process: ChildProcess;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const daemons = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of daemons) child.kill('SIGKILL');
});

/** Starts a program that stays; its output goes to `logPath`. It dies with this process. */
export function startDaemon(
  program: string,
  parameters: readonly string[],
  options: { readonly logPath: string; readonly cwd: string; readonly uid?: number; readonly gid?: number },
): Daemon {
  const { logPath, ...rest } = options;
  const log = openSync(logPath, 'a');
  const child = spawn(program, parameters, { ...rest, stdio: ['ignore', log, log] });
  daemons.add(child);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  void ended.then(() => daemons.delete(child));
  return {
    process: child,
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
