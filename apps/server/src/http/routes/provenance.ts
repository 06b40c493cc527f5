import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { checkStorageQuota } from '../../jobs/quotas.js';
import { compareProducts } from '../../provenance/compare-products.js';
import {
  type ProvenanceGraph,
  provenanceSvg,
  provJson,
  readProvenanceGraph,
} from '../../provenance/index.js';
import { reproductionParameters } from '../../provenance/reproduce.js';
import { type Api, type AppContext, linkPrefix, principalOf } from '../context.js';
import { HttpError } from '../errors.js';
import { idempotencyKey, requestHash } from '../idempotency.js';
import { answerWithJob } from '../job-options.js';
import { iso, JsonObject, ProductIdParams, stringEnum, Uuid } from '../schemas/common.js';
import { JobSchema } from '../schemas/jobs.js';
import { ProvenanceSchema } from '../schemas/products.js';
import { visibleProduct } from './products.js';

const tags = ['products'];
const formats = ['json', 'prov-json', 'svg'] as const;
type Format = (typeof formats)[number];

/** There is no registered type for PROV-JSON; this one follows those of PROV-N and PROV-XML. */
export const PROV_JSON_TYPE = 'application/provenance+json';
const SVG_TYPE = 'image/svg+xml';

/** The format asked for by name, else by Accept; JSON of this API when nothing is said. */
function formatOf(request: FastifyRequest, named: Format | undefined): Format {
  if (named !== undefined) return named;
  const wanted = (request.headers.accept ?? '')
    .split(',')
    .map((part) => {
      const [type, ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters
        .map((one) => /^\s*q=([0-9.]+)\s*$/.exec(one)?.[1])
        .find((q) => q !== undefined);
      return { type: type.trim(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { type } of wanted) {
    if (type === PROV_JSON_TYPE) return 'prov-json';
    if (type === SVG_TYPE) return 'svg';
    if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  }
  return 'json';
}

function present({ product, activities }: ProvenanceGraph): Static<typeof ProvenanceSchema> {
  return {
    product_id: product.id,
    sha256: product.sha256,
    recipe_hash: product.recipe_hash,
    activities: activities.map(({ job, used, generated }) => ({
      job_id: job.id,
      type: job.type,
      user_id: job.user_id,
      status: job.status,
      parameters: job.parameters,
      software: job.software,
      started_at: iso(job.started_at),
      completed_at: iso(job.completed_at),
      used: [...used],
      generated: [...generated],
    })),
  };
}

/** How products came to be, and whether they come out the same again. */
export function provenanceRoutes(api: Api, context: AppContext): void {
  const { config, db, objects, jobs } = context;
  api.get(
    '/products/:product_id/provenance',
    {
      schema: {
        operationId: 'getProductProvenance',
        tags,
        summary: 'How a product came to be',
        description:
          'From the raw files on: as JSON of this API, as W3C PROV-JSON (`format=prov-json` or `Accept: application/provenance+json`), or as a picture (`format=svg` or `Accept: image/svg+xml`).',
        params: ProductIdParams,
        querystring: Type.Object(
          { format: Type.Optional(stringEnum(formats, { description: 'Wins over Accept.' })) },
          { additionalProperties: false },
        ),
        response: { 200: ProvenanceSchema },
      },
    },
    async (request, reply) => {
      const product = await visibleProduct(context, request, request.params.product_id);
      const format = formatOf(request, request.query.format);
      const graph = await readProvenanceGraph(db, product);
      reply.header('vary', 'accept, authorization, x-api-key');
      if (format === 'json') return present(graph);
      const [type, text] =
        format === 'svg'
          ? [`${SVG_TYPE}; charset=utf-8`, provenanceSvg(graph)]
          : [
              PROV_JSON_TYPE,
              `${JSON.stringify(provJson(graph, config.baseUrl + linkPrefix(request)), null, 2)}\n`,
            ];
      return reply
        .type(type)
        .serializer((written: string) => written)
        .send(text as never);
    },
  );

  api.post(
    '/products/:product_id/reproduce',
    {
      schema: {
        operationId: 'reproduceProduct',
        tags,
        summary: 'Compute a product again',
        description:
          'Makes a job of yours with the parameters of the one that made the product, interval, satellites and arcs as they were then. When it is completed, compare the products of both (`GET /products/{product_id}/comparison?with=`).',
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String({ maxLength: 255 })) }),
        params: ProductIdParams,
        response: { 201: JobSchema },
      },
    },
    async (request, reply) => {
      const product = await visibleProduct(context, request, request.params.product_id);
      const made = await jobs.get(product.job_id);
      if (made?.type !== 'process')
        throw new HttpError(409, 'Only products of process jobs are computed again');
      const principal = principalOf(request);
      const key = idempotencyKey(request.headers['idempotency-key']);
      await checkStorageQuota(db.kysely, config.quotas, principal.id);
      const parameters = await reproductionParameters(db, product, made);
      const { job, replayed } = await jobs.create({
        userId: principal.id,
        type: 'process',
        parameters,
        reproduces: product.id,
        ...(key !== undefined && {
          idempotencyKey: key,
          requestHash: requestHash('process', { ...parameters, reproduces: product.id }),
        }),
      });
      return answerWithJob(request, reply, job, replayed);
    },
  );

  api.get(
    '/products/:product_id/comparison',
    {
      schema: {
        operationId: 'compareProducts',
        tags,
        summary: 'What two products differ in',
        description:
          'Bytes, then what they were made from and with (inputs and models by SHA-256, parameters, software, linear algebra), then the numbers of fields and grids. `verdict`: identical, equivalent (1 µm of geoid height; 1e-6 of the largest value of a grid), different, incomparable.',
        params: ProductIdParams,
        querystring: Type.Object({ with: Uuid }, { additionalProperties: false }),
        response: { 200: JsonObject },
      },
    },
    async (request) => {
      const [a, b] = await Promise.all([
        visibleProduct(context, request, request.params.product_id),
        visibleProduct(context, request, request.query.with),
      ]);
      return { ...(await compareProducts(db, objects, a, b)) };
    },
  );
}
