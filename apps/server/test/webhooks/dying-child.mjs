// Dies by SIGKILL: as a worker right after a job's end is written, or as a sender while a message is on its way.
import {
  createOutboundPolicy,
  createSecretBox,
  createWebhookSender,
  loadConfig,
  openDatabase,
  startWorker,
} from '@gravity/server';

const [role, databaseUrl, redisUrl, dataDir, key] = process.argv.slice(2);
const config = loadConfig(
  {},
  {
    databaseUrl,
    redisUrl,
    dataDir,
    queues: ['ingest'],
    jobConcurrency: 1,
    leaseSeconds: 5,
    logLevel: 'silent',
  },
);
if (role === 'worker') {
  const task = async (context) => {
    await context.finalize(async () => ({ by: 'the one that dies' }));
    process.kill(process.pid, 'SIGKILL');
  };
  await startWorker(config, { registry: { plan: task, ingest: task, process: task, catalog: task } });
} else {
  const db = await openDatabase(config);
  createWebhookSender({
    db,
    secrets: createSecretBox([{ id: 'k', key: Buffer.from(key, 'hex') }]),
    policy: createOutboundPolicy(['127.0.0.1']),
    logger: { info() {}, warn() {}, error() {} },
    baseUrl: 'http://api.example',
    leaseSeconds: 1,
  }).start();
}
process.stdout.write('ready\n');
