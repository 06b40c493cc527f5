import pino from 'pino';
import { createPasswordHasher } from './auth/passwords.js';
import { openSharedState } from './cache/open-shared-state.js';
import { inTurn, listeningUrl } from './closing.js';
import type { ServerConfig } from './config.js';
import { openDatabase } from './db/open-database.js';
import { buildApp } from './http/app.js';
import { openJobSystem } from './jobs/open-job-system.js';
import type { TaskRegistry } from './jobs/task.js';
import { type Monitor, startMonitor } from './monitor/start-monitor.js';
import { sweepLeftovers } from './storage/leftovers.js';
import { startStorageMaintenance } from './storage/maintenance.js';
import { boundObjectStore, closeObjectStore, openObjectStore } from './storage/open-object-store.js';
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
  /** Where the task monitor is, with Redis only. */
  readonly monitorUrl?: string;
  /** Takes no more requests, ends streams, hands back running jobs, writes the audit rows, closes the database. */
  close(): Promise<void>;
}

const HTTP_STORE_PATIENCE_SECONDS = 10;

/** Opens database and object store, runs jobs and serves HTTP, all in this process. */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  const logger = pino({ level: config.logLevel }, options.logStream ?? pino.destination(1));
  const db = await openDatabase(config, {
    onWarning: (message, err) => logger.warn({ err }, message),
    onSlowQuery: (query) => logger.warn(query, 'slow statement'),
  });
  const closers: (() => Promise<unknown>)[] = [() => db.close()];
  try {
    const objects = await openObjectStore(config);
    await sweepLeftovers(config, objects);
    const maintenance = startStorageMaintenance(objects, {
      onExpired: (removed) => logger.info({ removed }, 'old objects were removed'),
      onError: (err) => logger.warn({ err }, 'old objects were not removed'),
    });
    closers.unshift(async () => {
      await maintenance.stop();
      closeObjectStore(objects);
    });
    const registry = options.registry ?? createTaskRegistry();
    const jobs = await openJobSystem({ config, db, objects, registry, logger });
    closers.unshift(() => jobs.stop());
    const { transport } = jobs;
    const shared = await openSharedState(config, {
      onOutage: (err) =>
        logger.error({ err }, 'Redis does not answer; request rates are counted per process'),
      onRecovery: () => logger.info('Redis answers again'),
    });
    closers.unshift(() => shared.close());
    const app = await buildApp({
      config,
      db,
      shared,
      // A client waits less long than a job for a store that does not answer.
      objects: boundObjectStore(objects, { retrySeconds: HTTP_STORE_PATIENCE_SECONDS }),
      jobs: jobs.service,
      // Without a queue of its own its jobs run elsewhere.
      ...(config.queues.length > 0 && { runner: { status: () => ({ running: jobs.running }) } }),
      isReady: () => jobs.running,
      ...(transport !== undefined && { queueDepths: () => transport.depths() }),
      ...(options.webRoot !== undefined && { webRoot: options.webRoot }),
      ...(options.version !== undefined && { version: options.version }),
      ...(options.trustProxy !== undefined && { trustProxy: options.trustProxy }),
      ...(options.logStream !== undefined && { logStream: options.logStream }),
    });
    closers.unshift(() => app.close());
    await jobs.start();
    const monitor = await openMonitor();
    await app.listen({ host: config.host, port: config.port });
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : config.port;
    let closed: Promise<void> | undefined;

    async function openMonitor(): Promise<Monitor | undefined> {
      const { monitorPort } = config;
      if (transport === undefined || monitorPort === undefined) return undefined;
      const passwords = await createPasswordHasher(config.bcryptCost);
      const opened = await startMonitor({
        config,
        port: monitorPort,
        db,
        passwords,
        shared,
        transport,
        logger,
      });
      if (opened !== undefined) closers.unshift(() => opened.close());
      return opened;
    }

    return {
      url: listeningUrl(config.host, port),
      ...(monitor !== undefined && { monitorUrl: monitor.url }),
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
