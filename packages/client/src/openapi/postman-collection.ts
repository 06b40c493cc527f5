import {
  type OpenApiDocument,
  type Parameter,
  type Route,
  resolveSchema,
  routesOf,
  successOf,
} from './document.js';
import { mainJob, type Step } from './postman-main-job.js';

/** What a request leaves behind in the collection's variables for the next ones. */
const remembered: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  login: { token: 'access_token', refresh_token: 'refresh_token' },
  refreshToken: { token: 'access_token', refresh_token: 'refresh_token' },
  getCurrentUser: { user_id: 'id' },
  createPlan: { job_id: 'id', plan_id: 'id' },
  createIngest: { job_id: 'id' },
  createProcess: { job_id: 'id' },
  createCatalog: { job_id: 'id' },
  createUpload: { data_source: 'data_source' },
  createApiKey: { key_id: 'id' },
  listProducts: { product_id: 'items[0].id' },
  listFiles: { file_id: 'items[0].id' },
};

const variables: Readonly<Record<string, string>> = {
  baseUrl: 'http://127.0.0.1:8000',
  username: 'user123',
  email: 'user@example.com',
  password: 'securepassword',
  data_source: '',
  start_time: '2025-01-01T00:00:00Z',
  end_time: '2025-01-31T23:59:59Z',
  degree_max: '60',
  token: '',
  refresh_token: '',
};

const fieldsFromVariables: readonly string[] = [
  'username',
  'email',
  'password',
  'refresh_token',
  'data_source',
  'plan_id',
];
const timesFromVariables: readonly string[] = ['start_time', 'end_time'];

interface Item {
  readonly name: string;
  readonly [member: string]: unknown;
}

/** The example of a body, as text, with what the collection knows put in as variables. */
function exampleText(example: unknown): string {
  const text = JSON.stringify(
    example ?? {},
    (key, value: unknown) => {
      if (fieldsFromVariables.includes(key) || timesFromVariables.includes(key)) return `{{${key}}}`;
      return key === 'product_ids' ? ['{{product_id}}'] : key === 'degree_max' ? '{{degree_max}}' : value;
    },
    2,
  );
  return text.replace('"{{degree_max}}"', '{{degree_max}}');
}

function exampleOf(
  document: OpenApiDocument,
  { operation }: Route,
): { type: string; example: unknown } | undefined {
  const [entry] = Object.entries(operation.requestBody?.content ?? {});
  if (entry === undefined) return undefined;
  const [type, media] = entry;
  const schema = media.schema && resolveSchema(document, media.schema);
  const example = media.example ?? Object.values(media.examples ?? {})[0]?.value ?? schema?.examples?.[0];
  return { type, example };
}

function bodyOf(
  document: OpenApiDocument,
  route: Route,
  step?: Step,
): Readonly<Record<string, unknown>> | undefined {
  const found = exampleOf(document, route);
  if (found === undefined) return undefined;
  if (found.type === 'application/x-www-form-urlencoded') {
    const fields = JSON.parse(exampleText(found.example)) as Record<string, string>;
    return {
      mode: 'urlencoded',
      urlencoded: Object.entries(fields).map(([key, value]) => ({ key, value, type: 'text' })),
    };
  }
  if (found.type !== 'application/json') return { mode: 'file', file: { src: '' } };
  const example = step?.body ?? found.example ?? { refresh_token: '' };
  return { mode: 'raw', raw: exampleText(example), options: { raw: { language: 'json' } } };
}

function queryOf(parameters: readonly Parameter[], step?: Step) {
  return parameters
    .filter((p) => p.in === 'query')
    .map(({ name, required, description, schema, example }) => {
      const value = step?.query?.[name] ?? String(example ?? schema?.default ?? '');
      const isUsed = required === true || step?.query?.[name] !== undefined;
      return {
        key: name,
        value,
        ...(description !== undefined && { description }),
        ...(!isUsed && { disabled: true }),
      };
    });
}

/** Tests of the answer, and what later requests need of it. */
function scriptOf({ operation }: Route, step?: Step): readonly string[] {
  const { status, answer } = successOf(operation);
  const media = Object.keys(answer.content ?? {});
  const hasJson = media.some((type) => type.includes('json'));
  const lines = [
    `pm.test('${operation.operationId}: ${status}', () => pm.response.to.have.status(${status}));`,
    `pm.test('${operation.operationId}: has a request id', () => pm.response.to.have.header('X-Request-Id'));`,
  ];
  const keep = Object.entries(remembered[operation.operationId] ?? {});
  if (hasJson && (keep.length > 0 || step?.expect !== undefined || step?.waits)) {
    lines.push(`const answer = pm.response.code === ${status} ? pm.response.json() : {};`);
  }
  for (const [variable, field] of keep) {
    const value = `answer.${field.replace('[0].', '?.[0]?.')}`;
    lines.push(`if (${value}) pm.collectionVariables.set('${variable}', ${value});`);
  }
  if (step?.waits) {
    lines.push(
      "if (['pending', 'running'].includes(answer.status)) {",
      '  pm.execution.setNextRequest(pm.info.requestId);',
      '  setTimeout(() => {}, 250);',
      '} else {',
      "  pm.test(answer.type + ' completed', () => pm.expect(answer.status, JSON.stringify(answer.error)).to.equal('completed'));",
      '}',
    );
  }
  for (const [text, condition] of Object.entries(step?.expect ?? {})) {
    lines.push(`pm.test('${text}', () => pm.expect(${condition}).to.be.ok);`);
  }
  return lines;
}

function itemOf(document: OpenApiDocument, route: Route, step?: Step): Item {
  const { method, path, operation } = route;
  const parameters = operation.parameters ?? [];
  const query = queryOf(parameters, step);
  const raw = `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`;
  const used = query.filter((q) => q.disabled !== true).map((q) => `${q.key}=${q.value}`);
  const body = bodyOf(document, route, step);
  const headers = parameters
    .filter((p) => p.in === 'header')
    .map(({ name }) => ({ key: name, value: name === 'idempotency-key' ? '{{$guid}}' : '', disabled: true }));
  const isOpen = operation.security?.length === 0;
  const exec = scriptOf(route, step);
  return {
    name: step?.name ?? operation.summary ?? `${method.toUpperCase()} ${path}`,
    request: {
      method: method.toUpperCase(),
      header: [
        ...(body?.mode === 'raw' ? [{ key: 'Content-Type', value: 'application/json' }] : []),
        ...headers,
      ],
      ...(body && { body }),
      ...(isOpen && { auth: { type: 'noauth' } }),
      description: operation.description ?? '',
      url: {
        raw: used.length > 0 ? `${raw}?${used.join('&')}` : raw,
        host: ['{{baseUrl}}'],
        path: path
          .slice(1)
          .split('/')
          .map((part) => part.replace(/\{(\w+)\}/, ':$1')),
        query,
        variable: parameters
          .filter((p) => p.in === 'path')
          .map(({ name, description }) => ({
            key: name,
            value: `{{${name}}}`,
            ...(description !== undefined && { description }),
          })),
      },
    },
    event: [{ listen: 'test', script: { type: 'text/javascript', exec } }],
  };
}

/**
 * A Postman collection (schema v2.1.0): a folder that goes the whole way from registration to a published product, in
 * order and with tests, and a folder for every tag with all operations.
 *
 * @throws Error when an operation of the way is not in the document
 */
export function postmanCollection(document: OpenApiDocument): Readonly<Record<string, unknown>> {
  const routes = routesOf(document);
  const way = mainJob.map((step) => {
    const route = routes.find(({ operation }) => operation.operationId === step.operation);
    if (route === undefined) throw new Error(`the document has no operation ${step.operation}`);
    return itemOf(document, route, step);
  });
  const folders = new Map<string, Item[]>();
  for (const route of routes) {
    const tag = route.operation.tags?.[0] ?? 'service';
    folders.set(tag, [...(folders.get(tag) ?? []), itemOf(document, route)]);
  }
  const ids = routes.flatMap(({ operation }) =>
    (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name),
  );
  const known = { ...variables, ...Object.fromEntries(['plan_id', ...ids].map((id) => [id, ''])) };
  return {
    info: {
      name: document.info.title,
      description:
        'Every route of the API. The folder "The main job" runs as it stands once data_source, start_time and end_time name data that the server may read. Generated from the OpenAPI document.',
      version: document.info.version,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: Object.entries(known).map(([key, value]) => ({ key, value })),
    item: [{ name: mainJobName, item: way }, ...[...folders].map(([name, item]) => ({ name, item }))],
  };
}

/** Folder that newman runs. */
export const mainJobName = 'The main job';
