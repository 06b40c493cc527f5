import type { RedisConnections } from './redis-connections.js';

export interface RedisPublisher {
  publish(channel: string, message: unknown): Promise<void>;
  subscribe(channel: string, listener: (message: unknown) => void): () => void;
}

/** Messages to all processes: at most once, only to those connected now. */
export function redisPublisher(redis: RedisConnections, prefix: string): RedisPublisher {
  const listeners = new Map<string, Set<(message: unknown) => void>>();
  redis.subscriber.on('message', (name: string, text: string) => {
    const found = listeners.get(name);
    if (found === undefined) return;
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      // Not one of ours.
      return;
    }
    for (const listener of [...found]) listener(message);
  });
  return {
    async publish(channel, message) {
      await redis.commands.publish(prefix + channel, JSON.stringify(message));
    },
    subscribe(channel, listener) {
      const name = prefix + channel;
      const found = listeners.get(name) ?? new Set();
      if (found.size === 0) {
        listeners.set(name, found);
        // Kept by the client over a lost connection.
        redis.subscriber.subscribe(name).catch(() => {});
      }
      found.add(listener);
      return () => {
        found.delete(listener);
        if (found.size > 0 || listeners.get(name) !== found) return;
        listeners.delete(name);
        redis.subscriber.unsubscribe(name).catch(() => {});
      };
    },
  };
}
