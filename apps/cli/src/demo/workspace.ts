import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { UsageError } from '../output.js';

/** Where a demo puts its things. */
export interface DemoWorkspace {
  readonly folder: string;
  /** Simulated Level-1B files and the true field. */
  readonly level1b: string;
  /** Data folder of the server. */
  readonly server: string;
  /** Downloaded products, tables and maps. */
  readonly results: string;
}

const MARK = '.gravity-demo';

/**
 * An empty folder for a demo; what an earlier demo left in it is removed.
 *
 * @throws UsageError when the folder holds anything else
 */
export async function prepareWorkspace(path: string): Promise<DemoWorkspace> {
  const folder = resolve(path);
  const entries = await readdir(folder).catch(() => [] as string[]);
  if (entries.length > 0 && !entries.includes(MARK)) {
    throw new UsageError(
      `${folder} is not empty and not of an earlier demo; name another one with --data-dir`,
    );
  }
  const workspace = {
    folder,
    level1b: join(folder, 'level1b'),
    server: join(folder, 'server'),
    results: join(folder, 'results'),
  };
  for (const part of [workspace.level1b, workspace.server, workspace.results]) {
    await rm(part, { recursive: true, force: true });
  }
  await mkdir(workspace.results, { recursive: true });
  await writeFile(join(folder, MARK), 'Made by `gravity demo`; a new demo removes what is here.\n');
  return workspace;
}

/** Removes all but the results. */
export async function tidyWorkspace(workspace: DemoWorkspace): Promise<void> {
  await rm(workspace.level1b, { recursive: true, force: true });
  await rm(workspace.server, { recursive: true, force: true });
}

export async function sizeOfFolder(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder)) bytes += (await stat(join(folder, entry))).size;
  return bytes;
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
