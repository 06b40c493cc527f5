import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { ProblemSchema } from './schemas/common.js';
import { UploadLinkRequestSchema } from './schemas/uploads.js';

type Json = Record<string, unknown>;

const tags = [
  { name: 'auth', description: 'Accounts, logins, API keys.' },
  { name: 'users', description: 'Users and roles, for admins.' },
  { name: 'data-sources', description: 'Object stores of your own to ingest from.' },
  { name: 'operations', description: 'Plan, ingest, process, catalogue: each gives a job.' },
  { name: 'jobs', description: 'State, events, logs and cancellation of jobs.' },
  { name: 'webhooks', description: 'Messages when jobs have ended.' },
  { name: 'products', description: 'Gravity field products, their files and their provenance.' },
  { name: 'observations', description: 'What was ingested.' },
  { name: 'objects', description: 'Signed links to stored files.' },
  { name: 'audit', description: 'Who did what.' },
  { name: 'system', description: 'Health, metrics, limits.' },
];

const errorTexts: Readonly<Record<number, string>> = {
  400: 'The request cannot be read.',
  401: 'No valid token or API key.',
  403: 'Not allowed.',
  404: 'No such resource, or it is not yours.',
  409: 'Not possible in the present state.',
  413: 'The body is too large.',
  415: 'The media type is not supported.',
  422: 'A field is not valid; `errors` names it.',
  429: 'Too many requests; see Retry-After.',
  500: 'Internal error.',
  503: 'Overloaded, or a part of the server is away; see Retry-After.',
  507: 'The disk of the server is full: nothing was stored.',
};

/** The errors a route can give, from what it takes. */
function errorStatuses(schema: Json, isPublic: boolean, writes: boolean): number[] {
  const statuses = [429, 500, 503];
  if (!isPublic) statuses.push(401, 403);
  if (schema.params !== undefined) statuses.push(404);
  if (writes) statuses.push(507);
  if (schema.body !== undefined || schema.consumes !== undefined) statuses.push(400, 413, 415);
  if (schema.body !== undefined || schema.params !== undefined || schema.querystring !== undefined)
    statuses.push(422);
  const id = schema.operationId;
  if (
    id === 'cancelJob' ||
    id === 'retryJob' ||
    id === 'reproduceProduct' ||
    id === 'createWebhook' ||
    id === 'testWebhook' ||
    id === 'registerUser' ||
    id === 'createApiKey' ||
    id === 'updateUser' ||
    id === 'changePassword' ||
    id === 'createDataSource'
  )
    statuses.push(409);
  if (id === 'login' || id === 'refreshToken') statuses.push(401);
  if (id === 'registerUser') statuses.push(403);
  if (id === 'getObject' || id === 'putObject') statuses.push(403);
  return [...new Set(statuses)].sort();
}

const problemResponse = (status: number) => ({
  description: errorTexts[status],
  content: { 'application/problem+json': { schema: ProblemSchema } },
});

const jobLinks = {
  GetJob: { operationId: 'getJob', parameters: { job_id: '$response.body#/id' } },
  ListJobEvents: { operationId: 'listJobEvents', parameters: { job_id: '$response.body#/id' } },
  ListJobLogs: { operationId: 'listJobLogs', parameters: { job_id: '$response.body#/id' } },
  CancelJob: { operationId: 'cancelJob', parameters: { job_id: '$response.body#/id' } },
};

const jobHeaders = {
  Location: { description: 'Address of the job.', schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: '`true` when the job was there already.',
    schema: { type: 'string' },
  },
};

/** Gives every schema with a title a place of its own in components, and refers to it. */
function hoistTitled(document: Json): void {
  const schemas: Record<string, unknown> = {};
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    const visited = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, visit(value)]));
    const { title, type } = visited;
    if (typeof title !== 'string' || type !== 'object' || !/^[A-Z][A-Za-z]+$/.test(title)) return visited;
    schemas[title] = visited;
    return { $ref: `#/components/schemas/${title}` };
  };
  document.paths = visit(document.paths);
  document.components = { ...(document.components as Json), schemas };
}

function completeOperations(document: Json): void {
  for (const operations of Object.values(document.paths as Record<string, Record<string, Json>>)) {
    for (const [method, operation] of Object.entries(operations)) {
      const responses = operation.responses as Record<string, Json>;
      const id = String(operation.operationId);
      if (/^create(Plan|Ingest|Process|Catalog)$|^retryJob$|^reproduceProduct$/.test(id)) {
        responses['201'] = {
          ...responses['201'],
          description: 'The job.',
          links: jobLinks,
          headers: jobHeaders,
        };
      }
      if (id === 'getProductProvenance') {
        const content = responses['200'].content as Json;
        content['application/provenance+json'] = { schema: { type: 'object' } };
        content['image/svg+xml'] = { schema: { type: 'string' } };
      }
      if (id === 'listJobEvents') {
        const content = responses['200'].content as Json;
        content['text/event-stream'] = { schema: { type: 'string' } };
        responses['204'] = { description: 'The job has ended and every event was sent.' };
      }
      if (/^(getProductContent|getObject)$/.test(id)) {
        const file = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
        responses['200'] = { description: 'The file.', content: file };
        responses['206'] = { description: 'The range asked for.', content: file };
        responses['304'] = { description: 'The client has it already.' };
        responses['416'] = problemResponse(416);
        responses['416'].description = 'The range lies outside of the file.';
      }
      if (id === 'exportAudit') {
        const text = { schema: { type: 'string' } };
        responses['200'] = {
          description: 'One line per row.',
          content: { 'application/x-ndjson': text, 'text/csv': text },
        };
      }
      const isJson = (responses['200']?.content as Json | undefined)?.['application/json'] !== undefined;
      if (method === 'get' && isJson && !/^get(Health|Liveness|Readiness)$/.test(id))
        responses['304'] = { description: 'The client has it already.' };
      if (id === 'getMetrics') {
        responses['200'] = {
          description: 'Prometheus text format.',
          content: { 'text/plain': { schema: { type: 'string' } } },
        };
      }
      if (id === 'createUpload') {
        const binary = { type: 'string', format: 'binary' };
        operation.requestBody = {
          required: true,
          content: {
            'application/octet-stream': { schema: binary },
            'multipart/form-data': {
              schema: { type: 'object', properties: { file: binary }, required: ['file'] },
            },
            'application/json': { schema: UploadLinkRequestSchema },
          },
        };
      }
      if (id === 'putObject') {
        const schema = { type: 'string', format: 'binary' };
        operation.requestBody = { required: true, content: { 'application/octet-stream': { schema } } };
      }
    }
  }
}

/** OpenAPI has no wildcard in paths: it is described as one parameter, `key`. */
function wildcardAsKey(params: unknown): { readonly params?: Json } {
  const { properties, ...rest } = (params ?? {}) as { readonly properties?: Json };
  if (properties === undefined || !('*' in properties)) return {};
  const { '*': key, ...others } = properties;
  return { params: { ...rest, properties: { ...others, key }, required: [...Object.keys(others), 'key'] } };
}

/** Options of @fastify/swagger: the document grows out of the routes' own schemas. */
export function openApiOptions(baseUrl: string, version: string): FastifyDynamicSwaggerOptions {
  return {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gravity Processing Backend',
        version,
        description:
          'From GRACE and GRACE-FO Level-1B files to published gravity fields. Times are ISO 8601 with zone. Every error has the form of `Problem`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string },
      },
      servers: [{ url: '/' }, { url: '/v1', description: 'Same routes, versioned' }, { url: baseUrl }],
      tags,
      components: {
        securitySchemes: {
          oauth2: {
            type: 'oauth2',
            flows: { password: { tokenUrl: '/auth/token', refreshUrl: '/auth/refresh', scopes: {} } },
          },
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        },
      },
    },
    transform({ schema, url, route }) {
      // Pages and files outside of the API have no schema; `hideUntagged` leaves them out.
      if (!schema) return { schema: { hide: true } as FastifySchema, url };
      const permission = route.config?.permission;
      const isPublic = permission?.role === 'public';
      const errors = Object.fromEntries(
        errorStatuses(schema as Json, isPublic, route.method !== 'GET').map((status) => [
          status,
          problemResponse(status),
        ]),
      );
      const response = { ...(schema.response as Json | undefined), ...errors };
      const security: Record<string, string[]>[] = isPublic
        ? []
        : [{ oauth2: [] }, { bearer: [] }, ...(permission?.scope === 'login' ? [] : [{ apiKey: [] }])];
      const needed = !isPublic && permission && { 'x-role': permission.role, 'x-scope': permission.scope };
      const described = { ...schema, ...wildcardAsKey(schema.params), response, security, ...needed };
      return { schema: described as FastifySchema, url: url.replace('*', ':key') };
    },
    transformObject(documentObject) {
      if (!('openapiObject' in documentObject)) return documentObject.swaggerObject;
      const document = structuredClone(documentObject.openapiObject) as unknown as Json;
      completeOperations(document);
      hoistTitled(document);
      return document as never;
    },
  };
}
