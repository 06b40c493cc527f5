import { randomUUID } from 'node:crypto';
import {
  type ArcTicket,
  BatchLostError,
  claimArc,
  completeArc,
  endedArcs,
  failArc,
  handBackArc,
  ownerOf,
  reapArcs,
  removeArcs,
  renewArcs,
  submitArcs,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertUser } from '../helpers.js';
import { insertJob, type TestServer } from '../process/support.js';

/** What the statements about arcs must do on every database. */
export function describeArcMoves(open: () => Promise<TestServer>): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await open();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.db.kysely.deleteFrom('process_arcs').execute();
  });

  const tickets = (count: number, inputsHash = 'a', pass = 1): ArcTicket[] =>
    Array.from({ length: count }, (_, arc) => ({
      pass,
      arc,
      inputsHash,
      checkpointKey: `${pass}/${arc}`,
      payload: { requires: 'this', half: 0.1 + 0.2, tiny: 5e-324 },
    }));

  const newJob = (userId?: string): Promise<string> =>
    insertJob(server, 'process', {}, 'running', userId ?? server.userId);
  const submit = (jobId: string, list: readonly ArcTicket[], attempt = 1) =>
    submitArcs(server.db.kysely, { jobId, attempt }, list);
  const claim = async (refused: readonly string[] = [], worker = 'w') => {
    const row = await claimArc(server.db.kysely, worker, 60, refused);
    if (!row) throw new Error('nothing to claim');
    return row;
  };
  const rowsOf = (jobId: string) =>
    server.db.kysely
      .selectFrom('process_arcs')
      .selectAll()
      .where('job_id', '=', jobId)
      .orderBy('arc')
      .execute();

  describe('submitted arcs', () => {
    it('are claimed once each, in order, with their payload to the last bit', async () => {
      const jobId = await newJob();
      expect(await submit(jobId, tickets(3))).toHaveLength(3);
      const claimed = await Promise.all([claim(), claim(), claim()]);
      expect(claimed.map(({ arc }) => arc).sort()).toEqual([0, 1, 2]);
      expect(await claimArc(server.db.kysely, 'w', 60)).toBeUndefined();
      expect(claimed[0].payload).toEqual({ requires: 'this', half: 0.1 + 0.2, tiny: 5e-324 });
    });

    it('stay when submitted again with the same inputs, whatever their state', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(3));
      const first = await claim();
      await completeArc(server.db.kysely, ownerOf(first), { excluded: 1 / 3 });
      const second = await claim();
      expect((await submit(jobId, tickets(3))).map(({ arc }) => arc)).toEqual([2]);
      expect(await rowsOf(jobId)).toMatchObject([
        { status: 'completed', attempt: 1, result: { excluded: 1 / 3 } },
        { status: 'running', attempt: 1 },
        { status: 'pending', attempt: 0 },
      ]);
      expect(await completeArc(server.db.kysely, ownerOf(second), {})).toBe(true);
    });

    it('are done again with other inputs; who was at the old ones is fenced out', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(2));
      const old = await claim();
      await submit(jobId, tickets(2, 'b'));
      expect(await completeArc(server.db.kysely, ownerOf(old), {})).toBe(false);
      const fresh = await claim();
      expect(fresh).toMatchObject({ arc: 0, attempt: 2, max_attempts: 4, inputs_hash: 'b' });
      expect(await completeArc(server.db.kysely, ownerOf(old), {})).toBe(false);
      expect(await failArc(server.db.kysely, ownerOf(old), { code: 'x', message: 'x', waitSeconds: 0 })).toBe(
        undefined,
      );
      expect(await handBackArc(server.db.kysely, ownerOf(old))).toBe(undefined);
      expect(await renewArcs(server.db.kysely, [ownerOf(old), ownerOf(fresh)], 60)).toMatchObject([
        { arc: 0, attempt: 2, ended: false },
      ]);
      expect(await completeArc(server.db.kysely, ownerOf(fresh), {})).toBe(true);
    });

    it('are refused from an attempt that no longer owns the job', async () => {
      const jobId = await newJob();
      await expect(submit(jobId, tickets(1), 2)).rejects.toThrow(BatchLostError);
      await cancel(jobId);
      await expect(submit(jobId, tickets(1))).rejects.toThrow(BatchLostError);
      expect(await rowsOf(jobId)).toEqual([]);
    });

    it('go only to workers that can meet their requirements', async () => {
      const jobId = await newJob();
      const [one, two] = tickets(2);
      await submit(jobId, [one, { ...two, payload: { requires: 'that' } }]);
      expect((await claim(['this'])).arc).toBe(1);
      expect(await claimArc(server.db.kysely, 'w', 60, ['this'])).toBeUndefined();
      expect(await claimArc(server.db.kysely, 'w', 60, ['this'], { jobId, pass: 1, arc: 0 })).toBeUndefined();
      expect((await claimArc(server.db.kysely, 'w', 60, [], { jobId, pass: 1, arc: 0 }))?.arc).toBe(0);
    });
  });

  const cancel = (jobId: string) =>
    server.db.kysely
      .updateTable('processing_jobs')
      .set({ cancel_requested: true, updated_at: new Date() })
      .where('id', '=', jobId)
      .execute();

  describe('sharing', () => {
    it('lets the arcs of two users alternate, also when one comes later', async () => {
      const [anna, ben] = [await insertUser(server.db), await insertUser(server.db)];
      const annasJob = await newJob(anna);
      await submit(annasJob, tickets(6));
      await claim();
      await claim();
      const bensJob = await newJob(ben);
      await submit(bensJob, tickets(3));
      // Anna's second job waits behind her first.
      const annasNext = await newJob(anna);
      await submit(annasNext, tickets(2));
      const names = new Map([
        [annasJob, 'a'],
        [bensJob, 'b'],
        [annasNext, 'c'],
      ]);
      const order: string[] = [];
      for (let i = 0; i < 9; i++) order.push(names.get((await claim()).job_id) ?? '?');
      expect(order.join('')).toBe('ababab'.concat('acc'));
    });
  });

  describe('attempts', () => {
    it('are counted, the arc waits between them, and fails with the last error', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(1));
      for (let attempt = 1; attempt <= 3; attempt++) {
        const row = await claim();
        expect(row.attempt).toBe(attempt);
        const failed = await failArc(server.db.kysely, ownerOf(row), {
          code: 'arc_failed',
          message: `no ${attempt}`,
          waitSeconds: attempt === 1 ? 3600 : 0,
        });
        expect(failed?.status).toBe(attempt < 3 ? 'pending' : 'failed');
        if (attempt > 1) continue;
        expect(await claimArc(server.db.kysely, 'w', 60)).toBeUndefined();
        await sql`update process_arcs set run_after = now()`.execute(server.db.kysely);
      }
      const [outcome] = await endedArcs(server.db.kysely, jobId, 1, []);
      expect(outcome.error).toEqual({ code: 'arc_failed', message: 'no 3' });
      expect(await endedArcs(server.db.kysely, jobId, 1, [0])).toEqual([]);
    });

    it('handed back are not counted; a final failure ends at once', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(1));
      for (let i = 0; i < 5; i++) await handBackArc(server.db.kysely, ownerOf(await claim()));
      const row = await claim();
      expect(row.max_attempts - row.attempt).toBe(2);
      const end = { code: 'x', message: 'm', waitSeconds: 0, final: true };
      expect((await failArc(server.db.kysely, ownerOf(row), end))?.status).toBe('failed');
    });

    it('of dead workers are ended, those of the caller not', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(2));
      const [mine, dead] = [await claim(), await claim([], 'gone')];
      await sql`update process_arcs set lease_until = now() - interval '1 second'`.execute(server.db.kysely);
      expect(await reapArcs(server.db.kysely, [ownerOf(mine)])).toMatchObject([
        { arc: dead.arc, status: 'pending', error: { code: 'worker_lost' } },
      ]);
      await sql`update process_arcs set attempt = 3 where arc = ${mine.arc}`.execute(server.db.kysely);
      expect(await reapArcs(server.db.kysely, [])).toMatchObject([{ arc: mine.arc, status: 'failed' }]);
      expect(await reapArcs(server.db.kysely, [])).toEqual([]);
    });
  });

  describe('the end of the job', () => {
    it('by a cancel ends arcs: none is claimed or completed, and whoever is at one is told', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(2));
      const row = await claim();
      await cancel(jobId);
      expect(await claimArc(server.db.kysely, 'w', 60)).toBeUndefined();
      expect(await completeArc(server.db.kysely, ownerOf(row), {})).toBe(false);
      expect(await renewArcs(server.db.kysely, [ownerOf(row)], 60)).toMatchObject([{ ended: true }]);
    });

    it('between two attempts keeps arcs going, and only the owner removes them', async () => {
      const jobId = await newJob();
      await submit(jobId, tickets(2));
      const row = await claim();
      await sql`update processing_jobs set status = 'pending', lease_until = null where id = ${jobId}`.execute(
        server.db.kysely,
      );
      expect(await completeArc(server.db.kysely, ownerOf(row), {})).toBe(true);
      expect((await claim()).arc).toBe(1);
      expect(await removeArcs(server.db.kysely, { jobId, attempt: 2 })).toEqual([]);
      expect(await removeArcs(server.db.kysely, { jobId, attempt: 1 })).toHaveLength(2);
    });

    it('with unknown ids is harmless', async () => {
      const nowhere = { jobId: randomUUID(), pass: 1, arc: 0, attempt: 1 };
      expect(await completeArc(server.db.kysely, nowhere, {})).toBe(false);
      expect(await renewArcs(server.db.kysely, [nowhere], 60)).toEqual([]);
    });
  });
}
