import { OBJECT_LIFETIME_DAYS } from './object-lifetime.js';
import type { Bucket, ObjectStore } from './object-store.js';
import { boundObjectStore } from './open-object-store.js';

const DAY_MS = 86_400_000;
const LEFTOVER_MAX_AGE_MS = 2 * DAY_MS;

/** Removes objects older than so many days from the buckets named; returns how many. */
export async function expireObjects(
  store: ObjectStore,
  lifetimeDays: Readonly<Partial<Record<Bucket, number>>> = OBJECT_LIFETIME_DAYS,
  now = new Date(),
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const [bucket, days] of Object.entries(lifetimeDays) as [Bucket, number][]) {
    const oldest = now.getTime() - days * DAY_MS;
    for await (const { key, lastModified } of store.entries(bucket, '')) {
      if (signal?.aborted) return removed;
      if (lastModified.getTime() >= oldest) continue;
      await store.delete(bucket, key);
      removed += 1;
    }
  }
  return removed;
}

export interface StorageMaintenanceOptions {
  readonly intervalMs?: number;
  readonly onError?: (error: unknown) => void;
  readonly onExpired?: (removed: number) => void;
}

/** Expires objects at once and then daily, unless the store does that itself. `stop` breaks off a round in work. */
export function startStorageMaintenance(
  store: ObjectStore,
  { intervalMs = DAY_MS, onError, onExpired }: StorageMaintenanceOptions = {},
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const patient = boundObjectStore(store, { signal });
  const round = async (): Promise<void> => {
    try {
      await patient.tidy(new Date(Date.now() - LEFTOVER_MAX_AGE_MS));
      if (store.expiresObjects || signal.aborted) return;
      const removed = await expireObjects(patient, undefined, new Date(), signal);
      if (removed > 0) onExpired?.(removed);
    } catch (error) {
      if (!signal.aborted) onError?.(error);
    }
  };
  let current = round();
  const timer = setInterval(() => {
    current = current.then(round);
  }, intervalMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      stopping.abort();
      return current;
    },
  };
}
