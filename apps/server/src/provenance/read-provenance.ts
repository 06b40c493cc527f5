import type { Selectable } from 'kysely';
import type { Static } from 'typebox';
import type { Database } from '../db/database.js';
import type { GravityProductsTable } from '../db/schema.js';
import { iso } from './schemas/common.js';
import type { ProvenanceSchema } from './schemas/products.js';

const maxActivities = 50;

/** Jobs that catalogued the product. Other users of it are not part of how it came to be. */
async function catalogJobs(db: Database, productId: string): Promise<string[]> {
  const rows = await db.kysely
    .selectFrom('provenance_edges as edge')
    .innerJoin('processing_jobs as job', 'job.id', 'edge.job_id')
    .select('job.id')
    .distinct()
    .where('edge.entity_kind', '=', 'product')
    .where('edge.entity_id', '=', productId)
    .where('job.type', '=', 'catalog')
    .execute();
  return rows.map((row) => row.id);
}

/** Follows the edges back from a product: its job, and the jobs that made what that job used; then its catalogue. */
export async function readProvenance(
  db: Database,
  product: Selectable<GravityProductsTable>,
): Promise<Static<typeof ProvenanceSchema>> {
  const activities: Static<typeof ProvenanceSchema>['activities'] = [];
  const queue = [...new Set([product.job_id, ...(await catalogJobs(db, product.id))])];
  const seen = new Set(queue);
  for (
    let jobId = queue.shift();
    jobId !== undefined && activities.length < maxActivities;
    jobId = queue.shift()
  ) {
    const job = await db.kysely
      .selectFrom('processing_jobs')
      .selectAll()
      .where('id', '=', jobId)
      .executeTakeFirst();
    if (job === undefined) continue;
    const edges = await db.kysely
      .selectFrom('provenance_edges')
      .selectAll()
      .where('job_id', '=', jobId)
      .orderBy('id')
      .execute();
    const entities = (relation: 'used' | 'generated') =>
      edges
        .filter((edge) => edge.relation === relation)
        .map(({ entity_kind: kind, entity_id: id, sha256, data }) => ({ kind, id, sha256, data }));
    const used = entities('used');
    activities.push({
      job_id: job.id,
      type: job.type,
      user_id: job.user_id,
      status: job.status,
      parameters: job.parameters,
      started_at: iso(job.started_at),
      completed_at: iso(job.completed_at),
      used,
      generated: entities('generated'),
    });
    for (const source of await makersOf(db, used)) {
      if (!seen.has(source)) queue.push(source);
      seen.add(source);
    }
  }
  return { product_id: product.id, sha256: product.sha256, recipe_hash: product.recipe_hash, activities };
}

async function makersOf(
  db: Database,
  used: readonly { readonly kind: string; readonly id: string }[],
): Promise<string[]> {
  const ids = (kind: string) =>
    used.filter((entity) => entity.kind === kind && /^[0-9a-f-]{36}$/i.test(entity.id)).map(({ id }) => id);
  const [files, products] = [ids('file'), ids('product')];
  const fileJobs =
    files.length === 0
      ? []
      : await db.kysely
          .selectFrom('ingested_files')
          .select('job_id')
          .distinct()
          .where('id', 'in', files)
          .execute();
  const productJobs =
    products.length === 0
      ? []
      : await db.kysely
          .selectFrom('gravity_products')
          .select('job_id')
          .distinct()
          .where('id', 'in', products)
          .execute();
  return [
    ...ids('job'),
    ...fileJobs.map((row) => row.job_id),
    ...productJobs.map((row) => row.job_id),
  ].filter((id) => id !== null);
}
