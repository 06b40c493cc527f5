import { loadConfig, parseQueues, QUEUE_NAMES, type RunningServer, startServer } from '@gravity/server';
import { webRoot } from '@gravity/web';
import type { Command } from 'commander';
import { note } from '../output.js';
import { collect, parsePort } from './options.js';

interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly dataDir?: string;
  readonly fileSource?: readonly string[];
  readonly queues?: string;
}

/** `gravity serve`: API, database, object store and workers in this process. */
export function addServeCommand(program: Command, version: string): void {
  program
    .command('serve')
    .description('run the server: API, database, object store and job workers in one process')
    .option('--host <address>', 'address to listen on (default: GRAVITY_HOST or 127.0.0.1)')
    .option('--port <n>', 'port; 0 takes a free one (default: GRAVITY_PORT or 8000)', parsePort)
    .option('--data-dir <folder>', 'database, objects and secrets (default: GRAVITY_DATA_DIR or ./data)')
    .option('--file-source <folder>', 'folder that file: sources may be read from; may be repeated', collect)
    .option(
      '--queues <names>',
      `work on these here: all, none, or some of ${QUEUE_NAMES.join(',')} (default: GRAVITY_QUEUES or all)`,
    )
    .action((options: ServeOptions) => serve(options, version));
}

async function serve(options: ServeOptions, version: string): Promise<void> {
  const quiet = process.stdout.isTTY && !process.env.GRAVITY_LOG_LEVEL;
  const config = loadConfig(process.env, {
    host: options.host,
    port: options.port,
    dataDir: options.dataDir,
    fileSources: options.fileSource,
    ...(options.queues !== undefined && { queues: parseQueues('--queues', options.queues) }),
    // on a terminal requests are not worth a line each
    ...(quiet && { logLevel: 'warn' }),
  });
  const server = await startServer(config, { webRoot, version });
  note(describeServer(server.url));
  if (server.monitorUrl !== undefined)
    note(`  tasks    ${server.monitorUrl}/ (name and password of an admin)`);
  note(`data in ${config.dataDir}; Ctrl-C stops\n`);
  await untilStopped(server);
}

export function describeServer(url: string): string {
  return [
    'Gravity Processing Backend',
    `  console  ${url}/`,
    `  API      ${url}/docs   ${url}/redoc   ${url}/openapi.json`,
    `  health   ${url}/health   metrics ${url}/metrics`,
  ].join('\n');
}

/** Closes the server or worker on SIGINT or SIGTERM; a second signal ends the process at once. */
export function untilStopped(server: Pick<RunningServer, 'close'>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
      stopping = true;
      note(`${signal}: stopping`);
      server.close().then(resolve, reject);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
