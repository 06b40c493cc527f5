import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { S3Settings } from '@gravity/server';
import { temporaryFolder } from '../helpers.js';
import { type Daemon, freePort, startDaemon, waitForPort } from './process.js';

export interface S3Server {
  readonly settings: S3Settings;
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

function settingsFor(port: number, accessKey: string, secretKey: string): S3Settings {
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    publicEndpoint: endpoint,
    accessKey,
    secretKey,
    region: 'us-east-1',
    bucketPrefix: '',
    sourceBuckets: [],
  };
}

async function serve(
  command: (port: number, folder: string) => readonly [string, readonly string[]],
  accessKey: string,
  secretKey: string,
): Promise<S3Server> {
  const folder = temporaryFolder();
  const port = await freePort();
  let daemon: Daemon | undefined;
  const start = async (): Promise<void> => {
    const [program, parameters] = command(port, folder.path);
    daemon = startDaemon(program, parameters, { cwd: folder.path, logPath: join(folder.path, 's3.log') });
    await waitForPort(port);
  };
  await start();
  return {
    settings: settingsFor(port, accessKey, secretKey),
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

const PYTHON = process.env.GRAVITY_TEST_PYTHON ?? 'python3';

/**
 * s3rver: objects in files, survives a kill; checks no signatures on reads and knows no lifecycle. Its listings of
 * more than one page need DES, which OpenSSL 3 has left to the legacy provider.
 */
export function startS3rver(): Promise<S3Server> {
  const manifest = createRequire(import.meta.url).resolve('s3rver/package.json');
  const program = join(dirname(manifest), 'bin', 's3rver.js');
  return serve(
    (port, folder) => [
      process.execPath,
      ['--openssl-legacy-provider', program, '-a', '127.0.0.1', '-p', String(port), '-d', folder, '--silent'],
    ],
    'S3RVER',
    'S3RVER',
  );
}

/** moto's server (Python package `moto[server]`): presigned links, lifecycle, encryption; objects in memory. */
export function startMoto(): Promise<S3Server> {
  return serve(
    (port) => [PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)]],
    'gravity',
    'gravity-secret',
  );
}

export function hasMoto(): boolean {
  return spawnSync(PYTHON, ['-c', 'import moto.server, flask']).status === 0;
}
