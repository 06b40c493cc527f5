import type { SecretBox } from '../auth/secrets.js';
import type { Database } from '../db/database.js';
import type { RunnerLogger } from '../jobs/job-attempt.js';
import type { JobRow } from '../jobs/job-service.js';
import { every, singleFlight } from '../jobs/repeating.js';
import { sendToPublicTarget } from '../net/outbound-request.js';
import { ForbiddenTargetError, type OutboundPolicy } from '../net/public-target.js';
import { signatureHeaders } from './signature.js';
import {
  type DueDelivery,
  dropOldDeliveries,
  type Outcome,
  recordOutcome,
  secondsUntilDue,
  takeDue,
} from './webhook-moves.js';

export interface WebhookSenderOptions {
  readonly db: Database;
  readonly secrets: SecretBox;
  readonly policy: OutboundPolicy;
  readonly logger: RunnerLogger;
  /** Public address of the API, for links. */
  readonly baseUrl: string;
  /** How often due deliveries are looked for without being woken. */
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  /** How long one sender may be at a message before others take it for dead. */
  readonly leaseSeconds?: number;
  /** Waits after the first, second … failed attempt, s; after the last one the delivery has failed. */
  readonly waitSeconds?: readonly number[];
  /** So many attempts that failed in a row switch a webhook off. */
  readonly disableAfter?: number;
}

export interface WebhookSender {
  start(): void;
  /** There may be something to send. */
  wake(): void;
  /** Lets the messages under way end. */
  stop(): Promise<void>;
}

const INTERVAL_MS = 5_000;
const TIMEOUT_MS = 10_000;
const LEASE_SECONDS = 60;
const BATCH = 20;
const KEPT_DAYS = 30;
const HOUR = 3600;
/** About a day in all. */
export const WEBHOOK_WAIT_SECONDS: readonly number[] = [5, 30, 120, 600, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];
export const WEBHOOK_DISABLE_AFTER = 20;
/** To try an address out, without a job. */
export const TEST_EVENT = 'webhook.test';

/**
 * Sends the messages of the outbox. Any number of these may run on one database. At least once: a process that dies
 * after the receiver has answered leaves a message that is sent again, under the same id.
 */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { db, logger } = options;
  const waits = options.waitSeconds ?? WEBHOOK_WAIT_SECONDS;
  const disableAfter = options.disableAfter ?? WEBHOOK_DISABLE_AFTER;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const stopping = new AbortController();
  const cleanups: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function sendAllDue(): Promise<void> {
    // Without a key no secret opens: processes that have one send. They must not count failures meanwhile.
    if (!options.secrets.available) return;
    while (!stopping.signal.aborted) {
      const due = await takeDue(db.kysely, BATCH, options.leaseSeconds ?? LEASE_SECONDS);
      await Promise.all(due.map(deliver));
      if (due.length < BATCH) break;
    }
    await planNext();
  }

  /** Waits shorter than the interval are kept exactly. */
  async function planNext(): Promise<void> {
    clearTimeout(timer);
    const seconds = await secondsUntilDue(db.kysely);
    if (seconds === undefined || stopping.signal.aborted) return;
    const milliseconds = Math.max(10, seconds * 1000 + 5);
    if (milliseconds < (options.intervalMs ?? INTERVAL_MS)) timer = setTimeout(flush, milliseconds).unref();
  }

  async function deliver(delivery: DueDelivery): Promise<void> {
    const begin = performance.now();
    const attempt = await send(delivery);
    const milliseconds = performance.now() - begin;
    const outcome: Outcome = {
      ...(attempt.ok ? { status: 'delivered' } : afterFailure(delivery, attempt)),
      ...attempt,
      milliseconds,
    };
    try {
      if (await recordOutcome(db.kysely, delivery, outcome, disableAfter)) {
        logger.warn({ webhookId: delivery.webhook_id, error: attempt.error }, 'a webhook was switched off');
      }
    } catch (err) {
      // It stays due when its lease is over.
      logger.warn({ err, deliveryId: delivery.id }, 'the outcome of a webhook delivery was not written');
    }
  }

  function afterFailure(delivery: DueDelivery, attempt: Attempt): Pick<Outcome, 'status' | 'waitSeconds'> {
    const waitSeconds = waits[delivery.attempts - 1];
    if (attempt.final === true || waitSeconds === undefined) return { status: 'failed' };
    // Receivers that were away together do not come back to a wall of messages.
    return { status: 'again', waitSeconds: waitSeconds * (0.8 + 0.4 * Math.random()) };
  }

  interface Attempt {
    readonly ok: boolean;
    readonly httpStatus?: number;
    readonly error?: string;
    /** Trying again is of no use. */
    readonly final?: boolean;
  }

  async function send(delivery: DueDelivery): Promise<Attempt> {
    if (delivery.url === null || delivery.sealed_secret === null) {
      return { ok: false, final: true, error: 'the address is gone' };
    }
    try {
      const secret = options.secrets.open(
        delivery.sealed_secret,
        sealContext(delivery.webhook_id, delivery.url),
      );
      const body = JSON.stringify(await message(delivery));
      const unixSeconds = Math.floor(Date.now() / 1000);
      const answer = await sendToPublicTarget(
        delivery.url,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...signatureHeaders(secret, { id: delivery.id, unixSeconds, body }),
          },
          body,
          timeoutMilliseconds: timeoutMs,
          maxResponseBytes: 1024,
          signal: stopping.signal,
        },
        options.policy,
      );
      const httpStatus = answer.status;
      if (httpStatus >= 200 && httpStatus < 300) return { ok: true, httpStatus };
      return { ok: false, httpStatus, error: `answered ${httpStatus}`, final: httpStatus === 410 };
    } catch (error) {
      return { ok: false, error: describeFailure(error) };
    }
  }

  async function message(delivery: DueDelivery): Promise<unknown> {
    const job =
      delivery.job_id === null
        ? undefined
        : await db.kysely
            .selectFrom('processing_jobs')
            .selectAll()
            .where('id', '=', delivery.job_id)
            .executeTakeFirst();
    return {
      id: delivery.id,
      type: delivery.event,
      timestamp: delivery.created_at.toISOString(),
      data: job === undefined ? {} : { job: describeJob(job, options.baseUrl) },
    };
  }

  const flush = singleFlight(sendAllDue, (err) => logger.warn({ err }, 'webhooks could not be sent'));

  return {
    start() {
      cleanups.push(
        every(options.intervalMs ?? INTERVAL_MS, flush),
        every(HOUR * 1000, () => {
          dropOldDeliveries(db.kysely, KEPT_DAYS).catch((err) =>
            logger.warn({ err }, 'old webhook deliveries were not removed'),
          );
        }),
      );
      flush();
    },
    wake: flush,
    async stop() {
      for (const cleanup of cleanups.splice(0)) cleanup();
      clearTimeout(timer);
      stopping.abort(new Error('the server stops'));
      await flush.settled();
      clearTimeout(timer);
    },
  };
}

/** What a message says of a job; parameters and result are read from its address. */
function describeJob(job: JobRow, baseUrl: string): Record<string, unknown> {
  const { id, type, status, attempt, error, retry_of, reproduces } = job;
  return {
    id,
    type,
    status,
    attempt,
    error,
    retry_of,
    reproduces,
    created_at: job.created_at.toISOString(),
    started_at: job.started_at?.toISOString() ?? null,
    completed_at: job.completed_at?.toISOString() ?? null,
    url: `${baseUrl}/ops/jobs/${id}`,
  };
}

/** What a sealed secret is bound to: it opens for this webhook, or for this address of a callback, only. */
export function sealContext(webhookId: string | null, url: string): string {
  return webhookId === null ? `callback:${url}` : `webhook:${webhookId}`;
}

/** For the user's log: no address that a name resolved to, no stack. */
function describeFailure(error: unknown): string {
  if (error instanceof ForbiddenTargetError) return `the address ${error.message}`;
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return 'no answer in time';
  if (code !== undefined && /^[A-Z_0-9]+$/.test(code)) return `no connection (${code})`;
  return message;
}
