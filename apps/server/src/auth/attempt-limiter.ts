import type { SharedState } from '../cache/shared-state.js';

/** Counts failed attempts per key in windows that start with the first one. */
export interface AttemptLimiter {
  /**
   * Call before an attempt is judged. It counts as failed until `succeeded` or `released` says otherwise, so that
   * many attempts at once get no further than as many in a row. Returns the seconds to wait; 0 when it may go on.
   */
  begin(key: string): Promise<number>;
  /** Forgets the failures of the key. */
  succeeded(key: string): Promise<void>;
  /** Takes this one attempt back, leaves the others. */
  released(key: string): Promise<void>;
}

/** @param name tells the counters of several limiters apart */
export function createAttemptLimiter(
  state: SharedState,
  name: string,
  maxFailures: number,
  windowSeconds: number,
): AttemptLimiter {
  const windowMilliseconds = windowSeconds * 1000;
  const counterOf = (key: string): string => `attempts:${name}:${key}`;
  return {
    async begin(key) {
      const { count, remainingMilliseconds } = await state.add(counterOf(key), windowMilliseconds);
      return count <= maxFailures ? 0 : Math.max(1, Math.ceil(remainingMilliseconds / 1000));
    },
    succeeded: (key) => state.remove(counterOf(key)),
    async released(key) {
      await state.add(counterOf(key), windowMilliseconds, -1);
    },
  };
}
