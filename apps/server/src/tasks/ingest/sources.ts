import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServerConfig } from '../../config.js';
import { TaskError } from '../../jobs/task.js';
import { NotFoundError, ObjectStoreError } from '../../storage/errors.js';
import type { Bucket, ListedObject, ObjectStore, SourceBuckets } from '../../storage/object-store.js';
import { announcedSha256, checkAnnouncement, uploadPrefix } from '../../uploads.js';

/** One file of a data source: a plain file or an archive. */
export interface SourceEntry {
  /** Base name. */
  readonly name: string;
  readonly bytes: number;
  /** True when the user named this very file: it is taken whatever its name. */
  readonly explicit: boolean;
  open(): Promise<Readable>;
}

export interface SourceListing {
  readonly entries: readonly SourceEntry[];
  /** Entries that may not be read, with the reason. */
  readonly refused: readonly { readonly name: string; readonly code: string; readonly message: string }[];
}

const BUCKETS: readonly Bucket[] = ['raw-data', 'processed-data', 'products', 'temp'];
const MAX_DEPTH = 8;
const MAX_ENTRIES = 100_000;

/**
 * Files of a `file:`, `upload:` or `s3:` source, in the order of their names.
 *
 * @throws TaskError `source_not_allowed`, `source_not_found`, `s3_not_configured`, `invalid_source`,
 *   `checksum_mismatch` (an upload that is not what was announced)
 */
export async function listSource(
  source: string,
  config: Pick<ServerConfig, 'fileSources'>,
  objects: ObjectStore,
  findOwn: OwnSourceFinder = async () => undefined,
): Promise<SourceListing> {
  if (source.startsWith('file:')) return listFiles(source, config.fileSources);
  if (source.startsWith('upload:')) {
    const id = source.slice('upload:'.length).replace(/^\/\//, '');
    if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) throw sourceError('invalid_source', `no upload id: ${quote(id)}`);
    await checkUploaded(objects, id);
    return listBucket(objects, 'temp', uploadPrefix(id), `upload ${id}`);
  }
  const s3 = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(source);
  if (s3) {
    const [, name, prefix = ''] = s3;
    const bucket = BUCKETS.find((own) => own === name);
    if (bucket) return listBucket(objects, bucket, prefix, `s3://${bucket}/${prefix}`);
    const own = await findOwn(name);
    if (own) return listOwnSource(own, name, prefix);
    return listForeignBucket(objects, name, prefix);
  }
  throw sourceError('invalid_source', 'data_source must begin with file:, upload: or s3://');
}

async function listFiles(source: string, roots: readonly string[]): Promise<SourceListing> {
  const given = pathOf(source);
  const allowed: string[] = [];
  for (const root of roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real !== undefined) allowed.push(real);
  }
  const notAllowed = () =>
    sourceError(
      'source_not_allowed',
      `${quote(given)} is not inside a folder that may be read (fileSources)`,
    );
  // before any look at the file system: nothing outside is probed
  const candidates = path.isAbsolute(given)
    ? [given]
    : [...new Set([...roots.map((root) => path.resolve(root)), ...allowed])].map((root) =>
        path.join(root, given),
      );
  const lexical = [...roots.map((root) => path.resolve(root)), ...allowed];
  const inside = candidates.filter((candidate) =>
    lexical.some((root) => isInside(path.resolve(candidate), root)),
  );
  if (inside.length === 0) throw notAllowed();
  for (const candidate of inside) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real === undefined) continue;
    if (!allowed.some((root) => isInside(real, root))) throw notAllowed();
    const info = await stat(real);
    if (info.isFile()) return { entries: [fileEntry(real, info.size, true)], refused: [] };
    if (info.isDirectory()) return walk(real, allowed);
  }
  throw sourceError('source_not_found', `no such file or folder: ${quote(given)}`);
}

function pathOf(source: string): string {
  let given = source.slice('file:'.length);
  if (given.startsWith('//')) {
    try {
      given = fileURLToPath(new URL(source));
    } catch {
      throw sourceError('invalid_source', `no file URL: ${quote(source)}`);
    }
  }
  if (given === '' || given.includes('\0')) throw sourceError('invalid_source', 'file: needs a path');
  return path.normalize(given);
}

function isInside(candidate: string, root: string): boolean {
  const relative = path.relative(root, candidate);
  return (
    relative === '' ||
    (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative))
  );
}

async function walk(folder: string, allowed: readonly string[]): Promise<SourceListing> {
  const entries: SourceEntry[] = [];
  const refused: SourceListing['refused'][number][] = [];
  const visit = async (current: string, depth: number): Promise<void> => {
    const children = await readdir(current, { withFileTypes: true });
    children.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const child of children) {
      // hidden files and the companions of macOS (._name)
      if (child.name.startsWith('.')) continue;
      if (entries.length >= MAX_ENTRIES) {
        throw sourceError('invalid_source', `more than ${MAX_ENTRIES} files in the folder`);
      }
      const place = path.join(current, child.name);
      if (child.isDirectory()) {
        if (depth < MAX_DEPTH) await visit(place, depth + 1);
        continue;
      }
      if (child.isSymbolicLink()) {
        const target = await realpath(place).catch(() => undefined);
        if (target === undefined || !allowed.some((root) => isInside(target, root))) {
          refused.push({
            name: child.name,
            code: 'source_not_allowed',
            message: `${child.name}: a link that leads out of the folders that may be read`,
          });
          continue;
        }
        const info = await stat(target);
        // linked folders are not followed: they could form a circle
        if (info.isFile()) entries.push({ ...fileEntry(target, info.size, false), name: child.name });
      } else if (child.isFile()) entries.push(fileEntry(place, (await stat(place)).size, false));
    }
  };
  await visit(folder, 0);
  return { entries, refused };
}

function fileEntry(place: string, bytes: number, explicit: boolean): SourceEntry {
  return {
    name: path.basename(place),
    bytes,
    explicit,
    open: async () => {
      // O_NOFOLLOW: the path was resolved before; a link put in its place since is refused
      const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
      return handle.createReadStream();
    },
  };
}

/** An upload by a signed link is only here compared with what was announced for it. */
async function checkUploaded(objects: ObjectStore, id: string): Promise<void> {
  for await (const { key } of objects.entries('temp', uploadPrefix(id))) {
    if (announcedSha256(key) === undefined) continue;
    const object = await objects.head('temp', key);
    try {
      if (object) checkAnnouncement(object);
    } catch (error) {
      throw sourceError('checksum_mismatch', (error as Error).message);
    }
  }
}

function listBucket(
  objects: ObjectStore,
  bucket: Bucket,
  prefix: string,
  what: string,
): Promise<SourceListing> {
  return listObjects(objects.entries(bucket, prefix), prefix, what, (key) => objects.get(bucket, key));
}

/** A store of the user's own, by its name; undefined when there is none. */
export type OwnSourceFinder = (
  name: string,
) => Promise<{ readonly bucket: string; readonly buckets: SourceBuckets } | undefined>;

async function listOwnSource(
  { bucket, buckets }: NonNullable<Awaited<ReturnType<OwnSourceFinder>>>,
  name: string,
  prefix: string,
): Promise<SourceListing> {
  try {
    const found = buckets.list(bucket, prefix);
    return await listObjects(found, prefix, `s3://${name}/${prefix}`, (key) => buckets.open(bucket, key));
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    if (error.code === 'invalid_bucket') {
      throw sourceError('source_not_found', `the data source ${quote(name)} has no bucket ${quote(bucket)}`);
    }
    if (error.code === 'access_denied') {
      throw sourceError(
        'source_not_allowed',
        `the store of ${quote(name)} denies access with the keys given`,
      );
    }
    throw error;
  }
}

/** A bucket of others in the same store, which the configuration has to name. */
async function listForeignBucket(
  objects: ObjectStore,
  bucket: string,
  prefix: string,
): Promise<SourceListing> {
  const { sources } = objects;
  if (sources === undefined) {
    throw sourceError(
      's3_not_configured',
      `bucket ${quote(bucket)} is not one of this store (${BUCKETS.join(', ')}); with an S3 store (MINIO_ENDPOINT) ` +
        'GRAVITY_S3_SOURCE_BUCKETS can allow it; or copy the files into raw-data, upload them, or name a folder with file:',
    );
  }
  if (!sources.allowed.includes(bucket)) {
    throw sourceError(
      'source_not_allowed',
      `bucket ${quote(bucket)} may not be read: GRAVITY_S3_SOURCE_BUCKETS allows ${
        sources.allowed.length > 0 ? sources.allowed.join(', ') : 'none'
      }`,
    );
  }
  const what = `s3://${bucket}/${prefix}`;
  try {
    const found = sources.list(bucket, prefix);
    return await listObjects(found, prefix, what, (key) => sources.open(bucket, key));
  } catch (error) {
    if (error instanceof ObjectStoreError && error.code === 'invalid_bucket') {
      throw sourceError('source_not_found', `the object store has no bucket ${quote(bucket)}`);
    }
    if (error instanceof ObjectStoreError && error.code === 'access_denied') {
      throw sourceError(
        'source_not_allowed',
        `the object store denies access to the bucket ${quote(bucket)}`,
      );
    }
    throw error;
  }
}

async function listObjects(
  found: AsyncIterable<ListedObject>,
  prefix: string,
  what: string,
  open: (key: string) => Promise<Readable>,
): Promise<SourceListing> {
  const entries: SourceEntry[] = [];
  for await (const { key, bytes } of found) {
    const base = key.slice(key.lastIndexOf('/') + 1);
    if (base === '' || base.startsWith('.')) continue;
    if (entries.length >= MAX_ENTRIES)
      throw sourceError('invalid_source', `more than ${MAX_ENTRIES} objects`);
    entries.push({
      // objects this task has stored carry their hash before the name
      name: base.replace(/^[0-9a-f]{64}-/, ''),
      bytes,
      explicit: key === prefix,
      open: () => openListed(open, key, base),
    });
  }
  if (entries.length === 0) throw sourceError('source_not_found', `nothing found at ${what}`);
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { entries: entries.length === 1 ? [{ ...entries[0], explicit: true }] : entries, refused: [] };
}

async function openListed(
  open: (key: string) => Promise<Readable>,
  key: string,
  base: string,
): Promise<Readable> {
  try {
    return await open(key);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw sourceError('source_not_found', `${quote(base)} was removed while the source was read`);
  }
}

function sourceError(code: string, message: string): TaskError {
  return new TaskError(code, message, [{ field: 'data_source', message }]);
}

const quote = (text: string) => JSON.stringify(text.slice(0, 200));
