// Writes postman_collection.json from the OpenAPI document of a running server:
//   node scripts/make-postman.mjs http://127.0.0.1:8000/openapi.json
import { readFile, writeFile } from 'node:fs/promises';

const source = process.argv[2] ?? 'http://127.0.0.1:8000/openapi.json';
const text = source.startsWith('http') ? await (await fetch(source)).text() : await readFile(source, 'utf8');
const api = JSON.parse(text);

/** What a request leaves behind in the collection's variables for the next ones. */
const REMEMBER = {
  'POST /auth/token': { token: 'access_token', refresh_token: 'refresh_token' },
  'POST /auth/refresh': { token: 'access_token', refresh_token: 'refresh_token' },
  'POST /ops/plan': { job_id: 'id', plan_id: 'id' },
  'POST /ops/ingest': { job_id: 'id' },
  'POST /ops/process': { job_id: 'id' },
  'POST /ops/catalog': { job_id: 'id' },
  'POST /ops/uploads': { data_source: 'data_source' },
  'POST /auth/api-keys': { key_id: 'id' },
};
const FIRST_OF_LIST = { 'GET /products': 'product_id', 'GET /files': 'file_id', 'GET /users': 'user_id' };

const resolve = (schema) =>
  schema?.$ref
    ? schema.$ref
        .slice(2)
        .split('/')
        .reduce((node, key) => node[key], api)
    : schema;

function exampleBody(operation) {
  const content = operation.requestBody?.content;
  if (!content) return undefined;
  const [type, media] = Object.entries(content)[0];
  const schema = resolve(media.schema);
  const example =
    media.example ??
    Object.values(media.examples ?? {})[0]?.value ??
    schema?.examples?.[0] ??
    schema?.example;
  if (type === 'application/x-www-form-urlencoded') {
    const fields = Object.entries(example ?? {}).map(([key, value]) => ({
      key,
      value: String(value),
      type: 'text',
    }));
    return { mode: 'urlencoded', urlencoded: fields };
  }
  if (type !== 'application/json') return { mode: 'file', file: { src: '' } };
  return {
    mode: 'raw',
    raw: JSON.stringify(example ?? {}, null, 2),
    options: { raw: { language: 'json' } },
  };
}

function item(path, method, operation, shared) {
  const name = `${method} ${path}`;
  const parameters = [...(shared ?? []), ...(operation.parameters ?? [])].map(resolve);
  const query = parameters
    .filter((p) => p.in === 'query')
    .map((p) => ({
      key: p.name,
      value: String(p.example ?? p.schema?.default ?? ''),
      description: p.description,
      disabled: !p.required,
    }));
  const raw = `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`;
  const used = query.filter((q) => !q.disabled).map((q) => `${q.key}=${q.value}`);
  const body = exampleBody(operation);
  const header = parameters
    .filter((p) => p.in === 'header')
    .map((p) => ({ key: p.name, value: p.name === 'idempotency-key' ? '{{$guid}}' : '', disabled: true }));
  if (body?.mode === 'raw') header.unshift({ key: 'Content-Type', value: 'application/json' });
  const lines = [];
  for (const [variable, field] of Object.entries(REMEMBER[name] ?? {})) {
    lines.push(`pm.collectionVariables.set('${variable}', pm.response.json().${field});`);
  }
  const first = FIRST_OF_LIST[name];
  if (first)
    lines.push(
      `const [item] = pm.response.json().items; if (item) pm.collectionVariables.set('${first}', item.id);`,
    );
  const open = operation.security?.length === 0;
  return {
    name: operation.summary ?? name,
    request: {
      method,
      header,
      ...(body && { body }),
      ...(open && { auth: { type: 'noauth' } }),
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
          .map((p) => ({ key: p.name, value: `{{${p.name}}}`, description: p.description })),
      },
    },
    ...(lines.length > 0 && {
      event: [{ listen: 'test', script: { type: 'text/javascript', exec: lines } }],
    }),
  };
}

const folders = new Map();
for (const [path, entry] of Object.entries(api.paths)) {
  const { parameters, ...methods } = entry;
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] ?? 'service';
    if (!folders.has(tag)) folders.set(tag, []);
    folders.get(tag).push(item(path, method.toUpperCase(), operation, parameters));
  }
}
const variables = { baseUrl: 'http://127.0.0.1:8000', token: '', refresh_token: '', data_source: '' };
for (const id of ['job_id', 'plan_id', 'product_id', 'file_id', 'user_id', 'key_id']) variables[id] = '';
const collection = {
  info: {
    name: api.info.title,
    description:
      'Every route of the API. Run "Register a user", then "Log in": the token is used from there on.',
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  },
  auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
  variable: Object.entries(variables).map(([key, value]) => ({ key, value })),
  item: [...folders].map(([name, items]) => ({ name, item: items })),
};
await writeFile(
  new URL('../postman_collection.json', import.meta.url),
  `${JSON.stringify(collection, null, 2)}\n`,
);
console.log(`${[...folders.values()].flat().length} requests in ${folders.size} folders`);
