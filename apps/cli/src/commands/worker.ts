import { randomBytes } from 'node:crypto';
import { loadConfig, parseQueues, QUEUE_NAMES, startWorker } from '@gravity/server';
import type { Command } from 'commander';
import { note } from '../output.js';
import { parseCount, parsePort } from './options.js';
import { untilStopped } from './serve.js';

interface WorkerOptions {
  readonly queues: string;
  readonly concurrency?: number;
  readonly threads?: number;
  readonly host?: string;
  readonly port?: number;
  readonly dataDir?: string;
}

/** `gravity worker`: works on jobs that API processes accept, on this or another machine. */
export function addWorkerCommand(program: Command, version: string): void {
  program
    .command('worker')
    .description('work on jobs without serving the API; needs DATABASE_URL and REDIS_URL')
    .option(
      '--queues <names>',
      `all, or some of ${QUEUE_NAMES.join(',')} (default: GRAVITY_QUEUES or all)`,
      process.env.GRAVITY_QUEUES ?? 'all',
    )
    .option(
      '--concurrency <n>',
      'jobs of each queue at once, arcs too (default: GRAVITY_JOB_CONCURRENCY or 2, one arc)',
      parseCount,
    )
    .option(
      '--threads <n>',
      'threads of a computation (default: GRAVITY_THREADS or the processors)',
      parseCount,
    )
    .option('--host <address>', 'address of --port (default: GRAVITY_HOST or 127.0.0.1)')
    .option('--port <n>', 'serve /health and /metrics there; 0 takes a free port', parsePort)
    .option('--data-dir <folder>', 'working folder (default: GRAVITY_DATA_DIR or ./data)')
    .action((options: WorkerOptions) => work(options, version));
}

async function work(options: WorkerOptions, version: string): Promise<void> {
  const config = loadConfig(process.env, {
    host: options.host,
    dataDir: options.dataDir,
    jobConcurrency: options.concurrency,
    arcConcurrency: options.concurrency,
    threads: options.threads,
    queues: parseQueues('--queues', options.queues),
    // A worker signs no tokens: it need not be told the secret of the API.
    ...(process.env.JWT_SECRET_KEY === undefined && { jwtSecret: randomBytes(32) }),
  });
  const worker = await startWorker(config, {
    version,
    ...(options.port !== undefined && { port: options.port }),
  });
  note(`gravity worker ${worker.workerId}: ${config.queues.join(', ')}; Ctrl-C stops`);
  if (worker.url !== undefined) note(`  health   ${worker.url}/health   metrics ${worker.url}/metrics`);
  await untilStopped(worker);
}
