import type { Selectable } from 'kysely';
import type { Database } from '../db/database.js';
import type {
  GravityProductsTable,
  IngestedFilesTable,
  ProcessingJobsTable,
  ProvenanceEdgesTable,
} from '../db/schema.js';

export type ProductRow = Selectable<GravityProductsTable>;
export type EntityKind = ProvenanceEdgesTable['entity_kind'];

export interface UsedEntity {
  readonly kind: EntityKind;
  readonly id: string;
  readonly sha256: string | null;
  readonly data: Record<string, unknown> | null;
}

/** One job with what went in and what came out. */
export interface Activity {
  readonly job: Selectable<ProcessingJobsTable>;
  readonly used: readonly UsedEntity[];
  readonly generated: readonly UsedEntity[];
}

/** A month of days that were ingested one by one, and more. */
const MAX_ACTIVITIES = 1000;
const BATCH = 200;

/** Jobs that catalogued the product. Other users of it are not part of how it came to be. */
async function catalogJobs({ kysely }: Database, productId: string): Promise<string[]> {
  const rows = await kysely
    .selectFrom('provenance_edges as edge')
    .innerJoin('processing_jobs as job', 'job.id', 'edge.job_id')
    .select('job.id')
    .distinct()
    .where('edge.entity_kind', '=', 'product')
    .where('edge.entity_id', '=', productId)
    .where('job.type', '=', 'catalog')
    .where('job.status', '=', 'completed')
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Follows the edges back from a product: the job that made it and those that catalogued it, then the jobs that made
 * what those used, and so on to the ingests.
 */
export async function readActivities(db: Database, product: ProductRow): Promise<readonly Activity[]> {
  const activities: Activity[] = [];
  let front = [...new Set([product.job_id, ...(await catalogJobs(db, product.id))])];
  const seen = new Set(front);
  while (front.length > 0 && activities.length < MAX_ACTIVITIES) {
    const found = await readBatch(db, front.slice(0, BATCH));
    activities.push(...found);
    const sources = await makersOf(
      db,
      found.flatMap(({ used }) => used),
    );
    const fresh = sources.filter((id) => !seen.has(id));
    for (const id of fresh) seen.add(id);
    front = [...front.slice(BATCH), ...new Set(fresh)];
  }
  return activities;
}

async function readBatch({ kysely }: Database, ids: readonly string[]): Promise<readonly Activity[]> {
  const jobs = await kysely
    .selectFrom('processing_jobs')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();
  const edges = await kysely
    .selectFrom('provenance_edges')
    .selectAll()
    .where('job_id', 'in', [...ids])
    .orderBy('id')
    .execute();
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return ids.flatMap((id) => {
    const job = byId.get(id);
    if (job === undefined) return [];
    const entities = (relation: 'used' | 'generated') =>
      edges
        .filter((edge) => edge.job_id === id && edge.relation === relation)
        .map(({ entity_kind, entity_id, sha256, data }) => ({
          kind: entity_kind,
          id: entity_id,
          sha256,
          data,
        }));
    return [{ job, used: entities('used'), generated: entities('generated') }];
  });
}

const UUID = /^[0-9a-f-]{36}$/i;

/** Ids of the entities of one kind, each once. */
export function idsOf(
  entities: readonly { readonly kind: EntityKind; readonly id: string }[],
  kind: EntityKind,
): string[] {
  return [...new Set(entities.filter((one) => one.kind === kind && UUID.test(one.id)).map(({ id }) => id))];
}

/** The jobs that made these. */
async function makersOf(db: Database, used: readonly UsedEntity[]): Promise<string[]> {
  const [files, products] = await Promise.all([
    readFiles(db, idsOf(used, 'file')),
    readProducts(db, idsOf(used, 'product')),
  ]);
  return [
    ...idsOf(used, 'job'),
    ...files.map((row) => row.job_id),
    ...products.map((row) => row.job_id),
  ].filter((id) => id !== null);
}

export async function readFiles({ kysely }: Database, ids: readonly string[]) {
  const rows: Selectable<IngestedFilesTable>[] = [];
  for (let at = 0; at < ids.length; at += BATCH) {
    rows.push(
      ...(await kysely
        .selectFrom('ingested_files')
        .selectAll()
        .where('id', 'in', ids.slice(at, at + BATCH))
        .execute()),
    );
  }
  return rows;
}

export async function readProducts({ kysely }: Database, ids: readonly string[]): Promise<ProductRow[]> {
  if (ids.length === 0) return [];
  return kysely
    .selectFrom('gravity_products')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();
}
