import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import basicAuth from '@fastify/basic-auth';
import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import type { PasswordHasher } from '../auth/passwords.js';
import type { SharedState } from '../cache/shared-state.js';
import { listeningUrl } from '../closing.js';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { BullTransport } from '../jobs/bullmq-transport.js';
import type { RunnerLogger } from '../jobs/job-attempt.js';
import { createAdminCheck } from './admin-check.js';

export interface MonitorOptions {
  readonly config: Pick<ServerConfig, 'host' | 'baseUrl' | 'lockoutFailures' | 'lockoutMinutes'>;
  readonly port: number;
  readonly db: Database;
  readonly passwords: PasswordHasher;
  readonly shared: SharedState;
  readonly transport: BullTransport;
  readonly logger: RunnerLogger;
}

export interface Monitor {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves Bull Board: queues, workers, deliveries at work and their history, for admins only and only to look at (jobs
 * are cancelled over the API; a delivery changed here would be sent again by the sweep). A port in use is logged and
 * gives undefined: the service does without.
 */
export async function startMonitor(options: MonitorOptions): Promise<Monitor | undefined> {
  const { config, logger, port } = options;
  const app = Fastify({ logger: false, forceCloseConnections: true });
  const check = createAdminCheck({
    ...options,
    lockout: { failures: options.config.lockoutFailures, minutes: options.config.lockoutMinutes },
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
      },
    },
    hsts: config.baseUrl.startsWith('https:') ? { maxAge: 15_552_000 } : false,
  });
  await app.register(basicAuth, {
    authenticate: { realm: 'gravity task monitor' },
    validate: async (username, password, request) => check(username, password, request.ip),
  });
  app.addHook('onRequest', app.basicAuth);
  app.addHook('onSend', async (request, reply) => {
    if (!request.url.startsWith('/static/')) reply.header('cache-control', 'no-store');
  });
  const serverAdapter = new FastifyAdapter();
  createBullBoard({
    queues: options.transport.queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Gravity task monitor' } },
  });
  serverAdapter.setBasePath('/');
  await app.register(serverAdapter.registerPlugin());
  try {
    await app.listen({ host: config.host, port });
  } catch (err) {
    logger.warn({ err, port }, 'the task monitor could not be started (GRAVITY_MONITOR_PORT)');
    await app.close();
    return undefined;
  }
  const address = app.server.address();
  return {
    url: listeningUrl(config.host, typeof address === 'object' && address !== null ? address.port : port),
    close: () => app.close(),
  };
}
