import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followJob, type GravityClient, type Job } from '@gravity/cli';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ended, startIngest, startProcess } from './support/journey.js';
import { simulateDay, temporaryFolder } from './support/mission.js';
import {
  accessToken,
  runCommand,
  type ServerProcess,
  signIn,
  spawnServer,
} from './support/server-process.js';

const DEGREE = 10;
const PRELOAD = new URL('./support/full-disk-preload.mjs', import.meta.url);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const level1b = () => join(folder.path, 'level1b');

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
});
afterAll(() => folder.remove());

/** A place for a data folder whose disk can be filled up and emptied again. */
interface Disk {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Leaves so many bytes. */
  fill(leave: number): Promise<void>;
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** The operating system's own: a file system in memory of a fixed size, with all of the data folder on it. */
async function realDisk(): Promise<Disk> {
  const path = join(folder.path, 'disk');
  await mkdir(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600m', 'tmpfs', path]);
  const ballast = join(path, 'ballast');
  return {
    dataDir: join(path, 'data'),
    env: {},
    fill: async (leave) => {
      const file = await open(ballast, 'w');
      const block = Buffer.alloc(65_536);
      for (;;) {
        const { bavail, bsize } = await statfs(path);
        const left = Math.min(bavail * bsize - leave, block.length);
        if (left <= 0) break;
        await file.write(block, 0, left);
      }
      await file.close();
    },
    empty: () => rm(ballast),
    remove: async () => {
      execFileSync('umount', ['-l', path]);
    },
  };
}

/** Runs everywhere: writes of the server to its objects and its scratch folder fail with ENOSPC. */
async function injectedDisk(): Promise<Disk> {
  const flag = join(folder.path, 'full');
  return {
    dataDir: join(folder.path, 'injected', 'data'),
    env: { NODE_OPTIONS: `--import=${PRELOAD.href}`, FULL_DISK_FLAG: flag },
    fill: () => writeFile(flag, ''),
    empty: () => rm(flag),
    remove: async () => undefined,
  };
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const path = join(folder?.path ?? '/tmp', `mount-probe-${process.pid}`);
  try {
    execFileSync('mkdir', ['-p', path]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', [path]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('rmdir', [path]);
  }
}

const upload = (url: string, token: string, bytes: number) =>
  fetch(`${url}/ops/uploads?name=some.txt`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(bytes, 'a'),
  });

const filesIn = async (path: string): Promise<string[]> =>
  existsSync(path)
    ? (await readdir(path, { withFileTypes: true, recursive: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
    : [];

describe.each([
  { name: 'a small file system', make: realDisk, skip: !canMount() },
  { name: 'injected ENOSPC', make: injectedDisk, skip: false },
])('a full disk ($name)', ({ make, skip }) => {
  let disk: Disk;
  let server: ServerProcess | undefined;
  let client: GravityClient;

  afterEach(async () => {
    await server?.kill();
    await disk?.remove();
  });

  const leftOver = async (): Promise<string[]> => [
    ...(await filesIn(join(disk.dataDir, 'objects', '.tmp'))),
    ...(await filesIn(join(disk.dataDir, 'tmp'))),
  ];
  /** A job that finds the disk full fails after its attempts; its retry is completed once there is room. */
  const failsThenSucceeds = async (start: () => Promise<Job>, leave: number): Promise<void> => {
    await disk.fill(leave);
    const failed = await ended(() => client, (await start()).id, 90_000);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'insufficient_storage' } });
    expect(await leftOver()).toEqual([]);
    await disk.empty();
    const retry = await client.transport.json<Job>(`/ops/jobs/${failed.id}/retry`, { method: 'POST' });
    expect(await followJob(client, retry.id)).toMatchObject({ status: 'completed' });
  };

  test.skipIf(skip)(
    'refuses uploads with 507, fails jobs that can be retried, and leaves nothing',
    async () => {
      disk = await make();
      server = await spawnServer({ dataDir: disk.dataDir, fileSources: [level1b()], env: disk.env });
      client = await signIn(server.url);
      const token = await accessToken(server.url);

      await disk.fill(1_000_000);
      const refused = await upload(server.url, token, 8_000_000);
      expect(refused.status).toBe(507);
      expect(refused.headers.get('retry-after')).toBe('60');
      expect(await refused.json()).toMatchObject({
        detail: 'No room is left on the disk of the server: nothing was stored',
        status_code: 507,
        type: 'urn:gravity-processing-backend:problem:insufficient-storage',
      });
      expect(await filesIn(join(disk.dataDir, 'objects'))).toEqual([]);
      await disk.empty();
      const stored = await upload(server.url, token, 8_000_000);
      expect(stored.status).toBe(201);
      const { sha256 } = (await stored.json()) as { sha256: string };
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);

      await failsThenSucceeds(() => startIngest(client, level1b()), 3_000_000);
      await failsThenSucceeds(() => startProcess(client, DEGREE, 6), 300_000);

      expect(await server.stop()).toBe(0);
      server = undefined;
      expect(await leftOver()).toEqual([]);
      const { stdout } = await runCommand(['check', '--data-dir', disk.dataDir, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ consistent: true, examples: [] });
    },
  );
});
