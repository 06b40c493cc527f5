import { createJobService, type LocalJobService } from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, manual, openHarness } from './http-harness.js';

describe('dependencies, retries and quotas over HTTP', () => {
  let harness: Harness;
  let admin: string;
  let anna: { readonly id: string; readonly token: string };
  let bert: { readonly id: string; readonly token: string };

  beforeAll(async () => {
    harness = await openHarness();
    admin = (await harness.addUser('admin')).token;
    anna = await harness.addUser('anna');
    bert = await harness.addUser('bert');
  });
  afterAll(() => harness.close());

  const post = (url: string, json?: unknown, token = anna.token) =>
    harness.request('POST', url, { token, ...(json !== undefined && { json }) });
  /** As the runner would leave it. */
  const end = (id: string, status: 'failed' | 'completed') =>
    harness.db.kysely.transaction().execute(async (transaction) => {
      await sql`update processing_jobs set status = 'running', attempt = 1, worker_id = 'w', lease_until = now()
        where id = ${id}`.execute(transaction);
      await sql`update processing_jobs set status = ${status}, lease_until = null, completed_at = now(),
        error = case when ${status} = 'failed' then '{"code": "x", "message": "no data"}'::jsonb end
        where id = ${id}`.execute(transaction);
    });

  it('takes depends_on in every operation; it says when, not what', async () => {
    const first = (await post('/ops/plan', manual.plan)).body;
    const ingest = {
      data_source: `file:${harness.sources}/inside`,
      data_type: 'l1b',
      satellites: ['GRACE-A', 'GRACE-B'],
    };
    for (const [url, body] of [
      ['/ops/plan', manual.plan],
      ['/ops/ingest', ingest],
      ['/ops/process', manual.process],
      ['/ops/catalog', manual.catalog],
    ] as const) {
      const answer = await post(url, { ...body, depends_on: [first.id] });
      expect([url, answer.status]).toEqual([url, 201]);
      expect(answer.body).toMatchObject({
        status: 'pending',
        depends_on: [first.id],
        waiting_for: [first.id],
      });
      expect(answer.body.parameters).not.toHaveProperty('depends_on');
    }
    for (const depends_on of [['550e8400-e29b-41d4-a716-446655440000'], [first.id]]) {
      const refused = await post('/ops/plan', { ...manual.plan, depends_on }, bert.token);
      expect(refused.status).toBe(422);
      expect(refused.body.errors[0].field).toBe('depends_on[0]');
    }
    // A plan that is not yet completed is waited for without being asked.
    const process = await post('/ops/process', { ...manual.process, plan_id: first.id });
    expect(process.body).toMatchObject({ waiting_for: [first.id], parameters: { plan_id: first.id } });
    const { text } = await harness.request('GET', '/metrics');
    // What waits is nothing for an autoscaler to start workers for.
    expect(text).toContain('gravity_queue_depth{queue="process",state="waiting"} 2');
    expect(text).toContain('gravity_queue_depth{queue="process",state="pending"} 0');
    await end(first.id, 'completed');
    const after = await harness.request('GET', `/ops/jobs/${process.body.id}`, { token: anna.token });
    expect(after.body).toMatchObject({ status: 'pending', waiting_for: [], depends_on: [first.id] });
  });

  it('retries failed and cancelled jobs as new ones, once each, with what they depended on', async () => {
    const ingest = (await post('/ops/plan', manual.plan)).body;
    const process = (await post('/ops/process', { ...manual.process, priority: 7, depends_on: [ingest.id] }))
      .body;
    expect((await post(`/ops/jobs/${ingest.id}/retry`)).status).toBe(409);
    await end(ingest.id, 'failed');
    const cancelled = await harness.request('GET', `/ops/jobs/${process.id}`, { token: anna.token });
    expect(cancelled.body).toMatchObject({
      status: 'cancelled',
      error: { code: 'dependency_failed', message: `depends on plan ${ingest.id}, which failed: no data` },
    });
    const early = await post(`/ops/jobs/${process.id}/retry`);
    expect(early.status).toBe(409);
    expect(early.body.detail).toContain(
      `depends on plan ${ingest.id}, which is failed; retry that one first`,
    );
    expect((await post(`/ops/jobs/${ingest.id}/retry`, undefined, bert.token)).status).toBe(404);

    const again = await post(`/ops/jobs/${ingest.id}/retry`);
    expect(again.status).toBe(201);
    expect(again.headers.location).toBe(`/ops/jobs/${again.body.id}`);
    expect(again.body).toMatchObject({
      retry_of: ingest.id,
      type: 'plan',
      status: 'pending',
      attempt: 0,
      parameters: ingest.parameters,
    });
    expect((await post(`/ops/jobs/${ingest.id}/retry`)).status).toBe(409);
    const next = await post(`/ops/jobs/${process.id}/retry`);
    expect(next.body).toMatchObject({ priority: 7, retry_of: process.id, depends_on: [again.body.id] });
    await end(again.body.id, 'completed');
    expect((await post(`/ops/jobs/${again.body.id}/retry`)).status).toBe(409);
    // An admin retries for the owner.
    await harness.request('DELETE', `/ops/jobs/${next.body.id}`, { token: anna.token });
    const byAdmin = await post(`/ops/jobs/${next.body.id}/retry`, undefined, admin);
    expect(byAdmin.body.user_id).toBe(anna.id);
  });

  it('shows quota and use, lets an admin set it, refuses what is above with the reason', async () => {
    const limits = async (token: string) => (await harness.request('GET', '/limits', { token })).body.quota;
    expect(await limits(bert.token)).toEqual({
      pending_jobs: { limit: 1000, used: 0 },
      running_jobs: { limit: 50, used: 0 },
      storage_bytes: { limit: 1e12, used: 0 },
    });
    expect((await limits(admin)).pending_jobs.limit).toBeNull();
    const url = `/users/${bert.id}/quota`;
    const set = (json: unknown, token = admin) => harness.request('PUT', url, { token, json });
    expect((await set({ pending_jobs: 2 }, bert.token)).status).toBe(403);
    for (const bad of [{ pending_jobs: -1 }, { running_jobs: 0 }, { storage_bytes: 1.5 }, { other: 1 }]) {
      expect((await set(bad)).status).toBe(422);
    }
    expect((await set({ pending_jobs: 2, storage_bytes: 0 })).body).toMatchObject({
      pending_jobs: { limit: 2 },
      running_jobs: { limit: 50 },
      storage_bytes: { limit: 0 },
    });
    const full = await post('/ops/process', manual.process, bert.token);
    expect(full.status).toBe(403);
    expect(full.body.errors[0]).toEqual({
      field: 'storage_bytes',
      message: 'Your files and products hold 0 bytes of the 0 you may store',
    });
    const created = await Promise.all([1, 2, 3, 4].map(() => post('/ops/plan', manual.plan, bert.token)));
    expect(created.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201]);
    await set({});
    expect((await limits(bert.token)).pending_jobs).toEqual({ limit: 1000, used: 4 });
    expect(
      (await harness.request('GET', '/users/550e8400-e29b-41d4-a716-446655440000/quota', { token: admin }))
        .status,
    ).toBe(404);
  });
});

describe('the quota of jobs that wait, as the server opens its service', () => {
  it('gives 429 with the reason and Retry-After', async () => {
    const limits = { pendingJobs: 2, runningJobs: null, storageBytes: null };
    const quotas = { viewer: limits, operator: limits, admin: limits };
    let jobs: LocalJobService | undefined;
    const harness = await openHarness({ quotas });
    try {
      jobs = createJobService({ db: harness.db, quotas });
      Object.assign(harness.jobs, jobs);
      const { token } = await harness.addUser('anna');
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) {
        const answer = await harness.request('POST', '/ops/plan', { token, json: manual.plan });
        statuses.push(answer.status);
        if (answer.status !== 429) continue;
        expect(answer.headers['retry-after']).toBe('10');
        expect(answer.body.errors[0].field).toBe('pending_jobs');
      }
      expect(statuses).toEqual([201, 201, 429]);
    } finally {
      await harness.close();
    }
  });
});
