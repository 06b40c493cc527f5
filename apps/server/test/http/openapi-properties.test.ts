import { dereference } from '@readme/openapi-parser';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, manual, openHarness } from '../http-harness.js';
import { nearlyValid, type Schema, valid } from './schema-arbitrary.js';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: Schema }>> }>
  >;
}
interface Call {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

const SEED = 20_261_125;
const RUNS = 10;
/** They end the login that the others need; auth/accounts.test.ts is about them. */
const leftOut = new Set(['logout', 'changePassword']);

let harness: Harness;
let token = '';
let known: string[] = [];
const operations: { path: string; method: string; operation: Operation }[] = [];
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const checks = new Map<Schema, ValidateFunction>();

beforeAll(async () => {
  harness = await openHarness({
    userRateLimitPerMinute: 1_000_000,
    loginRateLimitPerMinute: 1_000_000,
  } as object);
  const admin = await harness.addUser('admin');
  token = admin.token;
  const { body: plan } = await harness.request('POST', '/ops/plan', { token, json: manual.plan });
  const key = await harness.request('POST', '/auth/api-keys', {
    token,
    json: { name: 'some', scopes: ['read'] },
  });
  known = [plan.id, admin.id, key.body.id].filter((id) => typeof id === 'string');
  const document = (await dereference((await harness.request('GET', '/openapi.json')).body)) as unknown as {
    paths: Record<string, Record<string, Operation>>;
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
      if (item[method]) operations.push({ path, method, operation: item[method] });
    }
  }
});
afterAll(() => harness.close());

function callOf({ parameters = [], requestBody }: Operation): fc.Arbitrary<Call> {
  const of = (place: string) => {
    const here = parameters.filter((parameter) => parameter.in === place);
    const model = Object.fromEntries(
      here.map(({ name, schema }) => [
        name,
        place === 'path' ? valid(schema, known) : nearlyValid(schema, known),
      ]),
    );
    const requiredKeys = here.filter(({ required }) => required || place === 'path').map(({ name }) => name);
    return fc.record(model, { requiredKeys });
  };
  const body = requestBody?.content['application/json']?.schema;
  return fc.record({
    path: of('path'),
    query: of('query'),
    header: of('header'),
    body: body ? nearlyValid(body, known) : fc.constant(undefined),
  });
}

const asText = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Header values are of visible characters: others never reach a server. */
const asHeader = (value: unknown): string =>
  asText(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();

async function send(method: string, path: string, call: Call) {
  const url = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(asText(call.path[name]) || 'x'));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query)) query.append(name, asText(value));
  return harness.request(method.toUpperCase() as 'GET', `${url}${query.size > 0 ? `?${query}` : ''}`, {
    token,
    headers: Object.fromEntries(Object.entries(call.header).map(([name, value]) => [name, asHeader(value)])),
    ...(call.body !== undefined && { json: call.body }),
  });
}

function violation(
  { responses }: Operation,
  { status, headers, body }: Awaited<ReturnType<typeof send>>,
): string | undefined {
  if (status >= 500) return `status ${status}`;
  const described = responses[status];
  if (!described) return `status ${status} is not in the document`;
  const type = String(headers['content-type'] ?? '').split(';')[0];
  if (body === undefined || !/json/.test(type)) return undefined;
  const content = described.content?.[type];
  if (!content) return `${status} with ${type} is not in the document`;
  if (!content.schema) return undefined;
  let check = checks.get(content.schema);
  if (!check) {
    check = ajv.compile(content.schema);
    checks.set(content.schema, check);
  }
  return check(body) ? undefined : `${status}: ${ajv.errorsText(check.errors)}`;
}

it('every operation answers made-up requests as its document says', async () => {
  let requests = 0;
  const statuses = new Map<number, number>();
  for (const { path, method, operation } of operations) {
    if (leftOut.has(operation.operationId)) continue;
    await fc.assert(
      fc.asyncProperty(callOf(operation), async (call) => {
        const answer = await send(method, path, call);
        requests += 1;
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const wrong = violation(operation, answer);
        if (wrong !== undefined) {
          throw new Error(`${operation.operationId}: ${wrong}\n${answer.text.slice(0, 500)}`);
        }
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  }
  expect(requests).toBe((operations.length - leftOut.size) * RUNS);
  // The values are not all nonsense: a part of the requests is taken.
  expect(statuses.get(200) ?? 0).toBeGreaterThan(0.1 * requests);
  expect(statuses.get(201) ?? 0).toBeGreaterThan(0);
  expect(statuses.get(422) ?? 0).toBeGreaterThan(0.2 * requests);
});
