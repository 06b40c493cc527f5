import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Harness, sha256 } from '../http-harness.js';

/** A gravity field of degree 3 in ICGEM form, with one coefficient to choose. */
export function gfcText(c20 = -4.8416945732e-4): string {
  const rows = [
    [0, 0, 1],
    [1, 0, 0],
    [1, 1, 0],
    [2, 0, c20],
    [2, 1, 0],
    [2, 2, 2.4393836e-6],
    [3, 0, 9.571612e-7],
    [3, 1, 2.030462e-6],
    [3, 2, 9.047878e-7],
    [3, 3, 7.2132e-7],
  ];
  return [
    'product_type gravity_field',
    'modelname TEST',
    'earth_gravity_constant 3.986004415E+14',
    'radius 6.3781363E+06',
    'max_degree 3',
    'errors no',
    'norm fully_normalized',
    'tide_system zero_tide',
    'end_of_head',
    ...rows.map(([n, m, c]) => `gfc ${n} ${m} ${c.toExponential(16)} 0.0`),
    '',
  ].join('\n');
}

export interface SeededRun {
  readonly jobId: string;
  readonly productId: string;
}

export interface SeedOptions {
  readonly userId: string;
  readonly content?: string;
  /** Files that were used. */
  readonly fileIds?: readonly string[];
  readonly parameters?: Record<string, unknown>;
  readonly planId?: string;
  readonly commit?: string;
  readonly status?: 'draft' | 'published';
}

const at = (minute: number): string => `2026-01-05T10:${String(minute).padStart(2, '0')}:00Z`;

async function insertJob(
  { db }: Harness,
  userId: string,
  type: 'plan' | 'ingest' | 'process' | 'catalog',
  parameters: Record<string, unknown>,
  minute: number,
  commit = 'a'.repeat(40),
): Promise<string> {
  const id = randomUUID();
  await db.kysely
    .insertInto('processing_jobs')
    .values({
      id,
      user_id: userId,
      type,
      status: 'completed',
      parameters: JSON.stringify(parameters),
      result: '{"arcs": 2}',
      attempt: 1,
      software: JSON.stringify({ name: 'Gravity Processing Backend', version: '0.1.0', commit }),
      started_at: at(minute),
      completed_at: at(minute + 1),
      updated_at: at(minute + 1),
    })
    .execute();
  return id;
}

/** An ingest of some files; returns their ids. */
export async function seedIngest(
  harness: Harness,
  userId: string,
  names: readonly string[],
): Promise<string[]> {
  const jobId = await insertJob(harness, userId, 'ingest', { data_source: 'file:/day', data_type: 'l1b' }, 0);
  const ids: string[] = [];
  for (const name of names) {
    const id = randomUUID();
    ids.push(id);
    await harness.db.kysely
      .insertInto('ingested_files')
      .values({
        id,
        sha256: sha256(name),
        file_name: name,
        product: name.slice(0, 5),
        satellite: 'GRACE-C',
        release: '04',
        gps_start: 679_752_000,
        gps_end: 679_838_395,
        records: 17_280,
        header_records: 17_280,
        bytes: 1_000,
        object_key: name,
        columns: '[]',
        quality: JSON.stringify({ gaps: { count: 0 }, statistics: { x: { mean: 1 } } }),
        metadata: '{}',
        job_id: jobId,
        user_id: userId,
      })
      .execute();
    await harness.db.kysely
      .insertInto('provenance_edges')
      .values({
        job_id: jobId,
        relation: 'generated',
        entity_kind: 'file',
        entity_id: id,
        sha256: sha256(name),
      })
      .execute();
  }
  return ids;
}

export function seedPlan(harness: Harness, userId: string): Promise<string> {
  return insertJob(harness, userId, 'plan', { degree_max: 3, arc_length_hours: 12 }, 2);
}

/** A process job with one product: rows, edges and the object. */
export async function seedRun(harness: Harness, options: SeedOptions): Promise<SeededRun> {
  const { userId, content = gfcText(), fileIds = [], planId, status = 'draft' } = options;
  const parameters = {
    algorithm: 'variational',
    degree_max: 3,
    output_products: ['coefficients'],
    ...options.parameters,
  };
  const jobId = await insertJob(harness, userId, 'process', parameters, 4, options.commit);
  const productId = randomUUID();
  const key = `${jobId}/${sha256(content)}/field.gfc`;
  await harness.objects.put('products', key, Buffer.from(content), { contentType: 'text/plain' });
  await harness.db.kysely
    .insertInto('gravity_products')
    .values({
      id: productId,
      job_id: jobId,
      user_id: userId,
      kind: 'coefficients',
      file_name: 'field.gfc',
      media_type: 'text/plain',
      object_key: key,
      bytes: content.length,
      sha256: sha256(content),
      recipe_hash: sha256('recipe'),
      degree_max: 3,
      time_start: '2021-07-17T00:00:00Z',
      time_end: '2021-07-18T00:00:00Z',
      satellites: ['GRACE-C', 'GRACE-D'],
      status,
      metadata: JSON.stringify({
        linear_algebra: 'WebAssembly',
        software: 'Gravity Processing Backend 0.1.0',
      }),
      quality: JSON.stringify({ sigma0: 0.98, arcs_used: 2, iterations: [1, 2] }),
    })
    .execute();
  const edge = (
    relation: 'used' | 'generated',
    kind: 'file' | 'model' | 'job' | 'product',
    id: string,
    hash: string | null,
    data?: unknown,
  ) => ({
    job_id: jobId,
    relation,
    entity_kind: kind,
    entity_id: id,
    sha256: hash,
    data: data === undefined ? null : JSON.stringify(data),
  });
  const files = await harness.db.kysely
    .selectFrom('ingested_files')
    .select(['id', 'sha256', 'file_name'])
    .execute();
  await harness.db.kysely
    .insertInto('provenance_edges')
    .values([
      ...files
        .filter(({ id }) => fileIds.includes(id))
        .map((file) => edge('used', 'file', file.id, file.sha256, { file_name: file.file_name })),
      edge('used', 'model', 'GGM05C', sha256('model'), { role: 'static_field', source: 'CSR' }),
      ...(planId === undefined ? [] : [edge('used', 'job', planId, null)]),
      edge('generated', 'product', productId, sha256(content)),
    ])
    .execute();
  return { jobId, productId };
}

/** A catalog job of the product. */
export async function seedCatalog(harness: Harness, userId: string, productId: string): Promise<string> {
  const jobId = await insertJob(harness, userId, 'catalog', { product_ids: [productId] }, 6);
  await harness.db.kysely
    .insertInto('provenance_edges')
    .values({ job_id: jobId, relation: 'used', entity_kind: 'product', entity_id: productId })
    .execute();
  await sql`update gravity_products set status = 'published', published_at = now() where id = ${productId}`.execute(
    harness.db.kysely,
  );
  return jobId;
}
