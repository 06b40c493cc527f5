// A worker process whose jobs wait until they are ended from outside; says what it starts.
import { loadConfig, startWorker } from '@gravity/server';

const [databaseUrl, redisUrl, dataDir] = process.argv.slice(2);
const config = loadConfig(
  {},
  {
    databaseUrl,
    redisUrl,
    dataDir,
    jobConcurrency: 1,
    leaseSeconds: 3,
    queues: ['plan', 'ingest'],
    logLevel: 'silent',
  },
);
const task = async (context) => {
  process.stdout.write(`started ${context.jobId} ${context.attempt}\n`);
  context.progress(0.5, 'half way');
  await new Promise((_resolve, reject) => {
    context.signal.addEventListener('abort', () => reject(context.signal.reason));
  });
};
const worker = await startWorker(config, {
  port: 0,
  registry: { plan: task, ingest: task, process: task, catalog: task },
});
process.on('SIGTERM', () => {
  worker.close().then(() => process.exit(0));
});
process.stdout.write(`ready ${worker.url}\n`);
