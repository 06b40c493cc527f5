import type { Selectable } from 'kysely';
import { type Static, Type } from 'typebox';
import type { GravityProductsTable, IngestedFilesTable } from '../../db/schema.js';
import {
  iso,
  JsonObject,
  NextCursor,
  NullableInteger,
  NullableJsonObject,
  NullableNumber,
  NullableString,
  NullableTimestamp,
  stringEnum,
  Timestamp,
  Uuid,
} from './common.js';

export const productStatuses = ['draft', 'published'] as const;

export const ProductSchema = Type.Object(
  {
    id: Uuid,
    job_id: Uuid,
    user_id: Uuid,
    kind: Type.String(),
    file_name: Type.String(),
    media_type: Type.String(),
    bytes: Type.Number(),
    sha256: Type.String(),
    recipe_hash: Type.String({ description: 'SHA-256 of inputs, parameters and software version.' }),
    degree_max: NullableInteger,
    time_start: NullableTimestamp,
    time_end: NullableTimestamp,
    satellites: Type.Array(Type.String()),
    status: stringEnum(productStatuses),
    metadata: JsonObject,
    quality: JsonObject,
    archived: Type.Boolean(),
    created_at: Timestamp,
    published_at: NullableTimestamp,
    archived_at: NullableTimestamp,
    links: Type.Object({
      self: Type.String(),
      content: Type.String(),
      provenance: Type.String(),
      stac: NullableString,
    }),
  },
  { title: 'Product' },
);

export const ProductListSchema = Type.Object(
  { items: Type.Array(ProductSchema), next_cursor: NextCursor },
  { title: 'ProductList' },
);

export const ProvenanceEntitySchema = Type.Object(
  {
    kind: stringEnum(['file', 'product', 'model', 'job']),
    id: Type.String(),
    sha256: NullableString,
    data: Type.Unsafe<Record<string, unknown> | null>({
      type: ['object', 'null'],
      additionalProperties: true,
    }),
  },
  { title: 'ProvenanceEntity' },
);

export const ProvenanceSchema = Type.Object(
  {
    product_id: Uuid,
    sha256: Type.String(),
    recipe_hash: Type.String(),
    activities: Type.Array(
      Type.Object({
        job_id: Uuid,
        type: Type.String(),
        user_id: Uuid,
        status: Type.String(),
        parameters: JsonObject,
        software: Type.Unsafe<Record<string, unknown> | null>({
          ...NullableJsonObject,
          description: '{name, version, commit}',
        }),
        started_at: NullableTimestamp,
        completed_at: NullableTimestamp,
        used: Type.Array(ProvenanceEntitySchema),
        generated: Type.Array(ProvenanceEntitySchema),
      }),
      { description: 'The job that made the product first, then the jobs that made what it used.' },
    ),
  },
  { title: 'Provenance' },
);

export const FileSchema = Type.Object(
  {
    id: Uuid,
    sha256: Type.String(),
    file_name: Type.String(),
    product: Type.String(),
    satellite: Type.String(),
    release: NullableString,
    gps_start: NullableNumber,
    gps_end: NullableNumber,
    records: Type.Integer(),
    header_records: NullableInteger,
    bytes: Type.Number(),
    columns: Type.Array(JsonObject),
    quality: JsonObject,
    metadata: JsonObject,
    job_id: NullableString,
    created_at: Timestamp,
  },
  { title: 'IngestedFile' },
);

export const FileListSchema = Type.Object(
  { items: Type.Array(FileSchema), next_cursor: NextCursor },
  { title: 'IngestedFileList' },
);

export function presentProduct(
  product: Selectable<GravityProductsTable>,
  prefix: string,
): Static<typeof ProductSchema> {
  const self = `${prefix}/products/${product.id}`;
  return {
    id: product.id,
    job_id: product.job_id,
    user_id: product.user_id,
    kind: product.kind,
    file_name: product.file_name,
    media_type: product.media_type,
    bytes: Number(product.bytes),
    sha256: product.sha256,
    recipe_hash: product.recipe_hash,
    degree_max: product.degree_max,
    time_start: iso(product.time_start),
    time_end: iso(product.time_end),
    satellites: product.satellites,
    status: product.status,
    metadata: product.metadata,
    quality: product.quality,
    archived: product.archive_key !== null,
    created_at: iso(product.created_at),
    published_at: iso(product.published_at),
    archived_at: iso(product.archived_at),
    links: {
      self,
      content: `${self}/content`,
      provenance: `${self}/provenance`,
      stac: product.stac === null ? null : `${self}/stac`,
    },
  };
}

export function presentFile(file: Selectable<IngestedFilesTable>): Static<typeof FileSchema> {
  const { object_key: _key, user_id: _user, ...rest } = file;
  return {
    ...rest,
    bytes: Number(file.bytes),
    columns: file.columns.map((column) => ({ ...column })),
    created_at: iso(file.created_at),
  };
}
