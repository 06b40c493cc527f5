import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseUnavailableError } from './database-error.js';

/** The connection is lost, cannot be made, or the server is going down or coming up. */
const CONNECTION_STATES = /^(08...|57P0[1-4]|53300)$/;
/** The transaction lost against another one and may be run again. */
const CONFLICT_STATES = new Set(['40001', '40P01']);
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** node-postgres gives these no code. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired)/;

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The server was not reached or went away: whether a statement in flight took effect is not known. */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError)
    return error.code === 'unreachable' || error.code === 'crashed';
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  const code = codeOf(error);
  if (code !== undefined) return NETWORK_CODES.has(code) || CONNECTION_STATES.test(code);
  return error instanceof Error && LOST.test(error.message);
}

/** A connection error, or a serialization failure or deadlock. */
export function isTransientError(error: unknown): boolean {
  return isConnectionError(error) || CONFLICT_STATES.has(codeOf(error) ?? '');
}

export interface RetryOptions {
  /** Number of attempts in all. */
  readonly tries?: number;
  readonly signal?: AbortSignal;
  /** Pause before the second attempt; doubled for each further one, up to 5 s. */
  readonly pauseMilliseconds?: number;
  /** Further errors that may pass. */
  readonly also?: (error: unknown) => boolean;
}

/**
 * Runs `work` again after transient errors. Only for work that may be done twice: a whole transaction whose writes
 * compare before they set, or a read.
 */
export async function retryTransient<T>(
  work: (attempt: number) => Promise<T>,
  { tries = 5, signal, pauseMilliseconds = 100, also }: RetryOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= tries || !(isTransientError(error) || also?.(error))) throw error;
      const pause = Math.min(5000, pauseMilliseconds * 2 ** (attempt - 1));
      // half to one and a half times: those who failed together do not come back together
      await delay(pause * (0.5 + Math.random()), undefined, signal === undefined ? {} : { signal });
    }
  }
}
