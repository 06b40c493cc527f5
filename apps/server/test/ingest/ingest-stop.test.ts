import { randomUUID } from 'node:crypto';
import { writeKbr1b } from '@gravity/formats';
import { checkConsistency } from '@gravity/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { count, createHarness, type Harness } from './harness.js';

const RECORDS = 17280;
const DAY_2023_06_01 = 738849600;

/** A full day of KBR1B, `day` days after 2023-06-01. */
async function kbrDay(day: number): Promise<string> {
  const gpsSeconds = Float64Array.from({ length: RECORDS }, (_, i) => DAY_2023_06_01 + 86400 * day + 5 * i);
  const series = (scale: number) => gpsSeconds.map((t) => scale * Math.sin(t / 900));
  let text = '';
  for await (const chunk of writeKbr1b({
    gpsSeconds,
    biasedRange: series(1000),
    rangeRate: series(1),
    rangeAcceleration: series(1e-3),
    created: '2026-01-01T00:00:00Z',
  })) {
    text += chunk;
  }
  return text;
}

describe('an ingest that is stopped or tried again', () => {
  let harness: Harness;
  const days: Record<string, string> = {};
  beforeAll(async () => {
    harness = await createHarness();
    for (const day of [0, 1, 2, 3]) days[`KBR1B_2023-06-0${day + 1}_Y_04.txt`] = await kbrDay(day);
  });
  beforeEach(() => harness.clear());
  afterAll(() => harness.close());

  const parameters = () => ({
    data_source: `file:${harness.sources}/days`,
    satellites: ['GRACE-C', 'GRACE-D'],
  });

  it('cancel: files that are in stay whole, the one in work leaves nothing', async () => {
    harness.folder('days', days);
    const abort = new AbortController();
    let aborted = 0;
    const run = harness.run(parameters(), {
      signal: abort.signal,
      onLog: (message) => {
        if (!/17.280 records/.test(message)) return;
        abort.abort(new Error('cancelled by the user'));
        aborted = Date.now();
      },
    });
    await expect(run).rejects.toThrow('cancelled by the user');
    expect(Date.now() - aborted).toBeLessThan(3000);
    const stored = await count(harness.db, 'ingested_files');
    expect(stored).toBeGreaterThanOrEqual(1);
    expect(stored).toBeLessThan(4);
    expect(await count(harness.db, 'baseline_vectors')).toBe(stored * RECORDS);
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('cancel inside COPY: the transaction of the file is rolled back', async () => {
    harness.folder('days', days);
    const abort = new AbortController();
    const { ingestTask } = await import('@gravity/server');
    await expect(
      harness.runTask(
        (context) =>
          ingestTask({
            ...context,
            db: {
              ...context.db,
              copyBinary: (transaction, table, columns, blocks, marks) => {
                async function* cut(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
                  for await (const block of blocks) {
                    yield block;
                    abort.abort(new Error('cancelled inside'));
                  }
                }
                return context.db.copyBinary(transaction, table, columns, cut(), marks);
              },
            },
          }),
        parameters(),
        { signal: abort.signal },
      ),
    ).rejects.toThrow('cancelled inside');
    expect(await count(harness.db, 'ingested_files')).toBe(0);
    expect(await count(harness.db, 'baseline_vectors')).toBe(0);
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('a second attempt of the job counts what the first has stored and adds the rest', async () => {
    const [first, second, ...rest] = Object.entries(days);
    harness.folder('days', Object.fromEntries([first, second]));
    const jobId = randomUUID();
    await harness.run(parameters(), { jobId });
    harness.folder('days', Object.fromEntries(rest));
    const result = await harness.run(parameters(), { jobId, attempt: 2 });
    expect(result.totals).toMatchObject({ ingested: 4, already_ingested: 0, records: 4 * RECORDS });
    expect(await count(harness.db, 'baseline_vectors')).toBe(4 * RECORDS);
    const edges = await harness.db.kysely.selectFrom('provenance_edges').select('entity_id').execute();
    expect(new Set(edges.map((edge) => edge.entity_id)).size).toBe(4);
    expect(edges.length).toBe(4);
  });

  it('an attempt that has lost its job writes nothing more', async () => {
    harness.folder('days', days);
    const jobId = randomUUID();
    const { ingestTask } = await import('@gravity/server');
    await expect(
      harness.runTask(
        async (context) => {
          await context.db.kysely
            .updateTable('processing_jobs')
            .set({ attempt: 2 })
            .where('id', '=', jobId)
            .execute();
          await ingestTask(context);
        },
        parameters(),
        { jobId },
      ),
    ).rejects.toThrow('no longer owns the job');
    expect(await count(harness.db, 'ingested_files')).toBe(0);
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('the same content twice in one source, and in two jobs at once, is held once', async () => {
    const [[name, text]] = Object.entries(days);
    harness.folder('days', { [name]: text, 'copy.tgz': 'not an archive' });
    harness.folder('days/again', { [name]: text });
    const [a, b] = await Promise.all([harness.run(parameters()), harness.run(parameters())]);
    expect(a.totals.ingested + b.totals.ingested).toBe(1);
    expect(a.totals.already_ingested + b.totals.already_ingested).toBe(3);
    expect(await count(harness.db, 'baseline_vectors')).toBe(RECORDS);
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('leaves the parsing to its thread: the event loop mostly waits', async () => {
    harness.folder('days', days);
    const before = performance.eventLoopUtilization();
    const result = await harness.run(parameters());
    const { utilization } = performance.eventLoopUtilization(before);
    expect(result.totals.records).toBe(4 * RECORDS);
    // measured 0.05–0.15; parsing on this thread would keep it busy for most of the time
    expect(utilization).toBeLessThan(0.4);
  });
});
