import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { dereference, validate } from '@readme/openapi-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, manual, openHarness } from './http-harness.js';

let harness: Harness;
let token = '';
beforeAll(async () => {
  harness = await openHarness({ corsOrigins: ['https://console.example.org'] });
  token = (await harness.addUser('admin')).token;
});
afterAll(() => harness.close());

type Document = Parameters<typeof validate>[0] & {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
};
const methods = ['get', 'post', 'put', 'patch', 'delete'];
// The parser writes into what it is given.
const openApi = async (): Promise<Document> => (await harness.request('GET', '/openapi.json')).body;

describe('OpenAPI document', () => {
  it('is valid', async () => {
    const result = await validate(await openApi());
    expect(result.valid ? [] : result.errors).toEqual([]);
  });

  it('has every route of the contract, with unique operation ids', async () => {
    const { paths } = await openApi();
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      methods.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`),
    );
    for (const route of [
      'POST /auth/register',
      'POST /auth/token',
      'GET /auth/me',
      'POST /ops/plan',
      'POST /ops/ingest',
      'POST /ops/process',
      'POST /ops/catalog',
      'GET /ops/jobs',
      'GET /ops/jobs/{job_id}',
      'DELETE /ops/jobs/{job_id}',
      'GET /ops/jobs/{job_id}/events',
      'GET /health',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
      'GET /objects/{bucket}/{key}',
    ]) {
      expect(routes).toContain(route);
    }
    const ids = Object.values(paths).flatMap((item) =>
      methods.map((m) => item[m]?.operationId).filter(Boolean),
    );
    expect(ids).toHaveLength(routes.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('documents errors, security, examples and links', async () => {
    const document = await openApi();
    const text = JSON.stringify(document);
    expect(document.paths['/ops/plan'].post).toMatchObject({
      security: [{ oauth2: [] }, { bearer: [] }, { apiKey: [] }],
      tags: ['operations'],
      responses: {
        201: { links: { GetJob: { operationId: 'getJob' } }, headers: { Location: {} } },
        400: {},
        401: {},
        403: {},
        413: {},
        415: {},
        422: {
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
        429: {},
        500: {},
      },
    });
    expect(document.paths['/auth/token'].post).toMatchObject({ security: [] });
    expect(text).toContain('"securepassword"');
    expect(text).not.toMatch(/def-\d/);
  });

  it('describes the answers as they are: job, list, problem', async () => {
    const document = (await dereference(await openApi())) as unknown as {
      components: { schemas: Record<string, object> };
    };
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const plan = await harness.request('POST', '/ops/plan', { token, json: manual.plan });
    const answers = {
      Job: plan,
      JobList: await harness.request('GET', '/ops/jobs', { token }),
      JobEventList: await harness.request('GET', `/ops/jobs/${plan.body.id}/events`, { token }),
      User: await harness.request('GET', '/auth/me', { token }),
      Health: await harness.request('GET', '/health'),
      Problem: await harness.request('GET', '/auth/me'),
      Coverage: await harness.request('GET', '/observations/coverage', { token }),
      AuditList: await harness.request('GET', '/audit', { token }),
    };
    for (const [name, answer] of Object.entries(answers)) {
      const check = ajv.compile(document.components.schemas[name]);
      expect(check(answer.body), `${name}: ${JSON.stringify(check.errors)}`).toBe(true);
    }
  });
});

describe('pages', () => {
  it('serves Swagger UI and ReDoc from here alone, without scripts in the page', async () => {
    for (const url of ['/docs', '/redoc']) {
      const page = await harness.request('GET', url);
      expect(page.status).toBe(200);
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
      // The content security policy forbids scripts in the page.
      expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
      for (const [, file] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect((await harness.request('GET', file)).status, file).toBe(200);
      }
    }
    const policy = (await harness.request('GET', '/docs')).headers['content-security-policy'] as string;
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
  });

  it('lists the addresses at / or serves the folder it is given', async () => {
    expect((await harness.request('GET', '/')).body.documentation).toContain('/docs');
    const folder = mkdtempSync(join(tmpdir(), 'gravity-web-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>start</title>');
    writeFileSync(join(folder, 'style.css'), 'body {}');
    const web = await openHarness({}, { webRoot: folder });
    try {
      expect((await web.request('GET', '/')).text).toContain('<title>start</title>');
      expect((await web.request('GET', '/style.css')).headers['content-type']).toMatch(/^text\/css/);
      expect((await web.request('GET', '/../data/secrets/jwt-secret')).status).toBe(404);
      expect((await web.request('GET', '/%2e%2e/data/secrets/jwt-secret')).status).toBe(404);
      expect((await web.request('GET', '/health')).status).toBe(200);
      expect((await web.request('GET', '/none')).body.status_code).toBe(404);
    } finally {
      await web.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('headers', () => {
  it('sets security headers and a request id on every answer', async () => {
    for (const url of ['/health', '/nothing', '/auth/me']) {
      const { headers } = await harness.request('GET', url);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });

  it('allows the configured origin and no other', async () => {
    const origin = async (value: string) =>
      (await harness.request('GET', '/health', { headers: { origin: value } })).headers[
        'access-control-allow-origin'
      ];
    expect(await origin('https://console.example.org')).toBe('https://console.example.org');
    expect(await origin('https://evil.example.org')).toBeUndefined();
    const preflight = await harness.request('OPTIONS', '/ops/plan', {
      headers: {
        origin: 'https://console.example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Idempotency-Key/);
  });

  it('compresses what is worth it when asked', async () => {
    const { headers, bytes } = await harness.request('GET', '/openapi.json', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(bytes).toString()).openapi).toBe('3.1.0');
    const small = await harness.request('GET', '/health', { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
  });
});

it('limits the request rate in the format of all errors, and leaves health checks alone', async () => {
  const limited = await openHarness({ rateLimitPerMinute: 5 });
  try {
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) statuses.push((await limited.request('GET', '/auth/me')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const refused = await limited.request('GET', '/auth/me');
    expect(refused.body).toMatchObject({ status_code: 429, title: 'Too Many Requests' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await limited.request('GET', '/nothing')).status).toBe(429);
    expect((await limited.request('GET', '/health')).status).toBe(200);
  } finally {
    await limited.close();
  }
});

describe('health, metrics and logs', () => {
  it('measures requests by route, jobs by type and status, and the queue', async () => {
    await harness.request('POST', '/ops/catalog', { token, json: manual.catalog });
    await harness.request('GET', '/ops/jobs/550e8400-e29b-41d4-a716-446655440000', { token });
    const { text, headers } = await harness.request('GET', '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="\/ops\/jobs\/:job_id",status_code="404"\} 1/,
    );
    expect(text).toMatch(/gravity_jobs\{type="catalog",status="pending"\} 1/);
    expect(text).toMatch(/gravity_queue_depth\{queue="catalog",state="pending"\} 1/);
    expect(text).toMatch(/gravity_queue_oldest_seconds\{queue="catalog"\} [0-9.]+/);
    expect(text).toMatch(/gravity_database_up 1/);
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
    expect(text).not.toContain('550e8400');
  });

  it('says 503 and which part when the runner stands still', async () => {
    const sick = await openHarness({}, { runner: { status: () => ({ running: false }) } });
    try {
      const answer = await sick.request('GET', '/health');
      expect(answer.status).toBe(503);
      expect(answer.body).toMatchObject({ status: 'degraded', checks: { runner: { status: 'down' } } });
      expect(answer.body.checks.database.status).toBe('up');
    } finally {
      await sick.close();
    }
  });

  it('answers 500 without internals and logs them with the request id', async () => {
    const broken = await openHarness();
    const jobs = broken.jobs as { get: unknown };
    jobs.get = async () => {
      throw new Error('relation "secret_table" does not exist');
    };
    try {
      const user = await broken.addUser('admin');
      const url = '/ops/jobs/550e8400-e29b-41d4-a716-446655440000';
      const answer = await broken.request('GET', url, { token: user.token });
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('secret_table');
      const id = answer.body.request_id;
      expect(answer.body.detail).toContain(id);
      const line = broken.logLines.find((text) => text.includes('secret_table')) as string;
      expect(JSON.parse(line)).toMatchObject({ reqId: id, level: 50 });
    } finally {
      await broken.close();
    }
  });

  it('logs JSON without credentials and query strings', async () => {
    await harness.request('GET', '/ops/jobs?status=running', { token });
    harness.app.log.info({ password: 'hunter2hunter2', user: { access_token: 'tok-tok-tok' } }, 'by mistake');
    const lines = harness.logLines.map((line) => JSON.parse(line));
    expect(lines.some(({ req }) => req?.url === '/ops/jobs')).toBe(true);
    const text = harness.logLines.join('');
    expect(text).not.toMatch(/eyJ|hunter2|tok-tok|status=running/);
    expect(text).toContain('[redacted]');
  });
});
