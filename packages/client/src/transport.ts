import { ApiError, ConnectionError, problemOf, retryAfterSeconds } from './errors.js';
import { sleep } from './sleep.js';

export interface TransportOptions {
  /** e.g. http://127.0.0.1:8000 */
  readonly baseUrl: string;
  readonly token?: string;
  /** Credentials made at the time of each request; wins over `token`. */
  readonly authorization?: Authorization;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
  /** Until the answer's head has come; default 30. */
  readonly timeoutSeconds?: number;
  /** How often a request that may be repeated is made in all; default 4. */
  readonly attempts?: number;
  /** First pause between two attempts; doubles each time, with jitter. Default 0.25. */
  readonly backoffSeconds?: number;
}

/** Headers that say who sends a request. */
export interface Authorization {
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Called after a 401 to a request with these headers; true when trying again with new ones makes sense. */
  renew(refused: Readonly<Record<string, string>>): Promise<boolean>;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: NonNullable<RequestInit['body']>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly signal?: AbortSignal;
  /** Whether making the request twice does the same as once; GET, PUT and DELETE by default. */
  readonly repeatable?: boolean;
  /** Overrides the transport's; 0: no limit (streams). */
  readonly timeoutSeconds?: number;
  /** Sent without credentials. */
  readonly anonymous?: boolean;
}

export interface Transport {
  readonly baseUrl: string;
  /** Answers with a status below 400. @throws ApiError, ConnectionError */
  send(path: string, options?: RequestOptions): Promise<Response>;
  /** As `send`, with the parsed body. */
  json<T>(path: string, options?: RequestOptions): Promise<T>;
}

const TEMPORARY = new Set([429, 502, 503, 504]);

/**
 * HTTP with a time limit and repetition. Requests that may be made twice are tried again after a lost connection,
 * 429, 502, 503 and 504, waiting as long as Retry-After asks or exponentially longer with jitter.
 */
export function createTransport(options: TransportOptions): Transport {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const { timeoutSeconds = 30, attempts = 4, backoffSeconds = 0.25 } = options;

  async function send(path: string, request: RequestOptions = {}): Promise<Response> {
    const method = request.method ?? 'GET';
    // a stream can be read once only
    const oneWay = request.body instanceof ReadableStream || isAsyncIterable(request.body);
    const repeatable = !oneWay && (request.repeatable ?? method !== 'POST');
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const credentials = request.anonymous ? {} : await credentialsNow();
      try {
        return await once(method, path, request, credentials);
      } catch (error) {
        if (!renewed && !oneWay && !request.anonymous && isRefused(error)) {
          renewed = true;
          if ((await options.authorization?.renew(credentials)) === true) continue;
        }
        if (request.signal?.aborted || !repeatable || attempt >= attempts || !isTemporary(error)) throw error;
        const asked = error instanceof ApiError ? error.retryAfterSeconds : undefined;
        const pause = backoffSeconds * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
        await sleep(1000 * Math.min(asked ?? pause, 60), request.signal);
      }
    }
  }

  async function credentialsNow(): Promise<Readonly<Record<string, string>>> {
    if (options.authorization !== undefined) return options.authorization.headers();
    return options.token ? { authorization: `Bearer ${options.token}` } : {};
  }

  async function once(
    method: string,
    path: string,
    request: RequestOptions,
    credentials: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const url = new URL(baseUrl + path);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...credentials,
      ...request.headers,
    };
    let body: RequestInit['body'] = request.body;
    if (request.json !== undefined) {
      headers['content-type'] = 'application/json';
      body = JSON.stringify(request.json);
    } else if (request.form) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(request.form).toString();
    }
    const limit = request.timeoutSeconds ?? timeoutSeconds;
    const timer = new AbortController();
    const timeout = limit > 0 ? setTimeout(() => timer.abort(), limit * 1000) : undefined;
    const signal = request.signal ? AbortSignal.any([request.signal, timer.signal]) : timer.signal;
    const init: RequestInit & { duplex?: 'half' } = { method, headers, signal };
    if (body !== undefined && body !== null) {
      init.body = body;
      init.duplex = 'half';
    }
    let response: Response;
    try {
      response = await (options.fetch ?? fetch)(url, init);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const reason = timer.signal.aborted ? `no answer within ${limit} s` : reasonOf(error);
      throw new ConnectionError(`${method} ${path}: ${baseUrl} ${reason}`, { cause: error });
    } finally {
      clearTimeout(timeout);
    }
    if (response.status < 400) return response;
    const after = retryAfterSeconds(response.headers.get('retry-after'));
    throw new ApiError(response.status, await problemOf(response), `${method} ${path}`, after);
  }

  return {
    baseUrl,
    send,
    json: async <T>(path: string, request?: RequestOptions) =>
      (await send(path, request)).json() as Promise<T>,
  };
}

function isTemporary(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiError && TEMPORARY.has(error.status));
}

function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** What stands behind fetch's "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  if (cause?.code === 'ECONNREFUSED') return 'does not answer (connection refused); is the server running?';
  if (cause?.code === 'ENOTFOUND') return 'is not a known host';
  return cause?.message ?? (error as Error).message;
}
