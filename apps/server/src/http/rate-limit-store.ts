import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { SharedState } from '../cache/shared-state.js';

/** What the plugin passes on; its types leave `routeInfo` out. */
interface RouteLimits {
  readonly routeInfo?: { readonly method?: string | readonly string[]; readonly url?: string };
}

/** The counters of the rate limit in the shared state: what clients send to any process counts together. */
export function createRateLimitStore(state: SharedState): FastifyRateLimitStoreCtor {
  return class SharedRateLimitStore implements FastifyRateLimitStore {
    readonly #scope: string;

    constructor({ routeInfo }: RouteLimits = {}) {
      this.#scope = routeInfo?.url === undefined ? 'all' : `${routeInfo.method} ${routeInfo.url}`;
    }

    incr(
      key: string,
      callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMilliseconds: number,
    ): void {
      state.add(`rate:${this.#scope}:${key}`, windowMilliseconds).then(
        ({ count, remainingMilliseconds }) => callback(null, { current: count, ttl: remainingMilliseconds }),
        (error) => callback(error as Error),
      );
    }

    child(limits: object): SharedRateLimitStore {
      return new SharedRateLimitStore(limits as RouteLimits);
    }
  };
}
