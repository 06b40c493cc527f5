import pino from 'pino';
import type { ServerConfig } from './config.js';
import { openDatabase } from './db/open-database.js';
import { buildApp } from './http/app.js';
import { createJobService } from './jobs/create-job-service.js';
import { createJobRunner } from './jobs/job-runner.js';
import type { TaskRegistry } from './jobs/task.js';
import { openObjectStore } from './storage/open-object-store.js';
import { createTaskRegistry } from './tasks/index.js';

export interface StartOptions {
  /** Folder with the start page; without it `/` lists the addresses. */
  readonly webRoot?: string;
  readonly version?: string;
  readonly trustProxy?: boolean;
  /** Where log lines go; default standard output. */
  readonly logStream?: { write(line: string): void };
  /** Other tasks than the usual ones (tests). */
  readonly registry?: TaskRegistry;
}

export interface RunningServer {
  /** Address it listens on, with the port that was free when the configuration asked for port 0. */
  readonly url: string;
  /** Takes no more requests, ends streams, hands back running jobs, writes the audit rows, closes the database. */
  close(): Promise<void>;
}

function withPort(config: ServerConfig, port: number): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Runs all steps, the later ones even when an earlier one fails; throws the first failure. */
async function inTurn(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}

/** Opens database and object store, runs jobs and serves HTTP, all in this process. */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  const logger = pino({ level: config.logLevel }, options.logStream ?? pino.destination(1));
  const db = await openDatabase(config, {
    onWarning: (message, err) => logger.warn({ err }, message),
  });
  const closers: (() => Promise<unknown>)[] = [() => db.close()];
  try {
    const objects = await openObjectStore(config);
    const jobs = createJobService({ db });
    const registry = options.registry ?? createTaskRegistry();
    const runner = createJobRunner({ config, db, objects, registry, service: jobs, logger });
    let running = false;
    const app = await buildApp({
      config,
      db,
      objects,
      jobs,
      runner: { status: () => ({ running }) },
      ...(options.webRoot !== undefined && { webRoot: options.webRoot }),
      ...(options.version !== undefined && { version: options.version }),
      ...(options.trustProxy !== undefined && { trustProxy: options.trustProxy }),
      ...(options.logStream !== undefined && { logStream: options.logStream }),
    });
    closers.unshift(() => app.close());
    await runner.start();
    running = true;
    closers.splice(1, 0, () => {
      running = false;
      return runner.stop();
    });
    await app.listen({ host: config.host, port: config.port });
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : config.port;
    let closed: Promise<void> | undefined;
    return {
      url: withPort(config, port),
      close() {
        closed ??= inTurn(closers);
        return closed;
      },
    };
  } catch (error) {
    await inTurn(closers).catch((err) => logger.error({ err }, 'closing after a failed start'));
    throw error;
  }
}
