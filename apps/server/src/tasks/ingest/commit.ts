import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { isUniqueViolation } from '../../db/database-error.js';
import type { TaskContext } from '../../jobs/task.js';
import { BASELINE_COLUMNS, OBSERVATION_COLUMNS } from './copy-columns.js';
import { lookahead } from './lookahead.js';
import type { ParsedFile } from './parse-protocol.js';
import { gpsDate } from './selection.js';
import type { StagedFile } from './workspace.js';

const CHUNK_BYTES = 256 * 1024;
/** Level 5 takes three times as long for a twentieth fewer bytes. */
const GZIP_LEVEL = 1;

export interface FileToCommit {
  readonly name: string;
  readonly fileId: string;
  readonly staged: StagedFile;
  readonly copyPath: string;
  readonly parsed: ParsedFile;
  readonly archive?: string;
  /** The text of the report beside the file. */
  readonly report?: string;
}

export interface KnownFile {
  readonly id: string;
  readonly product: string;
  readonly satellite: string;
  readonly records: number;
  readonly jobId: string | null;
}

/** The file with this content, when it is in the database already. */
export async function findIngested(context: TaskContext, sha256: string): Promise<KnownFile | undefined> {
  const row = await context.db.kysely
    .selectFrom('ingested_files')
    .select(['id', 'product', 'satellite', 'records', 'job_id'])
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  return row && { ...row, records: Number(row.records), jobId: row.job_id };
}

/**
 * Puts a file's bytes into the object store and its records into the database, whole or not at all.
 *
 * @returns the file that was there before when another job has been faster
 */
export async function commitFile(context: TaskContext, file: FileToCommit): Promise<KnownFile | undefined> {
  const key = objectKey(file);
  const putting = storeObject(context, file, key);
  // waited for in the transaction; when that fails first, it is looked at below
  putting.catch(() => undefined);
  try {
    await insertFile(context, file, key, putting);
  } catch (error) {
    const put = await putting.catch(() => false);
    const known = isUniqueViolation(error) ? await findIngested(context, file.staged.sha256) : undefined;
    // the faster job may have stored the same bytes under another name: ours has no row then
    if (put)
      await removeOrphan(context, key).catch((problem: Error) => {
        context.log('warning', `${file.name}: the stored object could not be removed: ${problem.message}`, {
          key,
        });
      });
    if (known) return known;
    throw error;
  }
  // another attempt that failed may have removed the object it had found absent
  if (!(await putting) && !(await context.objects.head('raw-data', key)))
    await storeObject(context, file, key);
  return undefined;
}

/** l1b/GNV1B/2023-06-01/{sha256}-GNV1B_2023-06-01_C_04.txt.gz */
function objectKey({ name, parsed, staged }: FileToCommit): string {
  const named = typeof parsed.metadata.date === 'string' ? parsed.metadata.date : undefined;
  const date = named ?? (parsed.gpsStart === null ? 'undated' : gpsDate(parsed.gpsStart));
  const family = parsed.product.startsWith('table_') ? 'table' : 'l1b';
  const safeName = name.replace(/[^A-Za-z0-9._-]/g, '_').slice(-120);
  return `${family}/${parsed.product}/${date}/${staged.sha256}-${safeName}.gz`;
}

async function storeObject(context: TaskContext, file: FileToCommit, key: string): Promise<boolean> {
  if (await context.objects.head('raw-data', key)) return false;
  // no time stamp in the gzip header: the same file gives the same object
  const bytes = createReadStream(file.staged.path, { highWaterMark: CHUNK_BYTES });
  const gzip = createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK_BYTES });
  const compressed = pipeline(bytes, gzip, () => undefined);
  await context.objects.put('raw-data', key, compressed, { contentType: 'application/gzip' });
  return true;
}

async function removeOrphan(context: TaskContext, key: string): Promise<void> {
  const row = await context.db.kysely
    .selectFrom('ingested_files')
    .select('id')
    .where('object_key', '=', key)
    .executeTakeFirst();
  if (!row) await context.objects.delete('raw-data', key);
}

/** @param stored settles when the object is there: no row is committed without it */
async function insertFile(
  context: TaskContext,
  file: FileToCommit,
  key: string,
  stored: Promise<unknown>,
): Promise<void> {
  const { parsed, staged } = file;
  const metadata = {
    ...parsed.metadata,
    ...(file.archive !== undefined && { archive: file.archive }),
    ...(file.report !== undefined && { report: file.report }),
  };
  await context.db.kysely.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('ingested_files')
      .values({
        id: file.fileId,
        sha256: staged.sha256,
        file_name: file.name,
        product: parsed.product,
        satellite: parsed.satellite,
        release: parsed.release,
        gps_start: parsed.gpsStart,
        gps_end: parsed.gpsEnd,
        records: parsed.records,
        header_records: parsed.headerRecords,
        bytes: staged.bytes,
        object_key: key,
        columns: JSON.stringify(parsed.columns),
        quality: JSON.stringify(parsed.quality),
        metadata: JSON.stringify(metadata),
        job_id: context.jobId,
        user_id: context.userId,
      })
      .execute();
    const columns = parsed.table === 'baseline_vectors' ? BASELINE_COLUMNS : OBSERVATION_COLUMNS;
    const rows = await context.db.copyBinary(
      transaction,
      parsed.table,
      columns,
      lookahead(copyBlocks(file, context.signal)),
      parsed.marks,
    );
    if (rows !== parsed.records) {
      throw new Error(`${file.name}: ${parsed.records} records were read but ${rows} rows stored`);
    }
    await transaction
      .insertInto('provenance_edges')
      .values({
        job_id: context.jobId,
        relation: 'generated',
        entity_kind: 'file',
        entity_id: file.fileId,
        sha256: staged.sha256,
        data: JSON.stringify({ file_name: file.name, product: parsed.product, records: parsed.records }),
      })
      .execute();
    // the attempt may have lost its job while the rows went in
    const owner = await transaction
      .selectFrom('processing_jobs')
      .select('attempt')
      .where('id', '=', context.jobId)
      .executeTakeFirst();
    if (owner && owner.attempt !== context.attempt) {
      throw new Error(`attempt ${context.attempt} no longer owns the job (now attempt ${owner.attempt})`);
    }
    await stored;
    context.signal.throwIfAborted();
  });
}

/** Cancel is seen between two blocks: the transaction around them is rolled back. */
async function* copyBlocks(
  { copyPath, parsed }: FileToCommit,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const handle = await open(copyPath);
  try {
    for (const bytes of parsed.blocks) {
      signal.throwIfAborted();
      const block = new Uint8Array(bytes);
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await handle.read(block, at, bytes - at);
        if (bytesRead === 0) throw new Error(`${copyPath} ends after ${at} of ${bytes} bytes`);
        at += bytesRead;
      }
      yield block;
    }
  } finally {
    await handle.close();
  }
}
