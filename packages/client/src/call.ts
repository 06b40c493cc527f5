import type { RequestOptions, Transport } from './transport.js';

/** What may be sent as a file. */
export type Bytes = Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | ReadableStream<Uint8Array> | string;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** 0: no limit. */
  readonly timeoutSeconds?: number;
}

export interface OperationEntry {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly answer: 'json' | 'none' | 'response';
  readonly body?: 'json' | 'form' | 'bytes';
  /** The operation takes an Idempotency-Key: with one it may be repeated. */
  readonly idempotencyKey?: true;
  /** Needs no credentials. */
  readonly open?: true;
}

export type OperationTable = Readonly<Record<string, OperationEntry>>;

/** The input of any generated method. */
interface Input {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: RequestOptions['query'];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function isBytes(body: unknown): body is Bytes | FormData {
  return (
    typeof body === 'string' ||
    body instanceof Uint8Array ||
    body instanceof ArrayBuffer ||
    body instanceof Blob ||
    body instanceof ReadableStream ||
    body instanceof FormData
  );
}

function encodeBody(
  entry: OperationEntry,
  body: unknown,
): Pick<RequestOptions, 'json' | 'form' | 'body' | 'headers'> {
  if (body === undefined) return {};
  if (entry.body === 'form') return { form: body as Record<string, string> };
  if (entry.body !== 'bytes' || !isBytes(body)) return { json: body };
  // The boundary of a form is for fetch to choose.
  if (body instanceof FormData) return { body };
  return { body, headers: { 'content-type': 'application/octet-stream' } };
}

/** `/ops/jobs/{job_id}` with its parameters; a key keeps the slashes it has. @throws TypeError when one is missing */
export function expandPath(path: string, values: Readonly<Record<string, string>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined || value === '') throw new TypeError(`the path parameter ${name} is missing`);
    return name === 'key' ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
}

/** Makes the request of one operation. */
export async function call(
  transport: Transport,
  entry: OperationEntry,
  input: Input = {},
  options: CallOptions = {},
): Promise<unknown> {
  const encoded = encodeBody(entry, input.body);
  const key = entry.idempotencyKey && {
    'idempotency-key': input.headers?.['idempotency-key'] ?? globalThis.crypto.randomUUID(),
  };
  const response = await transport.send(expandPath(entry.path, input.path), {
    ...encoded,
    method: entry.method,
    query: input.query,
    headers: {
      ...(entry.answer === 'response' && { accept: '*/*' }),
      ...encoded.headers,
      ...input.headers,
      ...key,
      ...options.headers,
    },
    ...(entry.idempotencyKey && { repeatable: true }),
    ...(entry.open && { anonymous: true }),
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(options.timeoutSeconds !== undefined && { timeoutSeconds: options.timeoutSeconds }),
  });
  if (entry.answer === 'response') return response;
  if (entry.answer === 'none' || response.status === 204) {
    await response.body?.cancel();
    return undefined;
  }
  return response.json();
}

/** One function per entry of the table. */
export function methodsOf<T>(transport: Transport, table: OperationTable): T {
  return Object.fromEntries(
    Object.entries(table).map(([name, entry]) => [
      name,
      (input?: Input, options?: CallOptions) => call(transport, entry, input, options),
    ]),
  ) as T;
}
