import { randomUUID } from 'node:crypto';
import { gpsToIso } from '@gravity/geodesy';
import type { Transaction } from 'kysely';
import type { DatabaseSchema } from '../../db/schema.js';
import type { TaskContext } from '../../jobs/task.js';
import type { InputFile } from './arc-source.js';
import { streamOf } from './chunks.js';
import type { ProductContext } from './products/context.js';
import type { ProductFile } from './products/types.js';
import type { ProcessProgress } from './progress.js';

/** A product whose object is stored; its row comes with `insertProducts`. */
export interface StoredProduct {
  readonly id: string;
  readonly kind: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly objectKey: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Stores the files under their content hash within the job: a second attempt of the job writes the same keys with
 * the same bytes.
 */
export async function storeProducts(
  { objects, jobId, signal }: TaskContext,
  files: readonly ProductFile[],
  progress: ProcessProgress,
  stored: StoredProduct[],
): Promise<void> {
  for (const [index, file] of files.entries()) {
    signal.throwIfAborted();
    progress.publishing(index, files.length, file.fileName);
    const { sha256 } = file;
    const objectKey = `${jobId}/${sha256}/${file.fileName}`;
    stored.push({
      id: randomUUID(),
      kind: file.kind,
      fileName: file.fileName,
      mediaType: file.mediaType,
      objectKey,
      bytes: file.bytes.length,
      sha256,
      metadata: file.metadata,
    });
    await objects.put('products', objectKey, streamOf(file.bytes), {
      contentType: file.mediaType,
      expectedSha256: sha256,
    });
  }
}

/** What rows and provenance say of any product. */
export type PublishedContext = Pick<
  ProductContext,
  | 'mission'
  | 'baseName'
  | 'software'
  | 'backend'
  | 'request'
  | 'models'
  | 'recipeHash'
  | 'startGpsSeconds'
  | 'endGpsSeconds'
  | 'satellites'
>;

export interface ProductRecord {
  readonly products: readonly StoredProduct[];
  readonly context: PublishedContext;
  readonly quality: Readonly<Record<string, unknown>>;
  readonly inputs: readonly InputFile[];
  readonly planId?: string;
}

/** Rows of the products and the edges of their provenance, in the caller's transaction. */
export async function insertProducts(
  transaction: Transaction<DatabaseSchema>,
  { jobId, userId }: TaskContext,
  record: ProductRecord,
): Promise<void> {
  const { products, context, quality, inputs, planId } = record;
  const common = {
    mission: context.mission,
    title: context.baseName,
    software: context.software,
    linear_algebra: context.backend,
    ...(context.request.algorithm !== 'orbit' && {
      degree_min: context.request.degreeMin,
      regularization: context.request.regularization,
    }),
    models: context.models,
  };
  await transaction
    .insertInto('gravity_products')
    .values(
      products.map((product) => ({
        id: product.id,
        job_id: jobId,
        user_id: userId,
        kind: product.kind,
        file_name: product.fileName,
        media_type: product.mediaType,
        object_key: product.objectKey,
        bytes: product.bytes,
        sha256: product.sha256,
        recipe_hash:
          typeof product.metadata.recipe === 'string' ? product.metadata.recipe : context.recipeHash,
        degree_max: context.request.degreeMax,
        time_start: gpsToIso(context.startGpsSeconds, 0, 3),
        time_end: gpsToIso(context.endGpsSeconds, 0, 3),
        satellites: [...context.satellites],
        status: 'draft' as const,
        metadata: JSON.stringify({ ...common, ...product.metadata }),
        quality: JSON.stringify(quality),
      })),
    )
    .execute();
  const edges = [
    ...inputs.map((file) => ({
      relation: 'used' as const,
      entity_kind: 'file' as const,
      entity_id: file.id,
      sha256: file.sha256,
      data: JSON.stringify({ file_name: file.fileName, product: file.product, satellite: file.satellite }),
    })),
    ...context.models.map((model) => ({
      relation: 'used' as const,
      entity_kind: 'model' as const,
      entity_id: model.name,
      sha256: model.sha256,
      data: JSON.stringify({ role: model.role, source: model.source }),
    })),
    ...(planId
      ? [
          {
            relation: 'used' as const,
            entity_kind: 'job' as const,
            entity_id: planId,
            sha256: null,
            data: null,
          },
        ]
      : []),
    ...products.map((product) => ({
      relation: 'generated' as const,
      entity_kind: 'product' as const,
      entity_id: product.id,
      sha256: product.sha256,
      data: JSON.stringify({
        kind: product.kind,
        file_name: product.fileName,
        recipe_sha256: context.recipeHash,
        software: context.software,
        linear_algebra: context.backend,
      }),
    })),
  ];
  // Every parameter of a statement counts against PostgreSQL's limit of 65535.
  for (let at = 0; at < edges.length; at += 1000) {
    await transaction
      .insertInto('provenance_edges')
      .values(edges.slice(at, at + 1000).map((edge) => ({ job_id: jobId, ...edge })))
      .execute();
  }
}

/**
 * Removes the objects of an attempt whose rows were not written. Not when the job is completed, nor while another
 * attempt owns it: then the same keys are or will be its own.
 */
export async function removeOrphans(
  { db, objects, jobId, attempt, log }: TaskContext,
  stored: readonly StoredProduct[],
): Promise<void> {
  try {
    const job = await db.kysely
      .selectFrom('processing_jobs')
      .select(['status', 'attempt'])
      .where('id', '=', jobId)
      .executeTakeFirst();
    if (job === undefined || job.status === 'completed' || job.attempt !== attempt) return;
    for (const { objectKey } of stored) {
      const row = await db.kysely
        .selectFrom('gravity_products')
        .select('id')
        .where('object_key', '=', objectKey)
        .executeTakeFirst();
      if (!row) await objects.delete('products', objectKey);
    }
  } catch (error) {
    log('warning', `objects of the attempt could not be removed: ${(error as Error).message}`);
  }
}
