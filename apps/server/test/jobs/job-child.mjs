// A server's worker that never finishes its job: the test kills it.
import {
  createJobRunner,
  createJobService,
  loadConfig,
  openDatabase,
  openObjectStore,
} from '@gravity/server';

const [dataDir] = process.argv.slice(2);
const config = loadConfig({}, { dataDir, jobConcurrency: 1 });
const db = await openDatabase(config);
const objects = await openObjectStore(config);
const service = createJobService({ db });
const task = async (context) => {
  context.progress(0.5, 'half way');
  service.subscribe(context.jobId, (event) => {
    if (event.kind === 'progress') process.stdout.write(`half way ${context.jobId} ${context.attempt}\n`);
  });
  await new Promise(() => {});
};
const registry = { plan: task, ingest: task, process: task, catalog: task };
await createJobRunner({ config, db, objects, registry, service }).start();
