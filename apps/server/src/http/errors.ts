/** One line of the `errors` member: where, and what is wrong with it. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** An answer that is an error. Its text is for the client and carries no internals. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly statusCode: number,
    detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** Titles and problem types (RFC 9457) by status; the type is a name, not an address. */
const problems: Readonly<Record<number, { readonly type: string; readonly title: string }>> = {
  400: { type: 'bad-request', title: 'Bad Request' },
  401: { type: 'unauthorized', title: 'Unauthorized' },
  403: { type: 'forbidden', title: 'Forbidden' },
  404: { type: 'not-found', title: 'Not Found' },
  405: { type: 'method-not-allowed', title: 'Method Not Allowed' },
  406: { type: 'not-acceptable', title: 'Not Acceptable' },
  408: { type: 'request-timeout', title: 'Request Timeout' },
  409: { type: 'conflict', title: 'Conflict' },
  412: { type: 'precondition-failed', title: 'Precondition Failed' },
  413: { type: 'content-too-large', title: 'Content Too Large' },
  415: { type: 'unsupported-media-type', title: 'Unsupported Media Type' },
  416: { type: 'range-not-satisfiable', title: 'Range Not Satisfiable' },
  422: { type: 'validation-error', title: 'Validation Error' },
  429: { type: 'too-many-requests', title: 'Too Many Requests' },
  431: { type: 'header-too-large', title: 'Request Header Fields Too Large' },
  500: { type: 'internal-error', title: 'Internal Server Error' },
  503: { type: 'unavailable', title: 'Service Unavailable' },
  507: { type: 'insufficient-storage', title: 'Insufficient Storage' },
};

export const problemContentType = 'application/problem+json; charset=utf-8';

export interface Problem {
  readonly detail: string;
  readonly status_code: number;
  readonly errors: readonly FieldError[];
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly instance: string;
  readonly request_id: string;
}

/** The body of every error: {detail, status_code, errors} with the members of RFC 9457. */
export function problemBody(
  status: number,
  detail: string,
  errors: readonly FieldError[],
  instance: string,
  requestId: string,
): Problem {
  const { type, title } = problems[status] ?? { type: 'error', title: 'Error' };
  return {
    detail,
    status_code: status,
    errors,
    type: `urn:gravity-processing-backend:problem:${type}`,
    title,
    status,
    instance,
    request_id: requestId,
  };
}

/** 422 for one field. */
export function invalidField(field: string, message: string): HttpError {
  return new HttpError(422, `Validation failed: ${field}: ${message}`, [{ field, message }]);
}

/** 422 for several fields at once. */
export function invalidFields(errors: readonly FieldError[]): HttpError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new HttpError(422, `Validation failed: ${first.field}: ${first.message}${more}`, errors);
}

export function notFound(what: string): HttpError {
  return new HttpError(404, `${what} not found`);
}
