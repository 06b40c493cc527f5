import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { JobType } from '../../db/schema.js';
import { checkStorageQuota } from '../../jobs/quotas.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { idempotencyKey, requestHash } from '../idempotency.js';
import { answerWithJob, checkJobOptions, hashedOptions, type RequestedOptions } from '../job-options.js';
import { JobSchema } from '../schemas/jobs.js';
import { CatalogBody, IngestBody, PlanBody, ProcessBody } from '../schemas/operations.js';
import type { CheckContext } from '../semantics/check-context.js';
import { checkCatalog, checkIngest, checkPlan } from '../semantics/operations.js';
import { checkProcess } from '../semantics/process.js';

const headers = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      maxLength: 255,
      description: 'Sending the same request again with the same key gives the same job.',
    }),
  ),
});

function schemaOf<Body extends TSchema>(
  operationId: string,
  summary: string,
  description: string,
  body: Body,
) {
  return {
    operationId,
    tags: ['operations'],
    summary,
    description,
    headers,
    body,
    response: { 201: JobSchema },
  };
}

/** The four operations. Each checks its request, stores a job and answers before any work is done. */
export function operationRoutes(api: Api, context: AppContext): void {
  const { config, db, objects, jobs } = context;

  const accept = async <Body extends RequestedOptions>(
    request: FastifyRequest & { readonly body: Body },
    reply: FastifyReply,
    type: JobType,
    check: (
      body: Omit<Body, keyof RequestedOptions>,
      context: CheckContext,
    ) => Promise<Record<string, unknown>>,
  ) => {
    const key = idempotencyKey(request.headers['idempotency-key']);
    const principal = principalOf(request);
    const { priority, depends_on, callback, ...body } = request.body;
    const parameters = await check(body, { userId: principal.id, config, db, objects });
    const options = await checkJobOptions(principal, { priority, depends_on, callback }, context);
    if (type === 'ingest' || type === 'process')
      await checkStorageQuota(db.kysely, config.quotas, principal.id);
    // A plan that is still in the making is waited for.
    const plan = type === 'process' && typeof parameters.plan_id === 'string' ? [parameters.plan_id] : [];
    const { job, replayed } = await jobs.create({
      userId: principal.id,
      type,
      parameters,
      ...options,
      dependsOn: [...(options.dependsOn ?? []), ...plan],
      ...(key !== undefined && {
        idempotencyKey: key,
        requestHash: requestHash(type, { ...parameters, ...hashedOptions(request.body) }),
      }),
    });
    return answerWithJob(request, reply, job, replayed);
  };

  api.post(
    '/ops/plan',
    {
      schema: schemaOf(
        'createPlan',
        'Plan a processing run',
        'Finds the data available for an interval and lays out arcs and products.',
        PlanBody,
      ),
    },
    (request, reply) => accept(request, reply, 'plan', checkPlan),
  );
  api.post(
    '/ops/ingest',
    {
      schema: schemaOf(
        'createIngest',
        'Ingest data',
        'Reads Level-1B files or tables, checks them and stores their records.',
        IngestBody,
      ),
    },
    (request, reply) => accept(request, reply, 'ingest', checkIngest),
  );
  api.post(
    '/ops/process',
    {
      schema: schemaOf(
        'createProcess',
        'Compute a gravity field',
        'Without plan_id, interval and satellites, your latest completed plan is used.',
        ProcessBody,
      ),
    },
    (request, reply) => accept(request, reply, 'process', checkProcess),
  );
  api.post(
    '/ops/catalog',
    {
      schema: schemaOf(
        'createCatalog',
        'Catalogue products',
        'Adds metadata and a STAC item to products; publishes and archives them when asked to.',
        CatalogBody,
      ),
    },
    (request, reply) => accept(request, reply, 'catalog', checkCatalog),
  );
}
