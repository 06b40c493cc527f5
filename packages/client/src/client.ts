import { type Credentials, createAuthorization } from './authorization.js';
import { methodsOf } from './call.js';
import { type FollowOptions, followJob, jobEvents } from './follow-job.js';
import { type Api, operations } from './generated/api.js';
import type { Job, JobEvent, Token } from './generated/types.js';
import { createTransport, type Transport, type TransportOptions } from './transport.js';

export interface ClientOptions extends Omit<TransportOptions, 'authorization' | 'token'> {
  /** Without them only open operations work. */
  readonly credentials?: Credentials;
  /** Told each new pair of tokens. */
  readonly onTokens?: (token: Token) => void;
}

/** Every operation of the API by its name, and what takes more than one request. */
export interface Client extends Api {
  readonly transport: Transport;
  /** Waits for the end of a job. @throws JobFailedError when it failed or was cancelled */
  waitForJob(id: string, options?: FollowOptions): Promise<Job>;
  /** Events of a job as they happen, until it has ended; resumes after a broken connection. */
  jobEvents(
    id: string,
    options?: { readonly after?: string; readonly signal?: AbortSignal },
  ): AsyncGenerator<JobEvent>;
}

/**
 * A client of one server. Requests that may be repeated are repeated after lost connections, 429 and 503 (waiting as
 * long as Retry-After asks); operations that start jobs carry an Idempotency-Key and so count among them.
 */
export function createClient(options: ClientOptions): Client {
  const { credentials, onTokens, ...transportOptions } = options;
  const authorization =
    credentials && createAuthorization(createTransport(transportOptions), credentials, onTokens);
  const transport = createTransport({ ...transportOptions, ...(authorization && { authorization }) });
  return {
    ...methodsOf<Api>(transport, operations),
    transport,
    waitForJob: (id, follow) => followJob({ transport }, id, follow),
    jobEvents: (id, events) => jobEvents({ transport }, id, events),
  };
}

/** All items of a list that comes in pages with `next_cursor`. */
export async function* allItems<Item>(
  page: (
    cursor: string | undefined,
  ) => Promise<{ readonly items: readonly Item[]; readonly next_cursor: string | null }>,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const { items, next_cursor } = await page(cursor);
    yield* items;
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined);
}
