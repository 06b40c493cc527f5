import { setTimeout as sleep } from 'node:timers/promises';

const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
  // Our own: database-error.ts, storage/errors.ts.
  'busy',
  'crashed',
  'revoked',
  'timeout',
  'unavailable',
]);
/** connection_exception, operator_intervention (shutdown, crash, starting up), too_many_connections */
const SQL_STATES = /^(08...|57P0[1-5]|53300)$/;
const MESSAGES = /connection terminated|connection ended|socket hang up|server closed the connection/i;
const NAMES = new Set(['TimeoutError', 'TransportUnavailableError']);

/** True when a service did not answer, false when it answered with a refusal: only the first is worth waiting. */
export function isOutage(error: unknown): boolean {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, name, message, $metadata, cause } = at as {
      code?: unknown;
      name?: unknown;
      message?: unknown;
      $metadata?: { httpStatusCode?: number };
      cause?: unknown;
    };
    if (typeof code === 'string' && (CODES.has(code) || SQL_STATES.test(code))) return true;
    if (typeof name === 'string' && NAMES.has(name)) return true;
    if (typeof message === 'string' && MESSAGES.test(message)) return true;
    if (($metadata?.httpStatusCode ?? 0) >= 500) return true;
    at = cause;
  }
  return false;
}

export interface PatienceOptions {
  readonly signal: AbortSignal;
  /** How long a service may stay away. */
  readonly seconds?: number;
  readonly onWait?: (error: Error, waitSeconds: number) => void;
}

const PATIENCE_SECONDS = 300;
const LONGEST_WAIT_SECONDS = 5;

/**
 * Does the work again while database or object store are away: hours of computation must not be lost to a restart of
 * one of them. Every other error is thrown as it comes; so is the abort reason.
 */
export async function patiently<T>(work: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const end = Date.now() + 1000 * (options.seconds ?? PATIENCE_SECONDS);
  for (let wait = 0.25; ; wait = Math.min(LONGEST_WAIT_SECONDS, 2 * wait)) {
    options.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (options.signal.aborted || !isOutage(error) || Date.now() > end) throw error;
      options.onWait?.(error as Error, wait);
    }
    await sleep(1000 * wait, undefined, { signal: options.signal }).catch(() => undefined);
  }
}
