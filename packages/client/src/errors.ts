/** The body of a failed request: the project's error format, which is valid RFC 9457 problem details too. */
export interface ProblemDetails {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly errors?: readonly { readonly field?: string; readonly message: string }[];
}

/** The server answered, and the answer is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly problem: ProblemDetails,
    readonly request: string,
    /** Seconds the server asks to wait (Retry-After). */
    readonly retryAfterSeconds?: number,
  ) {
    super(describeProblem(status, problem, request));
  }
}

/** No answer came: refused, reset, timed out. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

function describeProblem(status: number, problem: ProblemDetails, request: string): string {
  const head = `${request}: ${status} ${problem.detail ?? problem.title ?? 'without a reason'}`;
  const lines = (problem.errors ?? []).map((e) => `  ${e.field ? `${e.field}: ` : ''}${e.message}`);
  return [head, ...lines].join('\n');
}

/** Reads an error body of any kind; text that is no JSON becomes the detail. */
export async function problemOf(response: Response): Promise<ProblemDetails> {
  const text = await response.text().catch(() => '');
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as ProblemDetails;
  } catch {
    // not JSON: a proxy's page, perhaps
  }
  return { status: response.status, title: response.statusText, detail: text.slice(0, 300) || undefined };
}

/** Value of a Retry-After header in seconds: a number or an HTTP date. */
export function retryAfterSeconds(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
