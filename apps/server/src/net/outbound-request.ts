import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { assertPublicHttpTarget, createOutboundPolicy, type OutboundPolicy } from './public-target.js';

export interface OutboundRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For the whole exchange, resolving included; default 10 s. */
  readonly timeoutMilliseconds?: number;
  /** More of an answer is cut off; default 64 KiB. */
  readonly maxResponseBytes?: number;
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  /** Redirects (3xx) are handed back like every other status: they are not followed. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly truncated: boolean;
}

async function readBounded(
  answer: IncomingMessage,
  maxBytes: number,
): Promise<Omit<OutboundAnswer, 'headers'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const room = maxBytes - bytes;
    chunks.push(chunk.subarray(0, room));
    bytes += Math.min(chunk.length, room);
    if (chunk.length > room) {
      truncated = true;
      break;
    }
  }
  answer.destroy();
  return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), truncated };
}

/**
 * One request to an address a user has named: public addresses only, connection pinned to the address checked, no
 * redirect, no proxy, no cookie, no decompression, bounded in time and size.
 *
 * @throws ForbiddenTargetError; Error of the connection; AbortError (`TimeoutError` after the time)
 */
export async function sendToPublicTarget(
  text: string | URL,
  options: OutboundRequest = {},
  policy: OutboundPolicy = createOutboundPolicy(),
): Promise<OutboundAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMilliseconds ?? 10_000);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const { url, lookup } = await untilAborted(assertPublicHttpTarget(text, policy), signal);
  const { method = 'GET', body, headers = {} } = options;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request: ClientRequest = send(url, {
      method,
      lookup,
      signal,
      // A connection of its own: kept ones would outlive the check.
      agent: false,
      headers: {
        'user-agent': 'gravity-processing-backend',
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(body);
  });
  const read = await readBounded(answer, options.maxResponseBytes ?? 65_536);
  return { ...read, headers: answer.headers };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
