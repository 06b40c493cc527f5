/** A counter and how long it still counts. */
export interface Counter {
  readonly count: number;
  /** Time until it starts again at zero; 0 when there is none. */
  readonly remainingMilliseconds: number;
}

/**
 * What the API processes of one installation share for a short time. Everything in it may be lost at any time; no
 * method ever rejects because a server is away.
 *
 * Embedded: memory; services: Redis.
 */
export interface SharedState {
  readonly kind: 'memory' | 'redis';
  /**
   * Adds `by` (default 1) and returns the counter. The first addition starts its window; later ones do not lengthen
   * it. A negative `by` never creates a counter nor goes below zero.
   */
  add(key: string, windowMilliseconds: number, by?: number): Promise<Counter>;
  counter(key: string): Promise<Counter>;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, lifetimeMilliseconds: number): Promise<void>;
  /** Forgets the counter or value. */
  remove(key: string): Promise<void>;
  /** Rejects while the shared server does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface SharedStateOptions {
  /** Called once when the server stops answering and once when it is back. */
  readonly onOutage?: (error: unknown) => void;
  readonly onRecovery?: () => void;
}
