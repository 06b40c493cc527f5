import type {} from '@fastify/rate-limit';
import type { ErrorObject } from 'ajv';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { IdempotencyConflictError } from '../jobs/job-service.js';
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
    if (error.validation !== undefined) {
      const errors = fieldErrors(error.validation as unknown as ErrorObject[]);
      const where = validationContexts[error.validationContext ?? ''];
      const [first] = errors;
      const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
      const detail = `Validation failed: ${where === undefined ? '' : `${where} `}${first.field}: ${first.message}${more}`;
      return sendProblem(request, reply, 422, detail, errors);
    }
    const known =
      error instanceof HttpError
        ? error
        : (error as Error) instanceof IdempotencyConflictError
          ? invalidField('Idempotency-Key', 'was used before with another request')
          : fromFastify(error, bodyLimit);
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

  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) => {
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
  });
}
