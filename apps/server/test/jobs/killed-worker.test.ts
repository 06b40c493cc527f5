import {
  checkConsistency,
  createJobRunner,
  createJobService,
  type Database,
  openDatabase,
  openObjectStore,
} from '@gravity/server';
import { afterAll, describe, expect, it } from 'vitest';
import { startScript } from '../child.js';
import { insertUser, temporaryFolder, testConfig, waitFor } from '../helpers.js';

const folder = temporaryFolder();
const config = testConfig(folder.path, { jobConcurrency: 1 });
let open: Database | undefined;
afterAll(async () => {
  await open?.close();
  folder.remove();
});

describe('a worker process killed with kill -9 while it runs a job', () => {
  it('loses no accepted job; the next start runs each to one end', async () => {
    open = await openDatabase(config);
    const userId = await insertUser(open);
    const first = createJobService({ db: open });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++)
      ids.push((await first.create({ userId, type: 'plan', parameters: { i } })).job.id);
    await open.close();

    // Killed twice: attempts 1 and 2 of the first job die.
    for (const attempt of [1, 2]) {
      const child = startScript('jobs/job-child.mjs', folder.path);
      await child.line((lines) => lines.includes(`half way ${ids[0]} ${attempt}`));
      await child.kill();
    }

    open = await openDatabase(config);
    const db = open;
    const objects = await openObjectStore(config);
    const service = createJobService({ db });
    expect(await service.get(ids[0])).toMatchObject({ status: 'running', attempt: 2, progress: 0.5 });
    const runs: string[] = [];
    const runner = createJobRunner({
      config,
      db,
      objects,
      service,
      registry: Object.fromEntries(
        (['plan', 'ingest', 'process', 'catalog'] as const).map((type) => [
          type,
          async (context: Parameters<Parameters<typeof createJobRunner>[0]['registry']['plan']>[0]) => {
            runs.push(context.jobId);
            await context.finalize(async () => ({ i: context.parameters.i }));
          },
        ]),
      ) as Parameters<typeof createJobRunner>[0]['registry'],
    });
    await runner.start();
    await waitFor(
      'all completed',
      async () => (await service.list({ status: 'completed', skip: 0, limit: 9 })).total === 3,
    );
    await runner.stop();
    expect(runs).toEqual(ids);
    const jobs = await Promise.all(ids.map((id) => service.get(id)));
    expect(jobs.map((job) => job?.attempt)).toEqual([3, 1, 1]);
    expect(jobs.map((job) => job?.result)).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
    const events = await service.events(ids[0], undefined, 100);
    expect(
      events.filter((event) => event.message.startsWith('Worker died')).map((event) => event.message),
    ).toEqual(['Worker died, attempt 1', 'Worker died, attempt 2']);
    expect((await checkConsistency(db, objects)).consistent).toBe(true);
  });
});
