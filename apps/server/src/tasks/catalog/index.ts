import { createHash } from 'node:crypto';
import type { StacItem } from '@gravity/products';
import { type Task, type TaskContext, TaskError } from '../../jobs/task.js';
import { itemOf, type ProductRow } from './item.js';
import { type CatalogRequest, parseCatalogParameters } from './parameters.js';

interface CataloguedProduct {
  readonly row: ProductRow;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly stac: StacItem;
  readonly stacKey: string;
  readonly archiveKey: string | null;
}

/**
 * The catalog operation. All products are checked before anything is written.
 *
 * @throws TaskError `product_not_found` naming the ids that do not exist or are not the caller's,
 *   `checksum_mismatch` when stored bytes are not the computed ones
 */
export const catalogTask: Task = async (context) => {
  const request = parseCatalogParameters(context.parameters);
  const rows = await findProducts(context, request.productIds);
  for (const [index, row] of rows.entries()) {
    context.progress((0.5 * index) / rows.length, `checking ${row.file_name}`);
    await verifyBytes(context, 'object_key', row, row.object_key);
  }
  const done: CataloguedProduct[] = [];
  for (const [index, row] of rows.entries()) {
    context.signal.throwIfAborted();
    context.progress(0.5 + (0.45 * index) / rows.length, `cataloguing ${row.file_name}`);
    done.push(await storeItem(context, request, row));
  }
  await context.finalize(async (transaction) => {
    const now = new Date();
    for (const { row, metadata, stac, archiveKey } of done) {
      await transaction
        .updateTable('gravity_products')
        .set({
          metadata: JSON.stringify(metadata),
          stac: JSON.stringify(stac),
          ...(request.publish && { status: 'published' as const, published_at: row.published_at ?? now }),
          ...(archiveKey && { archive_key: archiveKey, archived_at: row.archived_at ?? now }),
        })
        .where('id', '=', row.id)
        .execute();
      await transaction
        .insertInto('provenance_edges')
        .values({
          job_id: context.jobId,
          relation: 'used',
          entity_kind: 'product',
          entity_id: row.id,
          sha256: row.sha256,
          data: JSON.stringify({ publish: request.publish, archive: request.archive }),
        })
        .execute();
    }
    return {
      items: done.map(({ row, stac, stacKey, archiveKey }) => ({
        product_id: row.id,
        kind: row.kind,
        file_name: row.file_name,
        sha256: row.sha256,
        stac_item: stac,
        stac_key: stacKey,
        status: request.publish ? 'published' : row.status,
        archive_key: archiveKey ?? row.archive_key,
      })),
      published: request.publish ? done.length : 0,
      archived: request.archive ? done.length : 0,
    };
  });
};

/** The rows in the order of the request. */
async function findProducts(
  { db, userId }: TaskContext,
  ids: readonly string[],
): Promise<readonly ProductRow[]> {
  const user = await db.kysely.selectFrom('users').select('role').where('id', '=', userId).executeTakeFirst();
  const found = await db.kysely
    .selectFrom('gravity_products')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();
  const usable = new Map(
    found.filter((row) => user?.role === 'admin' || row.user_id === userId).map((row) => [row.id, row]),
  );
  const missing = ids.filter((id) => !usable.has(id));
  if (missing.length > 0) {
    throw new TaskError(
      'product_not_found',
      `no such products, or not yours: ${missing.join(', ')}`,
      missing.map((id) => ({
        field: `product_ids[${ids.indexOf(id)}]`,
        message: `no product ${id} of yours`,
      })),
    );
  }
  return ids.flatMap((id) => usable.get(id) ?? []);
}

/** Reads the stored object through and compares its hash with the row. */
async function verifyBytes(
  { objects, signal }: TaskContext,
  place: 'object_key' | 'archive_key',
  row: ProductRow,
  key: string,
): Promise<void> {
  const hash = createHash('sha256');
  const stream = await objects.get('products', key).catch((error: Error) => {
    throw new TaskError('object_missing', `${row.file_name} (${row.id}): ${error.message}`);
  });
  for await (const chunk of stream) {
    signal.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== row.sha256) {
    throw new TaskError(
      'checksum_mismatch',
      `${row.file_name} (${row.id}): the bytes under ${place} have SHA-256 ${sha256}, ${row.sha256} was published`,
    );
  }
}

async function storeItem(
  context: TaskContext,
  request: CatalogRequest,
  row: ProductRow,
): Promise<CataloguedProduct> {
  const { objects, config } = context;
  const metadata = { ...row.metadata, ...request.metadata };
  const stac = itemOf(row, metadata, config.baseUrl);
  const bytes = new TextEncoder().encode(`${JSON.stringify(stac, null, 2)}\n`);
  const stacKey = `${row.object_key}.stac.json`;
  await objects.put('products', stacKey, bytes, { contentType: 'application/geo+json' });
  const archiveKey = request.archive ? await archive(context, row, bytes) : null;
  return { row, metadata, stac, stacKey, archiveKey };
}

/**
 * Copies file and item under `archive/{year of the data}/{sha256}/`. What is there already is checked and left as it
 * is: an archived file never changes.
 */
async function archive(context: TaskContext, row: ProductRow, item: Uint8Array): Promise<string> {
  const { objects } = context;
  const year = (row.time_start ?? row.created_at).getUTCFullYear();
  const key = row.archive_key ?? `archive/${year}/${row.sha256}/${row.file_name}`;
  if (await objects.head('products', key)) {
    await verifyBytes(context, 'archive_key', row, key);
  } else {
    await objects.copy({ bucket: 'products', key: row.object_key }, { bucket: 'products', key });
  }
  const itemKey = `${key}.stac.json`;
  if (!(await objects.head('products', itemKey))) {
    await objects.put('products', itemKey, item, { contentType: 'application/geo+json' });
  }
  return key;
}
