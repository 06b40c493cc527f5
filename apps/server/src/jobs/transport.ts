import type { QueueName } from '../config.js';

/** A message that there is something to do. It carries names only; what is true stands in the database. */
export interface OutgoingDelivery {
  /** While a delivery of this id is queued or worked on, sending it again changes nothing. No colons. */
  readonly id: string;
  /** What the task monitor shows, e.g. "process 5f0c… attempt 1" */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The lowest is taken first; equal ranks in the order of sending. Whole, not negative. */
  readonly rank: number;
  readonly delaySeconds?: number;
  /** The delivery that waits for this one (arc → process job); shown as a tree. */
  readonly parent?: { readonly queue: QueueName; readonly id: string };
}

export interface Delivery {
  readonly queue: QueueName;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** For the task monitor; throttled by the caller. */
  progress(fraction: number, message: string): void;
}

/** What became of a delivery, kept for the task monitor. */
export type DeliveryResult = Readonly<Record<string, unknown>>;

/** What could not be sent for want of a connection; the sweeper sends it later. */
export class TransportUnavailableError extends Error {
  override readonly name = 'TransportUnavailableError';
}

export interface QueueConsumer {
  /** Takes no more deliveries, at once; resolves when those at work are done. */
  close(): Promise<void>;
}

export interface QueueDepth {
  readonly queue: QueueName;
  /** Processes that consume this queue. */
  readonly workers: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly failed: number;
}

/**
 * Wakes workers on other machines and hands out work: BullMQ on Redis. May lose everything at any time: the sweeper
 * sends again what the database says is still to do.
 */
export interface QueueTransport {
  send(queue: QueueName, deliveries: readonly OutgoingDelivery[]): Promise<void>;
  /** False while the connection is lost: calls fail at once, and consumers hear of nothing. */
  readonly available: boolean;
  /** Told when the connection is lost and when it is back. Returns the unsubscribe function. */
  onAvailability(listener: (available: boolean) => void): () => void;
  /** Removes what is not yet worked on. */
  remove(queue: QueueName, ids: readonly string[]): Promise<void>;
  /** Those of `ids` that are queued, delayed or worked on. */
  present(queue: QueueName, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** The handler's rejection marks the delivery as failed; it is never delivered again by the transport. */
  consume(
    queue: QueueName,
    concurrency: number,
    handle: (delivery: Delivery) => Promise<DeliveryResult>,
  ): QueueConsumer;
  depths(): Promise<readonly QueueDepth[]>;
  /** At most once, to all processes subscribed, also this one. */
  publish(channel: string, message: unknown): Promise<void>;
  subscribe(channel: string, listener: (message: unknown) => void): () => void;
  ping(): Promise<void>;
  close(): Promise<void>;
}
