import { createSecretBox } from '../auth/secrets.js';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import { createOutboundPolicy } from '../net/public-target.js';
import type { ObjectStore } from '../storage/object-store.js';
import { createArcComputer } from '../tasks/process/index.js';
import { createWebhookSender, type WebhookSender } from '../webhooks/webhook-sender.js';
import { createArcDispatcher, createArcRunner } from './arcs/index.js';
import type { JobRunner } from './attempt-pool.js';
import { type BullTransport, openBullTransport } from './bullmq-transport.js';
import { createJobService, type LocalJobService } from './create-job-service.js';
import type { RunnerLogger } from './job-attempt.js';
import { createJobOutbox } from './job-outbox.js';
import { createJobRunner } from './job-runner.js';
import { createQueueRunner } from './queue-runner.js';
import { createSharedBus } from './shared-bus.js';
import type { TaskRegistry } from './task.js';

export interface JobSystemOptions {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly registry: TaskRegistry;
  readonly logger: RunnerLogger;
}

/** Jobs of one process: what HTTP asks, and the runner that works on `config.queues`. */
export interface JobSystem {
  readonly service: LocalJobService;
  readonly runner: JobRunner;
  /** Only with Redis. */
  readonly transport?: BullTransport;
  /** Sends what webhooks and callbacks are to be told. */
  readonly webhooks: WebhookSender;
  readonly running: boolean;
  start(): Promise<void>;
  /** Hands back what does not end within the grace, then closes the queue. */
  stop(graceMs?: number): Promise<void>;
}

/** Queues of BullMQ where the configuration names a Redis server, else a runner of this process alone. */
export async function openJobSystem(options: JobSystemOptions): Promise<JobSystem> {
  return options.config.redisUrl === undefined ? openLocal(options) : openDistributed(options);
}

function openWebhooks({ config, db, logger }: JobSystemOptions, service: LocalJobService): WebhookSender {
  const sender = createWebhookSender({
    db,
    logger,
    secrets: createSecretBox(config.encryptionKeys),
    policy: createOutboundPolicy(config.outboundAllow),
    baseUrl: config.baseUrl,
  });
  service.onEnded(sender.wake);
  return sender;
}

function openLocal(options: JobSystemOptions): JobSystem {
  const service = createJobService({ db: options.db, quotas: options.config.quotas });
  const runner = createJobRunner({ ...options, service });
  const webhooks = openWebhooks(options, service);
  let running = false;
  return {
    service,
    runner,
    webhooks,
    get running() {
      return running;
    },
    async start() {
      await runner.start();
      webhooks.start();
      running = true;
    },
    async stop(graceMs) {
      running = false;
      await runner.stop(graceMs);
      await webhooks.stop();
    },
  };
}

async function openDistributed(options: JobSystemOptions): Promise<JobSystem> {
  const { config, db, objects, logger } = options;
  const transport = await openBullTransport(config, { logger });
  const bus = createSharedBus(transport);
  const outbox = createJobOutbox({ db, transport, logger });
  const service = createJobService({ db, bus, outbox, quotas: config.quotas });
  const runner = createQueueRunner({
    ...options,
    service,
    transport,
    outbox,
    arcsOf: (job, signal) => createArcDispatcher({ db, transport, logger }, job, signal),
  });
  // Who sums arcs also computes some: a job never waits for a kind of worker that nobody started.
  const arcs = config.queues.some((queue) => queue === 'arcs' || queue === 'process')
    ? createArcRunner({
        config,
        db,
        objects,
        transport,
        bus,
        logger,
        concurrency: config.arcConcurrency,
        createComputer: () => createArcComputer({ db, objects, config }),
      })
    : undefined;
  const webhooks = openWebhooks(options, service);
  let running = false;
  return {
    service,
    runner,
    transport,
    webhooks,
    get running() {
      return running;
    },
    async start() {
      await runner.start();
      arcs?.start();
      webhooks.start();
      running = true;
    },
    async stop(graceMs) {
      running = false;
      await Promise.all([runner.stop(graceMs), arcs?.stop(graceMs)]);
      await webhooks.stop();
      bus.close();
      await transport.close();
    },
  };
}
