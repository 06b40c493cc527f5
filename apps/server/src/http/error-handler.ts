import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type {} from '@fastify/rate-limit';
import type { ErrorObject } from 'ajv';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NoEncryptionKeyError } from '../auth/secrets.js';
import { DatabaseUnavailableError } from '../db/database-error.js';
import { isDiskFull } from '../disk-full.js';
import { DependencyError, IdempotencyConflictError, RetryError } from '../jobs/job-service.js';
import { QuotaExceededError } from '../jobs/quotas.js';
import { NotFoundError, ObjectStoreError } from '../storage/errors.js';
import { type FieldError, HttpError, invalidField, problemBody, problemContentType } from './errors.js';
import { allowedMethods, type KnownRoute } from './known-routes.js';
import { fieldErrors } from './validation.js';

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  detail: string,
  errors: readonly FieldError[] = [],
): FastifyReply {
  const instance = (request.originalUrl ?? request.url).split('?', 1)[0];
  // Serialised here: a route's response schema knows only its own successes.
  const body = JSON.stringify(problemBody(status, detail, errors, instance, request.id));
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .header('x-request-id', request.id)
    .type(problemContentType)
    .serializer((payload) => payload as string)
    .send(body);
}

/** What the client may know about an error raised by Fastify or one of its plugins. */
function fromFastify(error: FastifyError, bodyLimit: number): HttpError | undefined {
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_CONTENT_TYPE':
      return new HttpError(415, 'This media type is not supported here');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpError(413, `The body is larger than allowed (${bodyLimit} bytes)`);
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new HttpError(400, 'The body is empty; JSON is expected');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new HttpError(400, 'The body is not valid JSON');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new HttpError(400, 'The body does not have the length announced');
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new HttpError(503, 'The answer took too long; try again later', [], { 'retry-after': '5' });
    case 'FST_ERR_BAD_URL':
      return new HttpError(400, 'The address is not valid');
    default:
  }
  if (error instanceof SyntaxError && error.statusCode === 400) {
    return new HttpError(400, `The body is not valid JSON: ${error.message}`);
  }
  const status = error.statusCode;
  if (status !== undefined && status >= 400 && status < 500) return new HttpError(status, error.message);
  return undefined;
}

/** What the client may know about an error of one of the ports. */
function fromPorts(error: Error): HttpError | undefined {
  if (error instanceof IdempotencyConflictError) {
    return invalidField('Idempotency-Key', 'was used before with another request');
  }
  if (error instanceof DependencyError) return invalidField(`depends_on[${error.index}]`, error.message);
  if (error instanceof RetryError) return new HttpError(409, error.message);
  if (error instanceof QuotaExceededError) {
    const { quota: field, message } = error;
    return field === 'pending_jobs'
      ? new HttpError(429, message, [{ field, message }], { 'retry-after': '10' })
      : new HttpError(403, message, [{ field, message }]);
  }
  if (error instanceof NoEncryptionKeyError) return new HttpError(503, error.message);
  if (error instanceof DatabaseUnavailableError) {
    return new HttpError(503, 'The database does not answer; try again later', [], { 'retry-after': '5' });
  }
  if (isDiskFull(error)) {
    return new HttpError(507, 'No room is left on the disk of the server: nothing was stored', [], {
      'retry-after': '60',
    });
  }
  if (error instanceof NotFoundError) return new HttpError(404, 'Object not found');
  if (error instanceof ObjectStoreError) {
    if (error.code === 'checksum_mismatch')
      return invalidField('sha256', 'does not match the bytes received');
    if (error.code === 'key_conflict') return new HttpError(409, 'Another object is in the way of this name');
    if (error.code === 'unavailable') {
      return new HttpError(503, 'The object store does not answer; try again later', [], {
        'retry-after': '5',
      });
    }
    if (error.code === 'invalid_key' || error.code === 'invalid_bucket') {
      return new HttpError(400, 'This object name is not valid');
    }
  }
  return undefined;
}

/** Errors from before a route is known, such as an address that cannot be decoded. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const known = fromFastify(error, 0) ?? new HttpError(400, 'The request cannot be read');
  sendProblem(request, reply, known.statusCode, known.message);
}

/** What is no HTTP gets the format too, written to the bare connection, which is then closed. */
export function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const detail =
    status === 431
      ? 'The header of the request is too large'
      : status === 408
        ? 'The request took too long'
        : 'This is not a valid HTTP request';
  const body = JSON.stringify(problemBody(status, detail, [], '/', randomUUID()));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
}

const validationContexts: Readonly<Record<string, string>> = {
  querystring: 'query parameter',
  params: 'path parameter',
  headers: 'header',
};

/** Every error leaves in one format. */
export function installErrorHandling(
  app: FastifyInstance,
  routes: readonly KnownRoute[],
  bodyLimit: number,
): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // Fastify asks QUERY for a content type before it looks whether there is such a route.
    if (request.is404 && error.code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE') {
      return answerUnknown(request, reply);
    }
    if (error.validation !== undefined) {
      const errors = fieldErrors(error.validation as unknown as ErrorObject[]);
      const where = validationContexts[error.validationContext ?? ''];
      const [first] = errors;
      const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
      const detail = `Validation failed: ${where === undefined ? '' : `${where} `}${first.field}: ${first.message}${more}`;
      return sendProblem(request, reply, 422, detail, errors);
    }
    const known = error instanceof HttpError ? error : (fromPorts(error) ?? fromFastify(error, bodyLimit));
    if (known !== undefined) {
      return sendProblem(
        request,
        reply.headers(known.headers),
        known.statusCode,
        known.message,
        known.errors,
      );
    }
    request.log.error({ err: error }, 'request failed');
    return sendProblem(
      request,
      reply,
      500,
      `Internal error; quote request id ${request.id} when reporting it`,
    );
  });

  const answerUnknown = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?', 1)[0];
    const methods = allowedMethods(routes, path);
    if (methods.length > 0 && !methods.includes(request.method)) {
      reply.header('allow', methods.join(', '));
      return sendProblem(
        request,
        reply,
        405,
        `${request.method} is not allowed here; allowed: ${methods.join(', ')}`,
      );
    }
    return sendProblem(request, reply, 404, `No resource at ${request.method} ${path}`);
  };
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, answerUnknown);
}
