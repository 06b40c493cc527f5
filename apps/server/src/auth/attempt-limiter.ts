/** Counts failed attempts per key in a sliding window of fixed buckets; memory is bounded. */
export interface AttemptLimiter {
  /** Seconds to wait before the next attempt; 0 when one is allowed now. */
  retryAfterSeconds(key: string): number;
  recordFailure(key: string): void;
  recordSuccess(key: string): void;
}

export function createAttemptLimiter(
  maxFailures: number,
  windowSeconds: number,
  maxKeys = 10_000,
  now: () => number = Date.now,
): AttemptLimiter {
  const failures = new Map<string, { count: number; resetAt: number }>();
  const current = (key: string) => {
    const entry = failures.get(key);
    if (entry !== undefined && entry.resetAt <= now()) {
      failures.delete(key);
      return undefined;
    }
    return entry;
  };
  return {
    retryAfterSeconds(key) {
      const entry = current(key);
      if (entry === undefined || entry.count < maxFailures) return 0;
      return Math.max(1, Math.ceil((entry.resetAt - now()) / 1000));
    },
    recordFailure(key) {
      const entry = current(key);
      if (entry !== undefined) {
        entry.count += 1;
        return;
      }
      // A Map keeps insertion order: the oldest key gives way.
      const oldest = failures.size >= maxKeys ? failures.keys().next().value : undefined;
      if (oldest !== undefined) failures.delete(oldest);
      failures.set(key, { count: 1, resetAt: now() + windowSeconds * 1000 });
    },
    recordSuccess(key) {
      failures.delete(key);
    },
  };
}
