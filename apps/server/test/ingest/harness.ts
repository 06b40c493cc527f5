import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type Database,
  ingestTask,
  openDatabase,
  openObjectStore,
  type ServerConfig,
  type Task,
  type TaskContext,
} from '@gravity/server';
import { sql } from 'kysely';
import { seedDatabase } from '../../../../test/support/database-template.js';
import { insertUser, temporaryFolder, testConfig } from '../helpers.js';

/** The real daily archives of 2023-06-01 (cut), kept with the formats package. */
export const LEVEL1 = new URL('../../../../packages/formats/test/fixtures/level1/', import.meta.url);
export const ORBITS = new URL('../../../../packages/formats/test/fixtures/orbits/', import.meta.url);
export const NO_LRI = 'gracefo_1B_2023-06-01_RL04.ascii.noLRI.tgz';
export const LRI = 'gracefo_1B_2023-06-01_RL04.ascii.LRI.tgz';

/** The products that are ingested when nothing else is asked for. */
export const CORE = ['GNV1B', 'GNI1B', 'SCA1B', 'ACT1B', 'ACC1B', 'KBR1B', 'LRI1B'];

export interface IngestResult {
  readonly files: readonly {
    readonly name: string;
    readonly product: string | null;
    readonly satellite: string | null;
    readonly records: number;
    readonly status: string;
    readonly warnings: readonly string[];
    readonly reason?: string;
  }[];
  readonly totals: Readonly<Record<string, number>>;
  readonly rejected: readonly { file: string; line?: number; code: string; message: string }[];
  readonly quality: readonly { file: string; issues: readonly { code: string; severity: string }[] }[];
  readonly bytes: number;
  readonly records_per_second: number;
}

export interface RunOptions {
  readonly jobId?: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly onLog?: (message: string) => void;
}

export interface Harness {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: Awaited<ReturnType<typeof openObjectStore>>;
  /** A folder that may be read by file: sources. */
  readonly sources: string;
  readonly progress: { fraction: number; message: string }[];
  run(parameters: Record<string, unknown>, options?: RunOptions): Promise<IngestResult>;
  runTask(
    task: Task,
    parameters: Record<string, unknown>,
    options?: RunOptions,
  ): Promise<Record<string, unknown>>;
  /** A folder below `sources` with the given files. */
  folder(name: string, files: Readonly<Record<string, string | Uint8Array>>): string;
  /** Empties what the ingest writes, and the sources. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The embedded database and object store in a fresh folder, and a context for tasks. */
export async function createHarness(): Promise<Harness> {
  const temporary = temporaryFolder();
  const sources = join(temporary.path, 'sources');
  mkdirSync(sources);
  const config = testConfig(join(temporary.path, 'data'), { fileSources: [sources] });
  if (config.databaseUrl === undefined) seedDatabase(config.dataDir);
  const db = await openDatabase(config);
  const objects = await openObjectStore(config);
  const userId = await insertUser(db);
  const progress: { fraction: number; message: string }[] = [];

  const runTask: Harness['runTask'] = async (task, parameters, options = {}) => {
    const { jobId = randomUUID(), attempt = 1, signal = new AbortController().signal, onLog } = options;
    await db.kysely
      .insertInto('processing_jobs')
      .values({
        id: jobId,
        user_id: userId,
        type: 'ingest',
        status: 'pending',
        attempt,
        parameters: JSON.stringify(parameters),
        updated_at: new Date(),
        progress_message: null,
        worker_id: null,
        idempotency_key: null,
        request_hash: null,
      })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ attempt }))
      .execute();
    let result: Record<string, unknown> | undefined;
    const context: TaskContext = {
      jobId,
      userId,
      attempt,
      parameters,
      signal,
      config,
      db,
      objects,
      progress: (fraction, message) => progress.push({ fraction, message }),
      log: (_level, message) => onLog?.(message),
      finalize: async (write) => {
        result = await db.kysely.transaction().execute(write);
      },
    };
    await task(context);
    if (!result) throw new Error('the task ended without finalize');
    // what the database would hold
    return JSON.parse(JSON.stringify(result)) as Record<string, unknown>;
  };

  return {
    config,
    db,
    objects,
    sources,
    progress,
    runTask,
    run: (parameters, options) =>
      runTask(ingestTask, parameters, options) as Promise<unknown> as Promise<IngestResult>,
    folder: (name, files) => {
      const path = join(sources, name);
      mkdirSync(path, { recursive: true });
      for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
      return path;
    },
    clear: async () => {
      await sql`truncate satellite_observations, baseline_vectors, ingested_files, provenance_edges`.execute(
        db.kysely,
      );
      for await (const { key } of objects.list('raw-data', '')) await objects.delete('raw-data', key);
      rmSync(sources, { recursive: true });
      mkdirSync(sources);
      progress.length = 0;
    },
    close: async () => {
      await db.close();
      temporary.remove();
    },
  };
}

export function archive(name: string): Buffer {
  return readFileSync(new URL(name, LEVEL1));
}

/** Plain files of a tgz by name, read with a reader of the test's own: 512-byte blocks, sizes in octal. */
export function untar(name: string): Map<string, Buffer> {
  const bytes = gunzipSync(archive(name));
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= bytes.length; ) {
    const field = (from: number, to: number) =>
      bytes
        .toString('latin1', at + from, at + to)
        .replace(/\0.*$/s, '')
        .trim();
    const path = field(0, 100);
    if (path === '') break;
    const size = Number.parseInt(field(124, 136) || '0', 8);
    const base = path.slice(path.lastIndexOf('/') + 1);
    if (['0', ''].includes(field(156, 157)) && !base.startsWith('._')) {
      files.set(base, bytes.subarray(at + 512, at + 512 + size));
    }
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return files;
}

/** Lines after the header, counted without the project's reader. */
export function recordLines(text: Uint8Array): string[] {
  const [, records] = Buffer.from(text).toString('latin1').split('# End of YAML header\n');
  return records.split('\n').filter((line) => line.trim() !== '');
}

export async function count(
  db: Database,
  table: 'satellite_observations' | 'baseline_vectors' | 'ingested_files',
) {
  const { rows } = await sql<{ n: string }>`select count(*) as n from ${sql.table(table)}`.execute(db.kysely);
  return Number(rows[0].n);
}

/** Everything the ingest writes, as one text: equal texts mean nothing has changed. */
export async function fingerprint({ db, objects }: Harness): Promise<string> {
  const parts: string[] = [];
  for (const table of ['satellite_observations', 'baseline_vectors', 'ingested_files', 'provenance_edges']) {
    const { rows } = await sql<{ n: string; sum: string }>`
      select count(*) as n, md5(string_agg(t::text, '|' order by t::text)) as sum from ${sql.table(table)} t`.execute(
      db.kysely,
    );
    parts.push(`${table} ${rows[0].n} ${rows[0].sum}`);
  }
  for await (const { key, sha256 } of objects.list('raw-data', '')) parts.push(`${key} ${sha256}`);
  return parts.join('\n');
}

export const gzip = (data: string | Uint8Array) => gzipSync(data);
