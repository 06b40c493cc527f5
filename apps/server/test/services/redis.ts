import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../helpers.js';
import { type Daemon, freePort, startDaemon, waitForPort } from './process.js';

const PROGRAM = process.env.REDIS_SERVER ?? 'redis-server';

export function hasRedis(): boolean {
  return spawnSync(PROGRAM, ['--version']).status === 0;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** A Redis server of its own, as BullMQ wants it (append-only file, no eviction). */
export async function startRedis(): Promise<RedisServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  let daemon: Daemon | undefined;
  const start = async (): Promise<void> => {
    daemon = startDaemon(
      PROGRAM,
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path],
        ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'],
      ],
      { cwd: folder.path, logPath: join(folder.path, 'redis.log') },
    );
    await waitForPort(port);
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill: async () => {
      await daemon?.end('SIGKILL');
    },
    remove: async () => {
      await daemon?.end('SIGKILL');
      folder.remove();
    },
  };
}
