import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What computes, as provenance names it. */
export interface Software {
  readonly name: string;
  readonly version: string;
  /** Git commit the program was built from, 40 hex digits; null where nothing says it. */
  readonly commit: string | null;
}

export const SOFTWARE_TITLE = 'Gravity Processing Backend';
const COMMIT = /^[0-9a-f]{40}$/;
const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Name, version and commit of this program. The commit comes from GRAVITY_GIT_COMMIT (images built without `.git`), else
 * from the checkout around the package, else from `build-info.json` beside the compiled files (written by
 * `npm run build`), else from `gitHead`, which npm writes into a published package.json. Read once.
 */
export function software(): Software {
  known ??= readSoftware(packageFolder, process.env);
  return known;
}

let known: Software | undefined;

/** @param folder of the package, with its package.json */
export function readSoftware(folder: string, env: Readonly<Record<string, string | undefined>>): Software {
  const manifest = readJson(join(folder, 'package.json'));
  const commit = [
    () => env.GRAVITY_GIT_COMMIT,
    () => checkoutCommit(folder),
    () => readJson(join(folder, 'dist', 'build-info.json')).commit,
    () => manifest.gitHead,
  ]
    .map((source) => commitOf(source()))
    .find((found) => found !== null);
  return { name: SOFTWARE_TITLE, version: String(manifest.version ?? '0.0.0'), commit: commit ?? null };
}

function commitOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return COMMIT.test(text) ? text : null;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(readText(path) ?? '{}')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/**
 * HEAD of the checkout of this project, read without git. A package that was installed into the checkout of another
 * project (node_modules) is not of that commit.
 */
function checkoutCommit(folder: string): string | undefined {
  if (folder.split(/[\\/]/).includes('node_modules')) return undefined;
  for (let at = folder; ; at = dirname(at)) {
    const git = join(at, '.git');
    if (existsSync(git)) return headOf(git, at);
    if (dirname(at) === at) return undefined;
  }
}

function headOf(git: string, checkout: string): string | undefined {
  // in a linked working tree .git is a file that names the folder
  const linked = statSync(git).isFile() ? /^gitdir:\s*(.+)$/m.exec(readText(git) ?? '')?.[1] : undefined;
  const folder = linked === undefined ? git : resolve(checkout, linked.trim());
  const common = readText(join(folder, 'commondir'))?.trim();
  const shared = common === undefined ? folder : resolve(folder, common);
  const head = readText(join(folder, 'HEAD'))?.trim() ?? '';
  const ref = /^ref:\s*(\S+)$/.exec(head)?.[1];
  if (ref === undefined) return head;
  const loose = readText(join(folder, ref)) ?? readText(join(shared, ref));
  if (loose !== undefined) return loose.trim();
  const packed = readText(join(shared, 'packed-refs')) ?? '';
  return packed
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, name]) => name === ref)?.[0];
}
