import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { Type } from 'typebox';
import type { Principal } from '../../auth/authenticate.js';
import type { DatabaseSchema, GravityProductsTable } from '../../db/schema.js';
import { canonicalSatellite } from '../../missions.js';
import { etagOf, matchesEtag } from '../conditional.js';
import { type Api, type AppContext, isAdmin, linkPrefix, principalOf } from '../context.js';
import { decodeTimeCursor, timePage } from '../cursor.js';
import { notFound } from '../errors.js';
import { CursorQuery, JsonObject, ProductIdParams, stringEnum, Timestamp } from '../schemas/common.js';
import { ProductListSchema, ProductSchema, presentProduct, productStatuses } from '../schemas/products.js';
import { sendObject } from '../send-object.js';

const tags = ['products'];
type ProductRow = Selectable<GravityProductsTable>;

/** Published products are for every user; drafts for their owner and admins. */
function visibleTo(principal: Principal) {
  return (where: ExpressionBuilder<DatabaseSchema, 'gravity_products'>) =>
    isAdmin(principal)
      ? where.lit(true)
      : where.or([where('status', '=', 'published'), where('user_id', '=', principal.id)]);
}

export async function visibleProduct(
  { db }: AppContext,
  request: FastifyRequest,
  id: string,
): Promise<ProductRow> {
  const product = await db.kysely
    .selectFrom('gravity_products')
    .selectAll()
    .where('id', '=', id)
    .where(visibleTo(principalOf(request)))
    .executeTakeFirst();
  if (product === undefined) throw notFound('Product');
  return product;
}

/** JSON with an ETag; 304 when the client has it. */
function sendWithEtag<T>(request: FastifyRequest, reply: FastifyReply, body: T): T | undefined {
  const etag = etagOf(body);
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (!matchesEtag(request.headers['if-none-match'], etag)) return body;
  reply.code(304).send();
  return undefined;
}

function addList(api: Api, { db }: AppContext): void {
  api.get(
    '/products',
    {
      schema: {
        operationId: 'listProducts',
        tags,
        summary: 'Products, newest first',
        description: 'Published ones and your own drafts; an admin sees all.',
        querystring: Type.Object(
          {
            kind: Type.Optional(Type.String({ maxLength: 64 })),
            status: Type.Optional(stringEnum(productStatuses)),
            satellite: Type.Optional(Type.String({ maxLength: 32 })),
            degree_max: Type.Optional(Type.Integer({ minimum: 0, maximum: 2190 })),
            job_id: Type.Optional(Type.String({ format: 'uuid' })),
            ...CursorQuery,
          },
          { additionalProperties: false },
        ),
        response: { 200: ProductListSchema },
      },
    },
    async (request) => {
      const { kind, status, satellite, degree_max, job_id, cursor, limit = 100 } = request.query;
      let query = db.kysely
        .selectFrom('gravity_products')
        .selectAll()
        // The text keeps the microseconds that a Date drops.
        .select(sql<string>`created_at::text`.as('created_text'))
        .where(visibleTo(principalOf(request)));
      if (kind !== undefined) query = query.where('kind', '=', kind);
      if (status !== undefined) query = query.where('status', '=', status);
      if (degree_max !== undefined) query = query.where('degree_max', '=', degree_max);
      if (job_id !== undefined) query = query.where('job_id', '=', job_id);
      if (satellite !== undefined) {
        const name = canonicalSatellite(satellite) ?? satellite;
        query = query.where(sql<boolean>`${name} = any(satellites)`);
      }
      if (cursor !== undefined) {
        const [time, id] = decodeTimeCursor(cursor);
        query = query.where(sql<boolean>`(created_at, id) < (${time}::timestamptz, ${id}::uuid)`);
      }
      const rows = await query
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const { page, nextCursor } = timePage(rows, limit, (row) => [row.created_text, row.id]);
      const prefix = linkPrefix(request);
      return {
        items: page.map((row) => presentProduct(row, prefix)),
        next_cursor: nextCursor,
      };
    },
  );
}

/** Products, their files, where they came from. */
export function productRoutes(api: Api, context: AppContext): void {
  const { objects } = context;
  addList(api, context);

  api.get(
    '/products/:product_id',
    {
      schema: {
        operationId: 'getProduct',
        tags,
        summary: 'One product',
        params: ProductIdParams,
        response: { 200: ProductSchema },
      },
    },
    async (request, reply) => {
      const product = await visibleProduct(context, request, request.params.product_id);
      return sendWithEtag(request, reply, presentProduct(product, linkPrefix(request))) ?? reply;
    },
  );

  api.get(
    '/products/:product_id/content',
    {
      compress: false,
      config: { streams: true },
      schema: {
        operationId: 'getProductContent',
        tags,
        summary: 'The file of a product',
        description: 'Supports Range and If-None-Match; the SHA-256 is in X-Checksum-SHA256 and Repr-Digest.',
        params: ProductIdParams,
        produces: ['application/octet-stream'],
      },
    },
    async (request, reply) => {
      const product = await visibleProduct(context, request, request.params.product_id);
      return sendObject(request, reply, objects, {
        bucket: 'products',
        key: product.object_key,
        bytes: Number(product.bytes),
        sha256: product.sha256,
        contentType: product.media_type,
        fileName: product.file_name,
      });
    },
  );

  api.get(
    '/products/:product_id/url',
    {
      schema: {
        operationId: 'getProductUrl',
        tags,
        summary: 'A link to the file that needs no token',
        params: ProductIdParams,
        querystring: Type.Object(
          { expires: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400, default: 3600 })) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({ url: Type.String(), expires_at: Timestamp }, { title: 'PresignedUrl' }),
        },
      },
    },
    async (request, reply) => {
      const product = await visibleProduct(context, request, request.params.product_id);
      const { expires = 3600 } = request.query;
      const expiresAt = new Date(Date.now() + expires * 1000);
      const url = await objects.presign('GET', 'products', product.object_key, expires);
      reply.header('cache-control', 'no-store');
      return { url, expires_at: expiresAt.toISOString() };
    },
  );

  api.get(
    '/products/:product_id/stac',
    {
      schema: {
        operationId: 'getProductStac',
        tags,
        summary: 'The STAC item of a catalogued product',
        params: ProductIdParams,
        response: { 200: JsonObject },
      },
    },
    async (request, reply) => {
      const { stac } = await visibleProduct(context, request, request.params.product_id);
      if (stac === null) throw notFound('STAC item (the product is not catalogued)');
      reply.type('application/geo+json; charset=utf-8');
      return sendWithEtag(request, reply, stac) ?? reply;
    },
  );
}
