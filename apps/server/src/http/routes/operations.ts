import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import type { Principal } from '../../auth/authenticate.js';
import type { JobType } from '../../db/schema.js';
import { DEFAULT_PRIORITY } from '../../jobs/job-service.js';
import { type Api, type AppContext, isAdmin, linkPrefix, principalOf } from '../context.js';
import { HttpError } from '../errors.js';
import { idempotencyKey, requestHash } from '../idempotency.js';
import { JobSchema, presentJob } from '../schemas/jobs.js';
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

/** Going before the jobs of others is for admins to allow. */
function checkPriority(principal: Principal, priority: number | undefined): void {
  if (priority === undefined || priority >= DEFAULT_PRIORITY || isAdmin(principal)) return;
  const message = `${priority} is for admins; others may ask for ${DEFAULT_PRIORITY} to 10`;
  throw new HttpError(403, `priority: ${message}`, [{ field: 'priority', message }]);
}

/** The four operations. Each checks its request, stores a job and answers before any work is done. */
export function operationRoutes(api: Api, context: AppContext): void {
  const { config, db, objects, jobs } = context;
  const access = { config: { access: 'operator' } } as const;

  /** `priority` says when the job is run; it is no part of the parameters its result depends on. */
  const accept = async <Body extends { readonly priority?: number }>(
    request: FastifyRequest & { readonly body: Body },
    reply: FastifyReply,
    type: JobType,
    check: (body: Omit<Body, 'priority'>, context: CheckContext) => Promise<Record<string, unknown>>,
  ) => {
    const key = idempotencyKey(request.headers['idempotency-key']);
    const principal = principalOf(request);
    const { priority, ...body } = request.body;
    const parameters = await check(body, { userId: principal.id, config, db, objects });
    checkPriority(principal, priority);
    const hashed = priority === undefined ? parameters : { ...parameters, priority };
    const { job, replayed } = await jobs.create({
      userId: principal.id,
      type,
      parameters,
      ...(priority !== undefined && { priority }),
      ...(key !== undefined && { idempotencyKey: key, requestHash: requestHash(type, hashed) }),
    });
    const presented = presentJob(job, linkPrefix(request));
    reply.code(201).header('location', presented.links.self);
    if (replayed) reply.header('idempotency-replayed', 'true');
    return presented;
  };

  api.post(
    '/ops/plan',
    {
      ...access,
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
      ...access,
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
      ...access,
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
      ...access,
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
