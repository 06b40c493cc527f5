import type { Delivery, OutgoingDelivery, QueueName, QueueTransport } from '@gravity/server';

interface Queued {
  readonly delivery: OutgoingDelivery;
  readonly number: number;
  readonly notBeforeMs: number;
}

interface Consumer {
  readonly queue: QueueName;
  readonly concurrency: number;
  readonly handle: Parameters<QueueTransport['consume']>[2];
  active: number;
  closed: boolean;
  readonly work: Set<Promise<unknown>>;
}

/** Queues in memory, as the port describes them, that can be cut off and emptied like a server. */
export interface MemoryTransport extends QueueTransport {
  cut(): void;
  mend(): void;
  /** FLUSHALL */
  flush(): void;
  readonly sent: OutgoingDelivery[];
}

export function createMemoryTransport(): MemoryTransport {
  const waiting = new Map<QueueName, Map<string, Queued>>();
  const active = new Map<QueueName, Set<string>>();
  const consumers = new Set<Consumer>();
  const listeners = new Map<string, Set<(message: unknown) => void>>();
  const sent: OutgoingDelivery[] = [];
  let available = true;
  let count = 0;
  const of = <T>(map: Map<QueueName, T>, queue: QueueName, make: () => T): T => {
    const found = map.get(queue) ?? make();
    map.set(queue, found);
    return found;
  };
  const queued = (queue: QueueName) => of(waiting, queue, () => new Map<string, Queued>());
  const working = (queue: QueueName) => of(active, queue, () => new Set<string>());
  const need = (): void => {
    if (!available) throw new Error('no connection');
  };

  function give(): void {
    if (!available) return;
    for (const consumer of consumers) {
      while (!consumer.closed && consumer.active < consumer.concurrency) {
        const next = [...queued(consumer.queue).values()]
          .filter(({ notBeforeMs }) => notBeforeMs <= Date.now())
          .sort((a, b) => a.delivery.rank - b.delivery.rank || a.number - b.number)[0];
        if (!next) break;
        queued(consumer.queue).delete(next.delivery.id);
        void start(consumer, next.delivery);
      }
    }
  }

  async function start(consumer: Consumer, { id, data }: OutgoingDelivery): Promise<void> {
    const { queue } = consumer;
    working(queue).add(id);
    consumer.active++;
    const delivery: Delivery = { queue, id, data, progress: () => {} };
    const work = consumer.handle(delivery).catch(() => undefined);
    consumer.work.add(work);
    await work;
    consumer.work.delete(work);
    consumer.active--;
    working(queue).delete(id);
    give();
  }

  return {
    sent,
    get available() {
      return available;
    },
    onAvailability: () => () => {},
    async send(queue, deliveries) {
      need();
      for (const delivery of deliveries) {
        if (queued(queue).has(delivery.id) || working(queue).has(delivery.id)) continue;
        sent.push(delivery);
        const delay = 1000 * (delivery.delaySeconds ?? 0);
        queued(queue).set(delivery.id, { delivery, number: ++count, notBeforeMs: Date.now() + delay });
        if (delay > 0) setTimeout(give, delay + 1).unref();
      }
      give();
    },
    async remove(queue, ids) {
      need();
      for (const id of ids) queued(queue).delete(id);
    },
    async present(queue, ids) {
      need();
      return new Set(ids.filter((id) => queued(queue).has(id) || working(queue).has(id)));
    },
    consume(queue, concurrency, handle) {
      const consumer: Consumer = { queue, concurrency, handle, active: 0, closed: false, work: new Set() };
      consumers.add(consumer);
      give();
      return {
        async close() {
          consumer.closed = true;
          await Promise.all(consumer.work);
          consumers.delete(consumer);
        },
      };
    },
    depths: async () => [],
    async publish(channel, message) {
      need();
      const text = JSON.stringify(message);
      for (const listener of [...(listeners.get(channel) ?? [])]) listener(JSON.parse(text));
    },
    subscribe(channel, listener) {
      const found = listeners.get(channel) ?? new Set();
      listeners.set(channel, found.add(listener));
      return () => found.delete(listener);
    },
    ping: async () => need(),
    close: async () => {},
    cut() {
      available = false;
    },
    mend() {
      available = true;
      give();
    },
    flush() {
      waiting.clear();
    },
  };
}
