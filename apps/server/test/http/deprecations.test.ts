import { deprecations } from '@gravity/server';
import Fastify, { type FastifySchema } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installDeprecations } from '../../dist/http/deprecations.js';
import { type Harness, openHarness } from '../http-harness.js';

let harness: Harness;
let token = '';
beforeAll(async () => {
  harness = await openHarness(
    {},
    {
      deprecations: {
        getLimits: { since: '2027-01-01', sunset: '2027-12-31', successor: '/capabilities' },
        getJob: { since: '2027-02-01' },
      },
    },
  );
  token = (await harness.addUser('anna')).token;
});
afterAll(() => harness.close());

describe('a deprecated operation', () => {
  it('says since when, until when and what comes instead, under every name it has', async () => {
    for (const path of ['/limits', '/v1/limits']) {
      const { status, headers } = await harness.request('GET', path, { token });
      expect(status).toBe(200);
      // 2027-01-01T00:00:00Z in Unix seconds, by hand: 20819 days of 86 400 s.
      expect(headers.deprecation).toBe('@1798761600');
      expect(headers.sunset).toBe('Fri, 31 Dec 2027 00:00:00 GMT');
      expect(headers.link).toBe(
        '</docs>; rel="deprecation", </docs>; rel="sunset", </capabilities>; rel="successor-version"',
      );
    }
  });

  it('says so in errors too', async () => {
    const path = '/ops/jobs/00000000-0000-4000-8000-000000000000';
    for (const [options, status] of [
      [{}, 401],
      [{ token }, 404],
    ] as const) {
      const answer = await harness.request('GET', path, options);
      expect(answer.status).toBe(status);
      expect(answer.headers.deprecation).toBe('@1801440000');
      expect(answer.headers.sunset).toBeUndefined();
      expect(answer.headers.link).toBe('</docs>; rel="deprecation"');
    }
  });

  it('leaves the others alone', async () => {
    const { headers } = await harness.request('GET', '/auth/me', { token });
    expect([headers.deprecation, headers.sunset, headers.link]).toEqual([undefined, undefined, undefined]);
  });

  it('is marked in the document and counted', async () => {
    const { paths } = (await harness.request('GET', '/openapi.json')).body;
    expect(paths['/limits'].get).toMatchObject({
      deprecated: true,
      description: expect.stringContaining(
        'Deprecated since 2027-01-01; may be gone from 2027-12-31 on; use /capabilities.',
      ),
    });
    expect(paths['/ops/jobs/{job_id}'].get.deprecated).toBe(true);
    expect(paths['/ops/jobs/{job_id}'].delete.deprecated).toBeUndefined();
    const { text } = await harness.request('GET', '/metrics');
    expect(text).toContain('gravity_deprecated_requests_total{method="GET",route="/limits"} 2');
    expect(text).toContain('gravity_deprecated_requests_total{method="GET",route="/ops/jobs/:job_id"} 2');
  });
});

describe('the table of deprecations', () => {
  it.each([
    [{ nothingOfTheKind: { since: '2027-01-01' } }, 'no operation of the API: nothingOfTheKind'],
    [{ getLimits: { since: 'last year' } }, 'last year is not a date'],
    [{ getLimits: { since: '2027-01-01', sunset: '2026-01-01' } }, 'sunset is not after since'],
  ])('is refused when wrong: %j', async (table, message) => {
    const start = async () => {
      const app = Fastify();
      installDeprecations(app, table);
      app.get('/limits', { schema: { operationId: 'getLimits' } as FastifySchema }, async () => ({}));
      await app.ready();
    };
    await expect(start()).rejects.toThrow(message);
  });

  it('gives a year between deprecation and sunset', () => {
    for (const { since, sunset } of Object.values(deprecations)) {
      if (sunset !== undefined)
        expect(Date.parse(sunset) - Date.parse(since)).toBeGreaterThanOrEqual(365 * 86_400_000);
    }
  });
});
