import type { Counter, SharedState } from './shared-state.js';

interface Entry {
  readonly value: string | number;
  readonly expiresAt: number;
}

/** The state of one process. Counters can also be set, to go on from what a server counted last. */
export interface MemoryState extends SharedState {
  observe(key: string, counter: Counter): void;
}

/** `maxKeys` bounds the memory: the key that was made first gives way. */
export function createMemoryState(
  maxKeys = 20_000,
  now: () => number = () => performance.now(),
): MemoryState {
  const entries = new Map<string, Entry>();
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAt > now()) return entry;
    entries.delete(key);
    return undefined;
  };
  const put = (key: string, entry: Entry): void => {
    if (!entries.has(key) && entries.size >= maxKeys) {
      const oldest = entries.keys().next().value;
      if (oldest !== undefined) entries.delete(oldest);
    }
    entries.set(key, entry);
  };
  const read = (key: string): Counter => {
    const entry = live(key);
    if (typeof entry?.value !== 'number') return { count: 0, remainingMilliseconds: 0 };
    return { count: entry.value, remainingMilliseconds: entry.expiresAt - now() };
  };
  return {
    kind: 'memory',
    async add(key, windowMilliseconds, by = 1) {
      const { count, remainingMilliseconds } = read(key);
      if (remainingMilliseconds === 0 && by < 0) return { count: 0, remainingMilliseconds: 0 };
      const window = remainingMilliseconds === 0 ? windowMilliseconds : remainingMilliseconds;
      put(key, { value: Math.max(0, count + by), expiresAt: now() + window });
      return read(key);
    },
    counter: async (key) => read(key),
    async get(key) {
      const value = live(key)?.value;
      return typeof value === 'string' ? value : undefined;
    },
    async set(key, value, lifetimeMilliseconds) {
      put(key, { value, expiresAt: now() + lifetimeMilliseconds });
    },
    async remove(key) {
      entries.delete(key);
    },
    observe(key, { count, remainingMilliseconds }) {
      if (remainingMilliseconds > 0) put(key, { value: count, expiresAt: now() + remainingMilliseconds });
    },
    ping: async () => {},
    close: async () => entries.clear(),
  };
}
