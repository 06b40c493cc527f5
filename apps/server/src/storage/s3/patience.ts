import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectStoreError } from '../errors.js';
import { isTransient, plainError } from './failures.js';

/** How long a call that can be repeated goes on when the store does not answer. */
export interface Patience {
  readonly endpoint: string;
  readonly seconds: number;
  /** Ends the waiting between two tries; a call in flight goes on. */
  readonly signal?: AbortSignal;
}

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

/**
 * Repeats a call that can be repeated, with growing, random pauses.
 *
 * @throws ObjectStoreError 'unavailable' naming the endpoint when the time is over; other failures as they come
 */
export async function persist<T>(patience: Patience, call: () => Promise<T>): Promise<T> {
  const start = performance.now();
  for (let round = 0; ; round++) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error)) throw plainError(error);
      const left = start + patience.seconds * 1000 - performance.now();
      if (left <= 0 || patience.signal?.aborted) throw unavailable(patience, start, error);
      const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** round) * (0.5 + Math.random() / 2);
      // Woken by the signal it tries once more, then gives up above.
      await sleep(Math.min(delay, left), undefined, { signal: patience.signal }).catch(() => undefined);
    }
  }
}

function unavailable({ endpoint }: Patience, start: number, cause: unknown): ObjectStoreError {
  const seconds = Math.round((performance.now() - start) / 1000);
  const { code, name } = cause as { readonly code?: string; readonly name?: string };
  return new ObjectStoreError(
    'unavailable',
    `The object store at ${endpoint} does not answer (${code ?? name ?? 'no connection'}, tried for ${seconds} s)`,
    { cause: plainError(cause) },
  );
}
