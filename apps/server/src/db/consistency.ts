import { sql } from 'kysely';
import type { Bucket, ObjectStore } from '../storage/object-store.js';
import type { Database } from './database.js';

export interface ConsistencyReport {
  readonly consistent: boolean;
  /** Objects in raw-data and products that no row names. They cost space; nothing is lost. */
  readonly orphanObjects: number;
  /** Rows whose object is not there. */
  readonly missingObjects: number;
  /** Products whose stored bytes have another SHA-256 than their row. */
  readonly alteredObjects: number;
  /** Rows of satellite_observations and baseline_vectors whose ingested_files row is not there. */
  readonly rowsWithoutFile: number;
  /** Ingested files whose number of stored rows differs from `records`. */
  readonly recordMismatches: number;
  /** Running jobs without a live lease. */
  readonly expiredLeases: number;
  /** The first findings, one line each. */
  readonly examples: readonly string[];
}

export interface ConsistencyOptions {
  /** Objects younger than this may belong to a transaction not yet committed and are no orphans. */
  readonly orphanAgeSeconds?: number;
}

const MAX_EXAMPLES = 50;
const ITEM_SUFFIX = '.stac.json';

/** Compares rows and objects with each other; changes nothing. */
export async function checkConsistency(
  db: Database,
  objects: ObjectStore,
  options: ConsistencyOptions = {},
): Promise<ConsistencyReport> {
  const examples: string[] = [];
  const note = (text: string): void => {
    if (examples.length < MAX_EXAMPLES) examples.push(text);
  };
  const files = await db.kysely.selectFrom('ingested_files').select(['object_key']).execute();
  const products = await db.kysely
    .selectFrom('gravity_products')
    .select(['object_key', 'archive_key', 'sha256'])
    .execute();
  const productKeys = new Map<string, string>();
  for (const row of products) {
    productKeys.set(row.object_key, row.sha256);
    if (row.archive_key !== null) productKeys.set(row.archive_key, row.sha256);
  }
  const rawKeys = new Map(files.map((file) => [file.object_key, undefined]));
  const newest = Date.now() - (options.orphanAgeSeconds ?? 0) * 1000;
  const raw = await compareBucket(objects, 'raw-data', rawKeys, newest, note);
  const published = await compareBucket(objects, 'products', productKeys, newest, note);
  const rowsWithoutFile = await countRowsWithoutFile(db, note);
  const recordMismatches = await countRecordMismatches(db, note);
  const leases = await sql<{ id: string }>`
    select id from processing_jobs where status = 'running' and lease_until < now()`.execute(db.kysely);
  for (const { id } of leases.rows) note(`job ${id} is running without a live lease`);

  const counts = {
    orphanObjects: raw.orphans + published.orphans,
    missingObjects: raw.missing + published.missing,
    alteredObjects: raw.altered + published.altered,
    rowsWithoutFile,
    recordMismatches,
    expiredLeases: leases.rows.length,
  };
  return { consistent: Object.values(counts).every((count) => count === 0), ...counts, examples };
}

/** `known`: the keys rows name, with the SHA-256 of the object where the row holds it. */
async function compareBucket(
  objects: ObjectStore,
  bucket: Bucket,
  known: ReadonlyMap<string, string | undefined>,
  newestMs: number,
  note: (text: string) => void,
): Promise<{ readonly orphans: number; readonly missing: number; readonly altered: number }> {
  const unseen = new Set(known.keys());
  let orphans = 0;
  let altered = 0;
  for await (const object of objects.list(bucket, '')) {
    unseen.delete(object.key);
    const owner = object.key.endsWith(ITEM_SUFFIX) ? object.key.slice(0, -ITEM_SUFFIX.length) : object.key;
    if (!known.has(object.key) && !known.has(owner)) {
      if (object.lastModified.getTime() > newestMs) continue;
      orphans += 1;
      note(`${bucket}/${object.key} belongs to no row`);
    }
    const sha256 = known.get(object.key);
    if (sha256 !== undefined && sha256 !== object.sha256) {
      altered += 1;
      note(`${bucket}/${object.key} has SHA-256 ${object.sha256}, its row says ${sha256}`);
    }
  }
  for (const key of unseen) note(`${bucket}/${key} is named by a row but missing`);
  return { orphans, missing: unseen.size, altered };
}

async function countRowsWithoutFile(db: Database, note: (text: string) => void): Promise<number> {
  const { rows } = await sql<{ file_id: string; rows: string }>`
    select file_id, sum(rows) as rows from (
      select file_id, count(*) as rows from satellite_observations group by file_id
      union all select file_id, count(*) from baseline_vectors group by file_id) as stored
    where not exists (select 1 from ingested_files where ingested_files.id = stored.file_id)
    group by file_id`.execute(db.kysely);
  for (const row of rows) note(`${row.rows} rows name the file ${row.file_id}, which has no row`);
  return rows.reduce((sum, row) => sum + Number(row.rows), 0);
}

async function countRecordMismatches(db: Database, note: (text: string) => void): Promise<number> {
  const { rows } = await sql<{ id: string; file_name: string; records: number; stored: string }>`
    select file.id, file.file_name, file.records, coalesce(stored.rows, 0) as stored
    from ingested_files as file
    left join (
      select file_id, sum(rows) as rows from (
        select file_id, count(*) as rows from satellite_observations group by file_id
        union all select file_id, count(*) from baseline_vectors group by file_id) as parts
      group by file_id) as stored on stored.file_id = file.id
    where file.records <> coalesce(stored.rows, 0)
    order by file.file_name`.execute(db.kysely);
  for (const row of rows)
    note(`${row.file_name} (${row.id}) has ${row.records} records but ${row.stored} rows`);
  return rows.length;
}
